internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletTensor

/// PyTorch's `torch.save`: a pickle of a state dictionary, its numbers beside it; as a zip archive
/// since PyTorch 1.6, before that as several pickles and raw bytes in a row.
enum Torch {
    /// The first pickle of the older form is this number.
    private static let legacyMagic: [UInt8] = [
        0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
    ]

    static func isLegacy(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: legacyMagic)
    }

    /// The folder inside the archive; nil if it is none of PyTorch's.
    static func folder(of archive: ZipArchive) -> String? {
        archive.entries.lazy.map(\.name).first { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
            .map { String($0.dropLast("data.pkl".count)) }
    }

    // MARK: Zip archives

    static func read(_ archive: ZipArchive, folder: String) throws -> [NamedArray] {
        let file = try archive.file(archive.entry(folder + "data.pkl"), name: archive.name)
        var isBigEndian = false
        if let entry = archive[folder + "byteorder"], entry.size < 64 {
            isBigEndian = String(decoding: try archive.read(entry), as: UTF8.self) == "big"
        }
        var reader = file.withUnsafeBytes { PickleReader($0) }
        let root = try reader.object()
        var storages: [String: Stored] = [:]
        let heap = reader.heap
        let tensors = TorchTensors(heap: heap, isBigEndian: isBigEndian)
        var found = PickledArrays(heap, owner: file) {
            object, name throws(WeightFileError.Cause) in
            try tensors.array(object, named: name) { key throws(WeightFileError.Cause) in
                if let known = storages[key] { return known }
                let member = "\(folder)data/\(key)"
                do {
                    let stored = Stored(try archive.file(archive.entry(member), name: archive.name))
                    storages[key] = stored
                    return stored
                } catch {
                    throw .damaged("\(member): \(error)")
                }
            }
        }
        try found.collect(root)
        return found.arrays
    }

    // MARK: The older form

    static func readLegacy(_ file: MappedFile) throws -> [NamedArray] {
        var reader = file.withUnsafeBytes { PickleReader($0, from: legacyMagic.count) }
        _ = try reader.object()  // the protocol's version
        let system = try reader.object()
        let isBigEndian =
            reader.heap.members(system)?
            .first { reader.heap.string($0.key) == "little_endian" }
            .map { reader.heap.int($0.value) == 0 } ?? false
        let root = try reader.object()
        let keys = try reader.object()
        let heap = reader.heap
        let tensors = TorchTensors(heap: heap, isBigEndian: isBigEndian)
        // The bytes follow in the order of the keys, each after the number of its elements, whose
        // size only the tensors tell.
        let sizes = try tensors.elementSizes(below: root)
        var storages: [String: Stored] = [:]
        var position = reader.position
        for key in heap.sequence(keys) ?? [] {
            guard let key = heap.string(key), let size = sizes[key] else {
                throw WeightFileError.Cause.damaged("a storage that no tensor uses")
            }
            try file.withUnsafeBytes { bytes throws(WeightFileError.Cause) in
                var numbers = ByteReader(bytes, from: position)
                let count = try numbers.size()
                let (byteCount, overflow) = count.multipliedReportingOverflow(by: size)
                guard !overflow else { throw .damaged("a storage of \(count) elements") }
                storages[key] = Stored(try numbers.take(byteCount), owner: file)
                position = numbers.position
            }
        }
        var found = PickledArrays(heap, owner: file) {
            object, name throws(WeightFileError.Cause) in
            try tensors.array(object, named: name) { key throws(WeightFileError.Cause) in
                guard let stored = storages[key] else {
                    throw .damaged("storage \(quoted(key)) is not there")
                }
                return stored
            }
        }
        try found.collect(root)
        return found.arrays
    }
}

/// Tensors in a pickle of PyTorch.
struct TorchTensors {
    let heap: PickleHeap
    let isBigEndian: Bool

    private static let tensors: Set = [
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_tensor_v3",
    ]
    private static let parameters: Set = [
        "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
    ]

    /// Bytes that a tensor whose elements share places may have.
    private static let mostShared = 1 << 26

    private struct Storage {
        let key: String
        let dtype: DType?
        let typeName: String
    }

    /// The tensor that an object is; nil if it is none.
    func array(
        _ object: PickleHeap.Object, named name: String,
        storage find: (String) throws(WeightFileError.Cause) -> Stored
    ) throws(WeightFileError.Cause) -> NamedArray? {
        guard let (function, arguments) = heap.call(object) else { return nil }
        if Self.parameters.contains(function), let data = arguments.first {
            return try array(data, named: name, storage: find)
        }
        if function == "torch._tensor._rebuild_from_type_v2", arguments.count >= 3,
            let inner = heap.sequence(arguments[2])
        {
            return try self.array(inner, named: name, storage: find)
        }
        guard Self.tensors.contains(function) else { return nil }
        return try self.array(arguments, named: name, storage: find)
    }

    private func array(
        _ arguments: [PickleHeap.Object], named name: String,
        storage find: (String) throws(WeightFileError.Cause) -> Stored
    ) throws(WeightFileError.Cause) -> NamedArray {
        guard arguments.count >= 4, let storage = storage(arguments[0]),
            let offset = heap.int(arguments[1]), let extents = heap.ints(arguments[2]),
            let strides = heap.ints(arguments[3]), strides.count == extents.count, offset >= 0
        else { throw .damaged("tensor \(quoted(name)) is not described as PyTorch does") }
        var dtype = storage.dtype
        if dtype == nil, arguments.count > 6, case .global(let type) = heap[arguments[6]] {
            dtype = Self.dtypes[type]
        }
        guard let dtype else {
            throw .unsupported("tensor \(quoted(name)) of type \(quoted(storage.typeName))")
        }
        let shape = try Layout.shape(extents, name)
        let layout = Layout(
            shape: shape, dtype: dtype, strides: strides, isBigEndian: isBigEndian)
        let stored = try find(storage.key)
        guard let reach = layout.reach,
            case (let last, let overflow) = reach.addingReportingOverflow(offset), !overflow,
            last <= stored.count / dtype.size
        else {
            throw .damaged(
                "tensor \(quoted(name)) reaches beyond the \(stored.count) bytes of its storage")
        }
        // Elements may share a place, as where a tensor was expanded, but not without end.
        guard shape.elementCount * dtype.size <= max(stored.count, Self.mostShared) else {
            throw .damaged(
                "tensor \(quoted(name)) of shape \(shape) has \(stored.count) bytes in its storage")
        }
        let part = stored.part(offset * dtype.size..<last * dtype.size)
        return NamedArray(name: name, shape: shape, dtype: dtype) { try layout.read(from: part) }
    }

    /// `('storage', torch.FloatStorage, '0', 'cpu', 9408)`, in the older form with what it is a view of.
    private func storage(_ object: PickleHeap.Object) -> Storage? {
        guard case .persistent(let identity) = heap[object],
            let parts = heap.sequence(identity), parts.count >= 5,
            heap.string(parts[0]) == "storage",
            let key = heap.string(parts[2]) ?? heap.int(parts[2]).map(String.init),
            case .global(let type) = heap[parts[1]]
        else { return nil }
        if parts.count > 5 {
            guard case .none = heap[parts[5]] else { return nil }
        }
        return Storage(key: key, dtype: Self.storageTypes[type], typeName: type)
    }

    /// Bytes of an element of each storage that the tensors below an object use.
    func elementSizes(
        below root: PickleHeap.Object
    ) throws(WeightFileError.Cause) -> [String: Int] {
        var sizes: [String: Int] = [:]
        for object in heap.nodes.indices {
            guard case .persistent = heap[object], let storage = storage(object) else { continue }
            guard let dtype = storage.dtype else {
                throw .unsupported("a tensor of type \(quoted(storage.typeName))")
            }
            sizes[storage.key] = dtype.size
        }
        return sizes
    }

    private static let dtypes: [String: DType] = [
        "torch.float32": .float32, "torch.float": .float32, "torch.float64": .float64,
        "torch.double": .float64, "torch.float16": .float16, "torch.half": .float16,
        "torch.bfloat16": .bfloat16, "torch.int8": .int8, "torch.int16": .int16,
        "torch.int32": .int32, "torch.int64": .int64, "torch.uint8": .uint8,
        "torch.uint16": .uint16, "torch.uint32": .uint32, "torch.uint64": .uint64,
        "torch.bool": .bool,
    ]

    private static let storageTypes: [String: DType] = {
        let names: [String: DType] = [
            "Float": .float32, "Double": .float64, "Half": .float16, "BFloat16": .bfloat16,
            "Char": .int8, "Short": .int16, "Int": .int32, "Long": .int64, "Byte": .uint8,
            "Bool": .bool,
        ]
        return Dictionary(
            uniqueKeysWithValues: names.flatMap { name, dtype in
                ["torch.\(name)Storage", "torch.cuda.\(name)Storage"].map { ($0, dtype) }
            })
    }()
}
