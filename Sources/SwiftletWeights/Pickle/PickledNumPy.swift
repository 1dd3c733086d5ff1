internal import SwiftletFiles
internal import SwiftletTensor

/// NumPy's arrays and scalars in a pickle.
struct PickledNumPy {
    let heap: PickleHeap
    /// What the heap's bytes lie in.
    let owner: MappedFile

    private static let reconstruct: Set = [
        "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
    ]
    private static let scalar: Set = [
        "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
    ]
    private static let fromBuffer: Set = [
        "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer",
    ]

    /// The array that an object is; nil if it is none.
    func array(
        _ object: PickleHeap.Object, named name: String
    ) throws(WeightFileError.Cause) -> NamedArray? {
        guard let (function, arguments) = heap.call(object) else { return nil }
        if Self.reconstruct.contains(function) {
            guard let state = heap.states[object].flatMap(heap.sequence), state.count >= 5,
                let extents = heap.ints(state[1])
            else { throw .damaged("array \(quoted(name)) has no state") }
            let isFortran = heap.int(state[3]) == 1
            return try array(
                name, extents, dtype: state[2], isFortran: isFortran, bytes: state[4])
        }
        if Self.fromBuffer.contains(function), arguments.count >= 3,
            let extents = heap.ints(arguments[2])
        {
            let isFortran = arguments.count > 3 && heap.string(arguments[3]) == "F"
            return try array(
                name, extents, dtype: arguments[1], isFortran: isFortran, bytes: arguments[0])
        }
        if Self.scalar.contains(function), arguments.count == 2 {
            return try array(
                name, [], dtype: arguments[0], isFortran: false, bytes: arguments[1])
        }
        return nil
    }

    /// The one object in an array of objects without axes, as NumPy stores any object; nil if it is none.
    func content(_ object: PickleHeap.Object) -> PickleHeap.Object? {
        guard let (function, _) = heap.call(object), Self.reconstruct.contains(function),
            let state = heap.states[object].flatMap(heap.sequence), state.count >= 5,
            heap.ints(state[1]) == [], let items = heap.sequence(state[4]), items.count == 1
        else { return nil }
        return items[0]
    }

    private func array(
        _ name: String, _ extents: [Int], dtype: PickleHeap.Object, isFortran: Bool,
        bytes object: PickleHeap.Object
    ) throws(WeightFileError.Cause) -> NamedArray {
        let (dtype, isBigEndian) = try type(dtype, name)
        let shape = try Layout.shape(extents, name)
        let bytes = try self.bytes(object, name)
        guard bytes.count == shape.elementCount * dtype.size else {
            throw .damaged(
                "array \(quoted(name)) has \(bytes.count) bytes where its shape \(shape) of "
                    + "\(dtype) needs \(shape.elementCount * dtype.size)")
        }
        let strides = isFortran ? Layout.fortranStrides(shape) : shape.strides
        return NamedArray(name: name, shape: shape, dtype: dtype) {
            try Layout(shape: shape, dtype: dtype, strides: strides, isBigEndian: isBigEndian)
                .read(from: bytes)
        }
    }

    private func type(
        _ object: PickleHeap.Object, _ name: String
    ) throws(WeightFileError.Cause) -> (DType, isBigEndian: Bool) {
        guard let (function, arguments) = heap.call(object), function == "numpy.dtype",
            let first = arguments.first
        else { throw .damaged("array \(quoted(name)) has no type") }
        if case .global(let global) = heap[first], global.hasSuffix("bfloat16") {
            return (.bfloat16, false)
        }
        guard let code = heap.string(first), let dtype = Self.types[code] else {
            throw .unsupported(
                "array \(quoted(name)) of type \(quoted(heap.string(first) ?? "?"))")
        }
        let state = heap.states[object].flatMap(heap.sequence) ?? []
        return (dtype, state.count > 1 && heap.string(state[1]) == ">")
    }

    private static let types: [String: DType] = [
        "b1": .bool, "f2": .float16, "f4": .float32, "f8": .float64,
        "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64,
        "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64,
    ]

    /// Bytes; under old protocols they are a text of Latin-1, which is decoded into a copy.
    private func bytes(
        _ object: PickleHeap.Object, _ name: String
    ) throws(WeightFileError.Cause) -> Stored {
        switch heap[object] {
        case .bytes(let bytes): return Stored(bytes, owner: owner)
        case .string(let text): return try latin(text, name)
        case .call:
            if let (function, arguments) = heap.call(object), function == "_codecs.encode",
                let text = arguments.first.flatMap(heap.string)
            {
                return try latin(text, name)
            }
            if let (function, arguments) = heap.call(object),
                function.hasSuffix(".bytearray"), let first = arguments.first,
                case .bytes(let bytes) = heap[first]
            {
                return Stored(bytes, owner: owner)
            }
        default: break
        }
        throw .unsupported("array \(quoted(name)) that does not hold numbers")
    }

    private func latin(_ text: String, _ name: String) throws(WeightFileError.Cause) -> Stored {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard scalar.value < 256 else { throw .damaged("array \(quoted(name)): its bytes") }
            bytes.append(UInt8(scalar.value))
        }
        return Stored(MappedFile(bytes: bytes, name: name))
    }
}
