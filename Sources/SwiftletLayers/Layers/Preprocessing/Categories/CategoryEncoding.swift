public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Category numbers below `tokens`, one-hot or counted per row.
public struct CategoryEncoding: Layer {
    public static let className = "CategoryEncoding"
    public var options: LayerOptions
    public let tokens: Int
    public let mode: CategoryMode

    public init(_ tokens: Int, mode: CategoryMode = .multiHot, name: String? = nil) {
        options = LayerOptions(name: name)
        self.tokens = tokens
        self.mode = mode
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        tokens = try config.positiveInt("num_tokens")
        mode = try config.categoryMode(default: .multiHot, among: [.oneHot, .multiHot, .count])
    }

    public var config: JSONObject {
        ["num_tokens": .int(tokens), "output_mode": .string(mode.rawValue)]
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard call.inputs.count == 1 else {
            throw refusal("one input expected, \(call.inputs.count) found")
        }
        let numbers = call.inputs[0]
        guard let weights = call.argument(1, "count_weights")?.leaf else {
            return [try lowering.encoded(numbers, as: mode, depth: tokens)]
        }
        guard mode == .count else {
            throw refusal("count_weights need the output mode \"count\"")
        }
        guard lowering.graph.shape(of: weights) == lowering.graph.shape(of: numbers) else {
            throw refusal(
                "count_weights of shape \(lowering.graph.shape(of: numbers)) expected, "
                    + "\(lowering.graph.shape(of: weights)) found")
        }
        let floats = try lowering.graph.cast(weights, to: .float32)
        return [try lowering.encoded(numbers, as: mode, depth: tokens, weights: floats)]
    }
}
