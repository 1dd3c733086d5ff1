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
            self = try Yams.compose(yaml: text).map { try Self.value(of: $0) } ?? .null
        } catch let error as YamlError {
            throw ModelError.structure("YAML: \(error)")
        }
    }

    /// By hand: Yams's own dictionaries end the process at a key that is a list or a map.
    private static func value(of node: Node) throws -> JSON {
        if let map = node.mapping {
            var object = JSONObject()
            for (key, member) in map {
                guard let key = key.scalar?.string else {
                    throw ModelError.structure("YAML: a key that is no text")
                }
                object[key] = try value(of: member)
            }
            return .object(object)
        }
        if let list = node.sequence { return .array(try list.map(value(of:))) }
        return try value(scalar: node.any)
    }

    private static func value(scalar any: Any?) throws -> JSON {
        switch any {
        case nil: return .null
        case let value as Bool: return .bool(value)
        case let value as Int: return .int(value)
        case let value as Double: return .double(value)
        case let value as String: return .string(value)
        case let other?:
            // Yams gives an object of its own for null.
            if "\(other)" == "<null>" { return .null }
            throw ModelError.structure("YAML: \(type(of: other)) is not understood here")
        }
    }
}
