public import SwiftletFiles
public import SwiftletGraph

/// The first input less the second.
public struct Subtract: ElementwiseMerge {
    public static let className = "Subtract"
    public var options: LayerOptions

    public init(name: String? = nil) {
        options = LayerOptions(name: name)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
    }

    public var config: JSONObject { [:] }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try fold(call, count: 2...2, in: &lowering) { try $0.subtract($1, $2) }
    }
}
