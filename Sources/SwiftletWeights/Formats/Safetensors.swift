internal import SwiftletFiles
internal import SwiftletTensor

/// Hugging Face's safetensors: the length of a JSON header, the header, the numbers.
enum Safetensors {
    /// As the reference implementation.
    private static let longestHeader = 100_000_000

    static func isSafetensors(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else { return false }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        return length >= 2 && length <= UInt64(longestHeader)
    }

    static func read(
        _ file: MappedFile
    ) throws -> (arrays: [NamedArray], metadata: [(key: String, value: String)]) {
        let (header, start) = try file.withUnsafeBytes {
            bytes throws(WeightFileError.Cause) -> (JSON, Int) in
            var reader = ByteReader(bytes)
            let length = try reader.size()
            guard length <= longestHeader else { throw .damaged("a header of \(length) bytes") }
            let text = try reader.take(length)
            do {
                return (try JSON(parsing: Array(text), maximumDepth: 8), reader.position)
            } catch {
                throw .damaged("the header is not JSON: \(error)")
            }
        }
        guard let members = header.object else {
            throw WeightFileError.Cause.damaged("the header is no JSON object")
        }
        let stored = Stored(file).part(start..<file.count)
        var metadata: [(key: String, value: String)] = []
        var arrays: [(start: Int, end: Int, array: NamedArray)] = []
        for (name, value) in members {
            if name == "__metadata__" {
                for (key, text) in value.object ?? [:] {
                    metadata.append((key, text.string ?? text.text()))
                }
            } else {
                arrays.append(try array(name, value, in: stored))
            }
        }
        // Every byte belongs to exactly one tensor.
        var end = 0
        for array in arrays.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
            guard array.start == end else {
                throw WeightFileError.Cause.damaged(
                    "tensor \(quoted(array.array.name)) begins at byte \(array.start), the one "
                        + "before it ends at \(end)")
            }
            end = array.end
        }
        guard end == stored.count else {
            throw WeightFileError.Cause.damaged(
                "the tensors end at byte \(end) of \(stored.count)")
        }
        return (arrays.map(\.array), metadata)
    }

    private static func array(
        _ name: String, _ json: JSON, in stored: Stored
    ) throws(WeightFileError.Cause) -> (start: Int, end: Int, array: NamedArray) {
        guard let type = json["dtype"]?.string, let extents = json["shape"]?.array,
            let offsets = json["data_offsets"]?.array, offsets.count == 2,
            let start = offsets[0].int, let end = offsets[1].int, 0 <= start, start <= end,
            case let dimensions = extents.compactMap(\.int), dimensions.count == extents.count
        else { throw .damaged("tensor \(quoted(name)) lacks its dtype, shape or data_offsets") }
        guard let dtype = types[type] else {
            throw .unsupported("tensor \(quoted(name)) of type \(quoted(type))")
        }
        let shape = try Layout.shape(dimensions, name)
        guard end <= stored.count else {
            throw .damaged(
                "tensor \(quoted(name)) ends at byte \(end), the file's numbers at \(stored.count)")
        }
        guard end - start == shape.elementCount * dtype.size else {
            throw .damaged(
                "tensor \(quoted(name)) has \(end - start) bytes where its shape \(shape) of "
                    + "\(type) needs \(shape.elementCount * dtype.size)")
        }
        let layout = Layout(shape: shape, dtype: dtype, strides: shape.strides)
        let part = stored.part(start..<end)
        return (
            start, end,
            NamedArray(name: name, shape: shape, dtype: dtype) { try layout.read(from: part) }
        )
    }

    private static let types: [String: DType] = [
        "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16,
        "I64": .int64, "I32": .int32, "I16": .int16, "I8": .int8,
        "U64": .uint64, "U32": .uint32, "U16": .uint16, "U8": .uint8, "BOOL": .bool,
    ]

    // MARK: Writing

    /// Writes arrays; the file appears whole or not at all.
    ///
    /// - Throws: ``WeightFileError/Cause/unsupported(_:)`` for arrays of strings.
    static func write(
        _ arrays: [(name: String, tensor: Tensor)], metadata: [(key: String, value: String)],
        to path: String
    ) throws {
        var header: JSONObject = [:]
        if !metadata.isEmpty {
            var object: JSONObject = [:]
            for (key, value) in metadata { object[key] = .string(value) }
            header["__metadata__"] = .object(object)
        }
        var position = 0
        for (name, tensor) in arrays {
            guard let type = types.first(where: { $0.value == tensor.dtype })?.key else {
                throw WeightFileError.Cause.unsupported("array \(quoted(name)) of \(tensor.dtype)")
            }
            let end = position + tensor.elementCount * tensor.dtype.size
            header[name] = [
                "dtype": .string(type), "shape": .array(tensor.shape.map(JSON.int)),
                "data_offsets": [.int(position), .int(end)],
            ]
            position = end
        }
        var text = Array(JSON.object(header).text().utf8)
        // Numbers begin at a multiple of eight bytes.
        text += repeatElement(0x20, count: (8 - text.count % 8) % 8)
        let file = try AtomicFile(replacing: path)
        try file.write(withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text)
        for (_, tensor) in arrays {
            try tensor.withUnsafeBytes { bytes in try file.write(bytes) }
        }
        try file.commit()
    }
}
