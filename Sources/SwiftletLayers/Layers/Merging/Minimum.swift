public import SwiftletFiles
public import SwiftletGraph

/// The smallest of its inputs, element by element.
public struct Minimum: ElementwiseMerge {
    public static let className = "Minimum"
    public var options: LayerOptions

    public init(name: String? = nil) {
        options = LayerOptions(name: name)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
    }

    public var config: JSONObject { [:] }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try foldMasked(call, in: &lowering) { try $0.minimum($1, $2) }
    }
}
