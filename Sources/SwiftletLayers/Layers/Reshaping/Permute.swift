public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Another order of the axes; the batch stays first.
public struct Permute: UnaryLayer {
    public static let className = "Permute"
    public var options: LayerOptions
    /// The axes, counted from 1 without the batch, in their new order.
    public let axes: [Int]

    public init(_ axes: Int..., name: String? = nil) {
        options = LayerOptions(name: name)
        self.axes = axes
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        axes = try config.intList("dims")
    }

    public var config: JSONObject { ["dims": .array(axes.map(JSON.int))] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard shape.rank == axes.count + 1, axes.sorted() == Array(1...axes.count) else {
            throw refusal("dims \(axes) do not fit an input of shape \(shape)")
        }
        return try lowering.graph.transpose(x, permutation: [0] + axes)
    }
}
