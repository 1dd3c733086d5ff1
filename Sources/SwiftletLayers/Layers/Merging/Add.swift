public import SwiftletFiles
public import SwiftletGraph

/// The sum of its inputs.
public struct Add: ElementwiseMerge {
    public static let className = "Add"
    public var options: LayerOptions

    public init(name: String? = nil) {
        options = LayerOptions(name: name)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
    }

    public var config: JSONObject { [:] }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try fold(call, in: &lowering) { try $0.add($1, $2) }
    }
}
