public import SwiftletFiles
public import SwiftletGraph

/// Gives its input.
public struct Identity: UnaryLayer {
    public static let className = "Identity"
    public var options: LayerOptions
    public var supportsMasking: Bool { true }

    public init(name: String? = nil) {
        options = LayerOptions(name: name)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
    }

    public var config: JSONObject { [:] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value { x }
}
