public import SwiftletFiles
public import SwiftletGraph

/// `x` where it is positive, `alpha · (exp(x) − 1)` elsewhere.
///
/// - SeeAlso: Clevert et al. 2015, arXiv:1511.07289.
public struct ELU: UnaryLayer {
    public static let className = "ELU"
    public var options: LayerOptions
    public let alpha: Float
    public var supportsMasking: Bool { true }

    public init(alpha: Float = 1, name: String? = nil) {
        options = LayerOptions(name: name)
        self.alpha = alpha
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        alpha = try config.float("alpha", default: 1)
    }

    public var config: JSONObject { ["alpha": .number(alpha)] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.graph.unary(.elu(alpha: alpha), x)
    }
}
