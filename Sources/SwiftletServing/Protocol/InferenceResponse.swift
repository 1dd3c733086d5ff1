internal import SwiftletFiles
package import SwiftletTensor

/// The answer to a request, as it goes over the wire.
package struct InferenceResponse: Sendable {
    package let body: [UInt8]
    /// Bytes of the JSON object, if binary tensors follow it.
    package let headerLength: Int?

    /// - Parameter outputs: those that were asked for, in order.
    package init(
        model: String, version: String, id: String?,
        outputs: [(name: String, tensor: Tensor, isBinary: Bool)]
    ) {
        var json: JSON = ["model_name": .string(model), "model_version": .string(version)]
        if let id { json["id"] = .string(id) }
        var binary: [UInt8] = []
        var hasBinary = false
        json["outputs"] = .array(
            outputs.map { name, tensor, isBinary in
                var output: JSON = [
                    "name": .string(name), "datatype": .string(tensor.dtype.protocolName),
                    "shape": .array(tensor.shape.map { .int($0) }),
                ]
                if isBinary {
                    let start = binary.count
                    tensor.appendBytes(to: &binary)
                    hasBinary = true
                    output["parameters"] = ["binary_data_size": .int(binary.count - start)]
                } else {
                    output["data"] = .array(tensor.jsonElements)
                }
                return output
            })
        let text = Array(json.text().utf8)
        body = text + binary
        headerLength = hasBinary ? text.count : nil
    }
}

extension Tensor {
    /// The elements in a row.
    fileprivate var jsonElements: [JSON] {
        func list<Element: TensorElement>(
            _: Element.Type, _ value: (Element) -> JSON
        ) -> [JSON] {
            withUnsafeBytes { bytes in
                bytes.assumingMemoryBound(to: Element.self).map(value)
            }
        }
        switch dtype {
        case .bool: return list(Bool.self) { .bool($0) }
        case .float32: return list(Float.self) { .double(Double($0)) }
        case .float64: return list(Double.self) { .double($0) }
        case .bfloat16: return list(BFloat16.self) { .double(Double(Float($0))) }
        case .float16:
            #if os(macOS) && arch(x86_64)
                return []
            #else
                return list(Float16.self) { .double(Double($0)) }
            #endif
        case .int8: return list(Int8.self) { .int(Int($0)) }
        case .int16: return list(Int16.self) { .int(Int($0)) }
        case .int32: return list(Int32.self) { .int(Int($0)) }
        case .int64: return list(Int64.self) { .int(Int($0)) }
        case .uint8: return list(UInt8.self) { .int(Int($0)) }
        case .uint16: return list(UInt16.self) { .int(Int($0)) }
        case .uint32: return list(UInt32.self) { .int(Int($0)) }
        // Beyond `Int` JSON has nothing that all readers read alike.
        case .uint64:
            return list(UInt64.self) { Int(exactly: $0).map { .int($0) } ?? .double(Double($0)) }
        case .string: return (strings ?? []).map { .string($0) }
        }
    }

    /// Elements in a row, little-endian; strings after their lengths.
    fileprivate func appendBytes(to result: inout [UInt8]) {
        if let strings {
            for text in strings {
                let bytes = Array(text.utf8)
                Swift.withUnsafeBytes(of: UInt32(clamping: bytes.count).littleEndian) {
                    result.append(contentsOf: $0)
                }
                result += bytes
            }
            return
        }
        withUnsafeBytes { result.append(contentsOf: $0) }
        #if _endian(big)
            let start = result.count - elementCount * dtype.size
            result.withUnsafeMutableBytes {
                reverseBytes(
                    UnsafeMutableRawBufferPointer(rebasing: $0[start...]), size: dtype.size)
            }
        #endif
    }
}
