internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletTraining
internal import Yams

extension Model {
    /// What can be trained: a Keras file, a Keras architecture, or a description in YAML or JSON.
    static func trainableFile(
        _ path: String, weights: String?, loading: WeightLoading
    ) throws -> (model: Model, report: WeightReport) {
        guard let description = try Self.description(in: path) else {
            return try trainable(path, weights: weights, loading: loading)
        }
        var model = try naming(path) { try Model(description: description) }
        let report = try weights.map { try model.loadWeights(from: $0, loading) }
        return (model, report ?? WeightReport())
    }

    /// The layers of a description in YAML or JSON.
    static func describedLayers(in path: String) throws -> [any Layer] {
        guard let description = try description(in: path) else {
            throw CommandError(path, "a description with layers expected")
        }
        return try layers(description: description)
    }

    /// The description in a file; nil if the file is for the reader of Keras files.
    private static func description(in path: String) throws -> JSON? {
        let name = fileName(of: path).lowercased()
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            return try naming(path) {
                try JSON(yaml: String(decoding: readText(path), as: UTF8.self))
            }
        }
        guard name.hasSuffix(".json"), let json = try? JSON(parsing: readText(path)),
            Model.isDescription(json)
        else { return nil }
        return json
    }
}

extension JSON {
    /// A YAML document of maps, lists and scalars.
    fileprivate init(yaml text: String) throws {
        do {
            self = try Self.value(Yams.load(yaml: text))
        } catch let error as YamlError {
            throw ModelError.structure("YAML: \(error)")
        }
    }

    private static func value(_ any: Any?) throws -> JSON {
        switch any {
        case nil: return .null
        case let value as Bool: return .bool(value)
        case let value as Int: return .int(value)
        case let value as Double: return .double(value)
        case let value as String: return .string(value)
        case let list as [Any]: return .array(try list.map(value))
        case let map as [AnyHashable: Any]:
            var object = JSONObject()
            for (key, member) in map { object["\(key)"] = try value(member) }
            return .object(object)
        case let other?:
            // Yams gives an object of its own for null.
            if "\(other)" == "<null>" { return .null }
            throw ModelError.structure("YAML: \(type(of: other)) is not understood here")
        }
    }
}
