public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// All axes but the batch as one: `[batch, a, b, …]` → `[batch, a · b · …]`.
public struct Flatten: UnaryLayer {
    public static let className = "Flatten"
    public var options: LayerOptions
    private let format: DataFormat

    public init(format: DataFormat = .channelsLast, name: String? = nil) {
        options = LayerOptions(name: name)
        self.format = format
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        format = try config.choice("data_format", default: .channelsLast)
    }

    public var config: JSONObject { ["data_format": .string(format.rawValue)] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        var x = x
        let rank = lowering.graph.shape(of: x).rank
        guard rank >= 1 else { throw refusal("an input with a batch axis expected") }
        if format == .channelsFirst, rank > 2 {
            // Flattened in the order of channels last, as Keras does.
            x = try lowering.graph.transpose(x, permutation: [0] + Array(2..<rank) + [1])
        }
        let shape = lowering.graph.shape(of: x)
        return try lowering.graph.reshape(x, to: [shape[0], shape.count(of: 1...)])
    }
}
