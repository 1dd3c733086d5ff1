public import SwiftletFiles
public import SwiftletGraph

/// Preprocessing layers one after the other.
public struct Pipeline: UnaryLayer {
    public static let className = "Pipeline"
    public var options: LayerOptions
    private let layers: [any Layer]

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        guard let list = config.value("layers")?.array else {
            throw ModelError.config(key: "layers", cause: "a list of layers expected")
        }
        layers = try list.map { try config.registry.layer(from: $0, depth: config.depth + 1) }
    }

    public var config: JSONObject { ["layers": .array(layers.map { $0.serialized() })] }

    public var mixesExamples: Bool { layers.contains { $0.mixesExamples } }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        var groups: [String: Int] = [:]
        var value = x
        for layer in layers {
            let stem = snakeCase(layer.storedClassName)
            let count = groups[stem, default: 0]
            groups[stem] = count + 1
            let results = try lowering.apply(
                layer, name: layer.displayName,
                group: "_pipeline_layers/" + (count == 0 ? stem : "\(stem)_\(count)"),
                to: CallArguments(value))
            guard results.count == 1 else {
                throw refusal("'\(layer.displayName)' has \(results.count) outputs")
            }
            value = results[0]
        }
        return value
    }
}
