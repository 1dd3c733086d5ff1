public import SwiftletFiles
public import SwiftletGraph

/// The mean of its inputs.
public struct Average: ElementwiseMerge {
    public static let className = "Average"
    public var options: LayerOptions

    public init(name: String? = nil) {
        options = LayerOptions(name: name)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
    }

    public var config: JSONObject { [:] }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        let sum = try fold(call, in: &lowering) { try $0.add($1, $2) }[0]
        let share = try lowering.graph.constant(1 / Float(call.inputs.count))
        let mean = try lowering.graph.multiply(sum, share)
        lowering.setMask(lowering.mask(of: sum), of: mean)
        return [mean]
    }
}
