public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Drops whole examples of a branch while training, so that a residual block is skipped for them
/// (Huang et al. 2016). Keras has it in `keras.applications.convnext`.
public struct StochasticDepth: UnaryLayer {
    public static let className = "StochasticDepth"
    public var options: LayerOptions
    public let rate: Float

    /// - Parameter rate: the share of examples that is dropped, 0 to 1.
    public init(_ rate: Float, name: String? = nil) {
        options = LayerOptions(name: name)
        self.rate = rate
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        rate = try config.rate("drop_path_rate")
    }

    public var config: JSONObject { ["drop_path_rate": .number(rate)] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x).dimensions
        let extents = shape.indices.map { $0 == 0 ? shape[0] : 1 }
        return try lowering.dropout(x, rate: rate, extents: extents, seed: nil)
    }
}
