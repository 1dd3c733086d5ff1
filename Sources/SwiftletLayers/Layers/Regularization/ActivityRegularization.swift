public import SwiftletFiles
public import SwiftletGraph

/// Gives its input, and adds a penalty on its size to the loss.
public struct ActivityRegularization: UnaryLayer {
    public static let className = "ActivityRegularization"
    public var options: LayerOptions
    private let l1: Double
    private let l2: Double
    public var supportsMasking: Bool { true }

    public init(l1: Double = 0, l2: Double = 0, name: String? = nil) {
        options = LayerOptions(name: name)
        self.l1 = l1
        self.l2 = l2
        options.activityRegularizer = .l1l2(l1: l1, l2: l2)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        l1 = try config.double("l1", default: 0)
        l2 = try config.double("l2", default: 0)
        options.activityRegularizer = .l1l2(l1: l1, l2: l2)
    }

    public var config: JSONObject { ["l1": .double(l1), "l2": .double(l2)] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value { x }
}
