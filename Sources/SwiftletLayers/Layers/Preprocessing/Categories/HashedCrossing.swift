public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Two or more features, `[batch]` or `[batch, 1]` each, replaced by the number of the bin that the
/// hash of their combination falls into.
public struct HashedCrossing: Layer {
    public static let className = "HashedCrossing"
    public var options: LayerOptions
    public let bins: Int
    public let mode: CategoryMode

    public init(_ bins: Int, mode: CategoryMode = .int, name: String? = nil) {
        options = LayerOptions(name: name)
        self.bins = bins
        self.mode = mode
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        bins = try config.positiveInt("num_bins")
        mode = try config.categoryMode(default: .int, among: [.int, .oneHot])
    }

    public var config: JSONObject {
        ["num_bins": .int(bins), "output_mode": .string(mode.rawValue), "sparse": false]
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        let inputs = call.inputs
        guard inputs.count >= 2 else {
            throw refusal("at least two inputs expected, \(inputs.count) found")
        }
        let features = try inputs.map { input in
            let type = lowering.graph[input]
            guard type.rank < 2 || type.rank == 2 && type.shape[1] == 1,
                type.shape == lowering.graph.shape(of: inputs[0])
            else { throw refusal("features of one column each expected, \(type) found") }
            guard type.dtype == .string || type.dtype.isInteger else {
                throw refusal("strings or whole numbers expected, \(type.dtype) found")
            }
            return type.dtype == .string ? input : try lowering.graph.cast(input, to: .int64)
        }
        let numbers = try lowering.graph.append(CrossHash(buckets: bins), features)[0]
        return [try lowering.encoded(numbers, as: mode, depth: bins)]
    }
}
