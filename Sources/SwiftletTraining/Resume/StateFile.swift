internal import SwiftletFiles
internal import SwiftletTensor

/// JSON and tensors in one file, which is whole or not there.
///
/// A mark, the length and the checksum of the JSON, the JSON, then the tensors' bytes; a member of the JSON
/// tells their names, types, shapes and checksums.
package struct StateFile {
    var header: JSONObject
    var tensors: [(name: String, tensor: Tensor)]

    private static let mark = Array("SWIFTLET TRAINING 1\n".utf8)
    private static let tensorsKey = "tensors"

    func write(to path: String) throws {
        var header = header
        header[Self.tensorsKey] = .array(
            tensors.map { name, tensor in
                [
                    "name": .string(name), "dtype": .string(tensor.dtype.rawValue),
                    "shape": .array(tensor.shape.map(JSON.int)),
                    "checksum": .string(tensor.checksumText),
                ]
            })
        let text = Array(JSON.object(header).text().utf8)
        var start = Self.mark
        withUnsafeBytes(of: UInt64(text.count)) { start += $0 }
        withUnsafeBytes(of: text.withUnsafeBytes { checksum($0) }) { start += $0 }
        let file = try AtomicFile(replacing: path)
        try file.write(start + text)
        for (_, tensor) in tensors { try tensor.withUnsafeBytes { try file.write($0) } }
        try file.commit()
    }

    /// - Throws: ``TrainingError/state(path:cause:)`` if this is no such file or a damaged one.
    package init(contentsOf path: String) throws {
        let file = try MappedFile(path)
        (header, tensors) = try file.withUnsafeBytes { bytes in
            var reader = Reader(bytes: bytes, path: path)
            return try reader.content()
        }
    }

    init(header: JSONObject, tensors: [(name: String, tensor: Tensor)]) {
        (self.header, self.tensors) = (header, tensors)
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        let path: String
        private var position = 0

        init(bytes: UnsafeRawBufferPointer, path: String) {
            (self.bytes, self.path) = (bytes, path)
        }

        private func refusal(_ cause: String) -> TrainingError { .state(path: path, cause: cause) }

        private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
            guard count >= 0, count <= bytes.count - position else {
                throw refusal("damaged: it ends too early")
            }
            defer { position += count }
            return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        }

        private mutating func number() throws -> UInt64 {
            try take(8).loadUnaligned(as: UInt64.self)
        }

        mutating func content() throws -> (JSONObject, [(name: String, tensor: Tensor)]) {
            guard bytes.starts(with: StateFile.mark) else {
                throw refusal("is no state of a training")
            }
            position = StateFile.mark.count
            let (length, sum) = (try number(), try number())
            let text = try take(Int(exactly: length) ?? .max)
            guard checksum(text) == sum, var header = try JSON(parsing: Array(text)).object,
                let list = header[StateFile.tensorsKey]?.array
            else { throw refusal("damaged: its head is not as it was written") }
            header[StateFile.tensorsKey] = nil
            return (header, try list.map { try tensor($0) })
        }

        private mutating func tensor(_ json: JSON) throws -> (name: String, tensor: Tensor) {
            guard let name = json["name"]?.string,
                let dtype = json["dtype"]?.string.flatMap(DType.init), dtype != .string,
                let extents = json["shape"]?.array?.map(\.int), !extents.contains(nil)
            else { throw refusal("damaged: a tensor has no type or shape") }
            let shape = try Shape(extents.compactMap { $0 })
            let source = try take(shape.elementCount * dtype.size)
            let tensor = try Tensor(shape: shape, dtype: dtype) { $0.copyMemory(from: source) }
            guard tensor.checksumText == json["checksum"]?.string else {
                throw refusal("damaged: '\(name)' is not as it was written")
            }
            return (name, tensor)
        }
    }
}

extension Tensor {
    /// A digest of the elements.
    fileprivate var checksumText: String {
        String(withUnsafeBytes { checksum($0) }, radix: 16)
    }
}
