package import SwiftletFiles
package import SwiftletGraph

/// A call of `keras.ops` as a node of a network: what `x + 1` or `ops.einsum(…)` between layers
/// leaves in a file. It has no weights and no `trainable`; masks end at it.
///
/// ``OperationTable`` says what each of Keras's classes stands for.
package struct KerasOperation: Layer {
    package static let className = "Operation"
    package var options: LayerOptions
    package let module: OperationModule
    /// The class in Keras, e.g. `Matmul`.
    package let operation: String
    /// The options that the class was made with, `name` apart.
    package let config: JSONObject
    private let rule: OperationRule
    private let settings: LayerConfig

    package var configClassName: String { operation }

    /// - Throws: ``ModelError/layer(place:className:cause:)`` if the operation is not supported.
    package init(
        _ operation: String, module: OperationModule, config: LayerConfig, place: String
    ) throws {
        guard let (rule, module) = OperationTable.rule(operation, module: module) else {
            let reason = OperationTable.refusals[operation] ?? "is no known operation"
            throw ModelError.layer(
                place: place, className: operation, cause: "keras.ops: \(reason)")
        }
        self.rule = rule
        self.module = module
        self.operation = operation
        var own = config.json
        own["name"] = nil
        self.config = own
        settings = LayerConfig(own, registry: config.registry, depth: config.depth)
        options = LayerOptions(name: try config.optionalString("name"))
    }

    package init(config: LayerConfig) throws {
        throw ModelError.config(key: "class_name", cause: "an operation has a class of its own")
    }

    package func lower(
        _ call: CallArguments<Value>, in lowering: inout Lowering
    ) throws -> [Value] {
        var operation = OperationCall(
            graph: lowering.graph, name: operation, arguments: call, config: settings)
        lowering.graph = Graph()  // so that there is one owner, and nothing is copied
        defer { lowering.graph = operation.graph }
        return try rule.lower(&operation)
    }

    /// The canonical (Keras 3) object.
    func serializedOperation(name: String?) -> JSON {
        var all: JSONObject = ["name": .string(name ?? displayName)]
        for (key, value) in config { all[key] = value }
        return [
            "module": .string(module.path), "class_name": .string(operation),
            "config": .object(all), "registered_name": .string(operation),
        ]
    }
}

/// The module of Keras that an operation's class is in.
package enum OperationModule: String, Sendable, CaseIterable {
    case numpy, nn, math, image, linalg, core, einops
    /// What only older Kerases have as a node, such as TensorFlow's `shape`; no file of Keras 3.
    case legacy

    package var path: String { "keras.src.ops.\(rawValue)" }

    /// From `keras.src.ops.numpy` and the like; nil for the modules of layers.
    package init?(path: String) {
        let parts = path.split(separator: ".")
        guard parts.count > 2, parts[parts.count - 2] == "ops" || parts.contains("ops"),
            let last = parts.last, let module = Self(rawValue: String(last))
        else { return nil }
        self = module
    }
}

/// What an operation of Keras stands for in primitive operations.
package struct OperationRule: Sendable {
    let lower: @Sendable (inout OperationCall) throws -> [Value]

    /// An operation with one result.
    static func one(
        _ body: @escaping @Sendable (inout OperationCall) throws -> Value
    ) -> OperationRule {
        OperationRule { [try body(&$0)] }
    }

    /// An operation with several results.
    static func many(
        _ body: @escaping @Sendable (inout OperationCall) throws -> [Value]
    ) -> OperationRule {
        OperationRule(lower: body)
    }
}

typealias OperationRows = [String: OperationRule]
