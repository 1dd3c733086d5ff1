internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletTensor

/// What users have put into a file beside what Keras needs; see ``Model/metadata``.
enum KerasMetadata {
    static let member = "metadata.json"
    private static let kerasKeys: Set = ["keras_version", "date_saved"]
    private static let kerasAttributes: Set = [
        "keras_version", "backend", "model_config", "training_config", "layer_names",
    ]

    static func own(_ json: JSON?) -> JSONObject {
        var metadata: JSONObject = [:]
        for (key, value) in json?.object ?? [:] where !kerasKeys.contains(key) {
            metadata[key] = value
        }
        return metadata
    }

    /// Attributes that cannot be read, of a foreign type say, are left out.
    static func own(_ root: HDF5Group) throws -> JSONObject {
        var metadata: JSONObject = [:]
        for name in try root.attributeNames() where !kerasAttributes.contains(name) {
            guard let value = try? root.attribute(name) else { continue }
            metadata[name] = json(value)
        }
        return metadata
    }

    private static func json(_ tensor: Tensor) -> JSON? {
        let values: [JSON]
        if let strings = tensor.strings {
            values = strings.map(JSON.string)
        } else if tensor.dtype == .bool {
            values = ((try? tensor.doubles()) ?? []).map { .bool($0 != 0) }
        } else if tensor.dtype.isInteger {
            values = ((try? tensor.converted(to: .int64).elements(of: Int64.self)) ?? [])
                .map { .int(Int($0)) }
        } else {
            values = ((try? tensor.doubles()) ?? []).map(JSON.double)
        }
        return tensor.rank == 0 ? values.first : tensor.rank == 1 ? .array(values) : nil
    }

    /// As attributes of an HDF5 file.
    static func write(_ metadata: JSONObject, to writer: HDF5Writer) throws {
        for (name, value) in metadata where !kerasAttributes.contains(name) {
            switch value {
            case .string(let text): try writer.attribute(name, of: "/", text)
            case .int(let number):
                try writer.attribute(name, of: "/", Tensor(scalar: Int64(number)))
            case .double(let number): try writer.attribute(name, of: "/", Tensor(scalar: number))
            case .bool(let truth): try writer.attribute(name, of: "/", Tensor(scalar: truth))
            case .null: break
            case .array(let items):
                let numbers = items.compactMap(\.double)
                let strings = items.compactMap(\.string)
                if strings.count == items.count, !items.isEmpty {
                    try writer.attribute(
                        name, of: "/", Tensor(strings: strings, shape: .vector(strings.count)))
                } else if numbers.count == items.count {
                    try writer.attribute(name, of: "/", Tensor(numbers))
                } else {
                    try writer.attribute(name, of: "/", value.text())
                }
            case .object: try writer.attribute(name, of: "/", value.text())
            }
        }
    }
}
