public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Means over windows that are laid so that the output has the given size: `[batch, spatial…,
/// channels]` → `[batch, size…, channels]`. Keras's `AdaptiveAveragePooling1D` … `3D`.
public struct AdaptiveAveragePooling<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "AdaptiveAveragePooling\(Rank.count)D" }
    public var options: LayerOptions
    private let pooling: AdaptiveOptions

    public init(_ size: Extent, format: DataFormat = .channelsLast, name: String? = nil) {
        options = LayerOptions(name: name)
        pooling = AdaptiveOptions(size: size, format: format)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        pooling = try AdaptiveOptions(config: config, rank: Rank.count)
    }

    public var config: JSONObject { pooling.config(rank: Rank.count) }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try pooling.lower(x, .average, rank: Rank.count, in: &lowering)
    }
}

/// Maxima over windows that are laid so that the output has the given size: `[batch, spatial…,
/// channels]` → `[batch, size…, channels]`. Keras's `AdaptiveMaxPooling1D` … `3D`.
public struct AdaptiveMaxPooling<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "AdaptiveMaxPooling\(Rank.count)D" }
    public var options: LayerOptions
    private let pooling: AdaptiveOptions

    public init(_ size: Extent, format: DataFormat = .channelsLast, name: String? = nil) {
        options = LayerOptions(name: name)
        pooling = AdaptiveOptions(size: size, format: format)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        pooling = try AdaptiveOptions(config: config, rank: Rank.count)
    }

    public var config: JSONObject { pooling.config(rank: Rank.count) }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try pooling.lower(x, .max, rank: Rank.count, in: &lowering)
    }
}

public typealias AdaptiveAveragePooling1D = AdaptiveAveragePooling<OneAxis>
public typealias AdaptiveAveragePooling2D = AdaptiveAveragePooling<TwoAxes>
public typealias AdaptiveAveragePooling3D = AdaptiveAveragePooling<ThreeAxes>
public typealias AdaptiveMaxPooling1D = AdaptiveMaxPooling<OneAxis>
public typealias AdaptiveMaxPooling2D = AdaptiveMaxPooling<TwoAxes>
public typealias AdaptiveMaxPooling3D = AdaptiveMaxPooling<ThreeAxes>

/// What both adaptive poolings have in common.
private struct AdaptiveOptions: Sendable {
    let size: Extent
    let format: DataFormat

    init(size: Extent, format: DataFormat) {
        self.size = size
        self.format = format
    }

    init(config: LayerConfig, rank: Int) throws {
        size = Extent(try config.ints("output_size", count: rank))
        format = try config.choice("data_format", default: .channelsLast)
    }

    func config(rank: Int) -> JSONObject {
        ["output_size": size.json(rank: rank), "data_format": .string(format.rawValue)]
    }

    /// Axis by axis: a mean (maximum) of means (maxima) is that of the whole window, whose sides do
    /// not depend on each other.
    func lower(
        _ x: Value, _ kind: PoolingKind, rank: Int, in lowering: inout Lowering
    ) throws -> Value {
        let size = try size.along(rank: rank, "output_size")
        return try lowering.channelsLast(x, format) { lowering, x in
            _ = try lowering.spatialShape(of: x, rank: rank)
            var y = x
            for axis in 0..<rank {
                y = try pool(y, kind, axis: axis + 1, to: size[axis], in: &lowering.graph)
            }
            return y
        }
    }

    private func pool(
        _ x: Value, _ kind: PoolingKind, axis: Int, to count: Int, in graph: inout Graph
    ) throws -> Value {
        let shape = graph.shape(of: x)
        let extent = shape[axis]
        let (product, overflow) = extent.multipliedReportingOverflow(by: count)
        guard extent > 0, !overflow else {
            throw ModelError.config(key: "output_size", cause: "\(count) windows over \(extent)")
        }
        if extent == count { return x }
        guard product <= 1 << 28 else {
            throw ModelError.config(
                key: "output_size", cause: "\(count) windows over \(extent) are too many")
        }
        // Window i reaches from ⌊i·extent/count⌋ to ⌈(i+1)·extent/count⌉.
        let windows = (0..<count).map {
            ($0 * extent / count)..<((($0 + 1) * extent + count - 1) / count)
        }
        switch kind {
        case .average:
            var matrix = [Float](repeating: 0, count: product)
            for (row, window) in windows.enumerated() {
                for column in window { matrix[row * extent + column] = 1 / Float(window.count) }
            }
            return try graph.multiplyAlong(
                axis: axis, of: x, by: Tensor(matrix, shape: Shape([count, extent])))
        case .max:
            // Shorter windows repeat their last place.
            let longest = windows.map(\.count).max() ?? 1
            let places = windows.flatMap { window in
                (0..<longest).map { Int32(min(window.lowerBound + $0, window.upperBound - 1)) }
            }
            let gathered = try graph.gather(
                x, graph.constant(Tensor(places, shape: Shape([count, longest]))), axis: axis)
            return try graph.max(gathered, axes: [axis + 1])
        }
    }
}
