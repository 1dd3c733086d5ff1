package import SwiftletFiles
package import SwiftletGraph

/// How a layer's weight begins, what it is penalised for and what it is held to.
public struct WeightOptions: Sendable, Hashable {
    public var initializer: Initializer
    public var regularizer: Regularizer?
    public var constraint: Constraint?

    public init(
        _ initializer: Initializer, regularizer: Regularizer? = nil, constraint: Constraint? = nil
    ) {
        self.initializer = initializer
        self.regularizer = regularizer
        self.constraint = constraint
    }

    /// Reads `<name>_initializer`, `<name>_regularizer` and `<name>_constraint`.
    package init(config: LayerConfig, _ name: String, default initializer: Initializer) throws {
        self.initializer = try config.initializer("\(name)_initializer", default: initializer)
        regularizer = try config.regularizer("\(name)_regularizer")
        constraint = try config.constraint("\(name)_constraint")
    }

    /// Writes what ``init(config:_:default:)`` reads.
    package func write(_ name: String, to config: inout JSONObject) {
        config["\(name)_initializer"] = initializer.json
        config["\(name)_regularizer"] = regularizer?.json ?? .null
        config["\(name)_constraint"] = constraint?.json ?? .null
    }
}

extension Lowering {
    /// Declares a trained weight with its options; see ``weight(_:_:initializer:regularizer:constraint:isTrainable:dtype:)``.
    package mutating func weight(
        _ name: String, _ dimensions: [Int], _ options: WeightOptions, fans: [Int]? = nil
    ) throws -> Value {
        try weight(
            name, dimensions, initializer: options.initializer, regularizer: options.regularizer,
            constraint: options.constraint, fans: fans)
    }
}
