internal import SwiftletFiles
internal import SwiftletTensor

/// TensorFlow's checkpoints, those of a SavedModel included: an index of the variables and files of
/// their bytes beside it (`variables.index`, `variables.data-00000-of-00001`).
enum TensorFlowCheckpoint {
    /// The path without `.index`; nil if there is no checkpoint at `path`: an index, its prefix, a
    /// SavedModel or a folder of checkpoints.
    static func prefix(_ path: String) -> String? {
        for suffix in ["", "/variables/variables"] {
            let prefix = path + suffix
            if PathKind(prefix + ".index") == .regular { return prefix }
        }
        if path.hasSuffix(".index") { return String(path.dropLast(".index".count)) }
        // `….data-00000-of-00001`
        if let dot = path.lastIndex(of: "."), path[dot...].hasPrefix(".data-"),
            PathKind(path[..<dot] + ".index") == .regular
        {
            return String(path[..<dot])
        }
        return PathKind(path) == .directory ? latest(in: path) : nil
    }

    /// `model_checkpoint_path: "ckpt-5"` in the file `checkpoint` of a folder.
    private static func latest(in folder: String) -> String? {
        guard let bytes = try? readFile(folder + "/checkpoint", limit: 1 << 20) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix("model_checkpoint_path:") {
            let parts = line.split(separator: "\"")
            guard parts.count >= 2, !parts[1].contains("/") else { return nil }
            return "\(folder)/\(parts[1])"
        }
        return nil
    }

    private struct Entry {
        var dtype: UInt64 = 0
        var extents: [Int] = []
        var shard = 0
        var offset = 0
        var size = 0
        var isSliced = false
    }

    static func read(prefix: String) throws -> [NamedArray] {
        let index = try MappedFile(prefix + ".index")
        let (shardCount, isBigEndian, entries) = try index.withUnsafeBytes {
            bytes throws(WeightFileError.Cause) in try self.entries(bytes)
        }
        guard !isBigEndian else {
            throw WeightFileError.Cause.unsupported("a checkpoint in big-endian order")
        }
        var shards: [Int: Stored] = [:]
        var arrays: [NamedArray] = []
        for (name, entry) in entries {
            guard let dtype = types[entry.dtype] else { continue }  // text and objects
            if shards[entry.shard] == nil {
                func padded(_ number: Int) -> String {
                    let digits = String(number)
                    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
                }
                shards[entry.shard] = Stored(
                    try MappedFile(
                        "\(prefix).data-\(padded(entry.shard))-of-\(padded(shardCount))"))
            }
            guard let stored = shards[entry.shard] else { continue }
            arrays.append(try array(name, entry, dtype, in: stored))
        }
        return arrays
    }

    private static func array(
        _ name: String, _ entry: Entry, _ dtype: DType, in stored: Stored
    ) throws(WeightFileError.Cause) -> NamedArray {
        guard !entry.isSliced else { throw .unsupported("variable \(quoted(name)) in slices") }
        let shape = try Layout.shape(entry.extents, name)
        guard entry.size == shape.elementCount * dtype.size, entry.offset >= 0, entry.size >= 0,
            entry.offset <= stored.count, entry.size <= stored.count - entry.offset
        else {
            throw .damaged(
                "variable \(quoted(name)) of shape \(shape): \(entry.size) bytes at "
                    + "\(entry.offset) of \(stored.count)")
        }
        let layout = Layout(shape: shape, dtype: dtype, strides: shape.strides)
        let part = stored.part(entry.offset..<entry.offset + entry.size)
        return NamedArray(name: name, shape: shape, dtype: dtype) { try layout.read(from: part) }
    }

    private static func entries(
        _ bytes: UnsafeRawBufferPointer
    ) throws(WeightFileError.Cause) -> (Int, isBigEndian: Bool, [(name: String, Entry)]) {
        var shardCount = 1
        var isBigEndian = false
        var entries: [(name: String, Entry)] = []
        for (key, value) in try SortedTable(bytes).entries() {
            var fields = ProtobufFields(value)
            if key.isEmpty {
                while let (field, value) = try fields.next() {
                    guard case .number(let number) = value else { continue }
                    if field == 1 { shardCount = Int(clamping: number) }
                    if field == 2 { isBigEndian = number == 1 }
                }
            } else {
                entries.append((try text(key), try entry(&fields)))
            }
        }
        return (shardCount, isBigEndian, entries)
    }

    private static func entry(
        _ fields: inout ProtobufFields
    ) throws(WeightFileError.Cause) -> Entry {
        var entry = Entry()
        while let (field, value) = try fields.next() {
            switch (field, value) {
            case (1, .number(let number)): entry.dtype = number
            case (2, .bytes(let shape)): entry.extents = try extents(shape)
            case (3, .number(let number)): entry.shard = Int(clamping: number)
            case (4, .number(let number)): entry.offset = Int(clamping: number)
            case (5, .number(let number)): entry.size = Int(clamping: number)
            case (7, _): entry.isSliced = true
            default: break
            }
        }
        return entry
    }

    private static func extents(
        _ shape: UnsafeRawBufferPointer
    ) throws(WeightFileError.Cause) -> [Int] {
        var extents: [Int] = []
        var fields = ProtobufFields(shape)
        while let (field, value) = try fields.next() {
            guard field == 2, case .bytes(let dimension) = value else { continue }
            var size = 0
            var parts = ProtobufFields(dimension)
            while let (field, value) = try parts.next() {
                if field == 1, case .number(let number) = value {
                    size = Int(truncatingIfNeeded: number)
                }
            }
            extents.append(size)
        }
        return extents
    }

    /// By the numbers of TensorFlow's `DataType`; text, variants and resources are no weights.
    private static let types: [UInt64: DType] = [
        1: .float32, 2: .float64, 3: .int32, 4: .uint8, 5: .int16, 6: .int8, 9: .int64, 10: .bool,
        14: .bfloat16, 17: .uint16, 19: .float16, 22: .uint32, 23: .uint64,
    ]
}
