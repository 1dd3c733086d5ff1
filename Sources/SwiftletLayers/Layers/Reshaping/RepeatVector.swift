public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// A vector as every step of a sequence: `[batch, features]` → `[batch, count, features]`.
public struct RepeatVector: UnaryLayer {
    public static let className = "RepeatVector"
    public var options: LayerOptions
    public let count: Int

    public init(_ count: Int, name: String? = nil) {
        options = LayerOptions(name: name)
        self.count = count
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        count = try config.positiveInt("n")
    }

    public var config: JSONObject { ["n": .int(count)] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard shape.rank == 2 else { throw refusal("[batch, features] expected, \(shape) found") }
        let column = try lowering.graph.reshape(x, to: [shape[0], 1, shape[1]])
        return try lowering.graph.spread(column, to: Shape([shape[0], count, shape[1]]))
    }
}
