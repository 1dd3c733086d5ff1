public import SwiftletFiles
public import SwiftletGraph

/// The largest of its inputs, element by element.
public struct Maximum: ElementwiseMerge {
    public static let className = "Maximum"
    public var options: LayerOptions

    public init(name: String? = nil) {
        options = LayerOptions(name: name)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
    }

    public var config: JSONObject { [:] }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try foldMasked(call, in: &lowering) { try $0.maximum($1, $2) }
    }
}
