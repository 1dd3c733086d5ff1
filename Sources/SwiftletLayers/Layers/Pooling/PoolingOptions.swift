internal import SwiftletFiles
internal import SwiftletGraph

/// What a window of a pooling layer gives.
package enum PoolingKind: Sendable { case max, average }

/// What the pooling layers have in common.
package struct PoolingOptions: Sendable {
    let size: Extent
    let strides: Extent
    let padding: Padding
    let format: DataFormat

    init(size: Extent, strides: Extent, padding: Padding, format: DataFormat) {
        self.size = size
        self.strides = strides
        self.padding = padding
        self.format = format
    }

    init(config: LayerConfig, rank: Int) throws {
        let size = try config.ints(
            "pool_size", count: rank, default: [Int](repeating: 2, count: rank))
        self.size = Extent(size)
        strides = Extent(try config.ints("strides", count: rank, default: size))
        padding = try config.choice("padding", default: .valid)
        format = try config.choice("data_format", default: .channelsLast)
    }

    func config(rank: Int) -> JSONObject {
        [
            "pool_size": size.json(rank: rank), "padding": .string(padding.rawValue),
            "strides": strides.json(rank: rank), "data_format": .string(format.rawValue),
        ]
    }

    func lower(
        _ x: Value, _ kind: PoolingKind, rank: Int, in lowering: inout Lowering
    ) throws -> Value {
        guard padding != .causal else {
            throw ModelError.config(key: "padding", cause: "\"causal\" is for convolutions")
        }
        let window = try Window(
            size: size.along(rank: rank, "pool_size"),
            strides: strides.along(rank: rank, "strides"),
            padding: padding)
        return try lowering.channelsLast(x, format) { lowering, x in
            let shape = try lowering.spatialShape(of: x, rank: rank)
            let amounts = try window.amounts(Array(shape[1...rank]))
            return switch kind {
            case .max:
                try lowering.graph.maxPool(
                    x, size: window.size, strides: window.strides, padding: amounts)
            case .average:
                try lowering.graph.averagePool(
                    x, size: window.size, strides: window.strides, padding: amounts)
            }
        }
    }
}

/// What the global pooling layers have in common.
package struct GlobalPoolingOptions: Sendable {
    let format: DataFormat
    let keepsDimensions: Bool

    init(format: DataFormat, keepsDimensions: Bool) {
        self.format = format
        self.keepsDimensions = keepsDimensions
    }

    init(config: LayerConfig) throws {
        format = try config.choice("data_format", default: .channelsLast)
        keepsDimensions = try config.bool("keepdims", default: false)
    }

    var config: JSONObject {
        ["data_format": .string(format.rawValue), "keepdims": .bool(keepsDimensions)]
    }

    func lower(
        _ x: Value, _ kind: PoolingKind, rank: Int, in lowering: inout Lowering
    ) throws -> Value {
        let spatial = try lowering.spatialShape(of: x, rank: rank)
        let axes = format == .channelsLast ? Array(1...rank) : Array(2...rank + 1)
        guard axes.allSatisfy({ spatial[$0] > 0 }) else {
            throw ModelError.config(key: "input", cause: "nothing to pool in \(spatial)")
        }
        return switch kind {
        case .max: try lowering.graph.max(x, axes: axes, keepsDimensions: keepsDimensions)
        case .average: try lowering.graph.mean(x, axes: axes, keepsDimensions: keepsDimensions)
        }
    }
}
