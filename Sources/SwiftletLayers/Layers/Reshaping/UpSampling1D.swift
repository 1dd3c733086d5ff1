public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Repeats every step: `[batch, steps, channels]` → `[batch, steps · size, channels]`.
public struct UpSampling1D: UnaryLayer {
    public static let className = "UpSampling1D"
    public var options: LayerOptions
    public let size: Int

    public init(_ size: Int = 2, name: String? = nil) {
        options = LayerOptions(name: name)
        self.size = size
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        size = try config.ints("size", count: 1, default: [2])[0]
    }

    public var config: JSONObject { ["size": .int(size)] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        _ = try lowering.spatialShape(of: x, rank: 1)
        return try lowering.repeatSpatially(x, [size])
    }
}

extension Lowering {
    /// Repeats every element along the spatial axes of `[batch, spatial…, channels]`.
    mutating func repeatSpatially(_ x: Value, _ counts: [Int]) throws -> Value {
        let shape = graph.shape(of: x).dimensions
        // An axis of its own behind each repeated one, stretched and merged again.
        var split = [shape[0]]
        var stretched = [shape[0]]
        var merged = [shape[0]]
        for (axis, count) in counts.enumerated() {
            let extent = shape[axis + 1]
            split += [extent, 1]
            stretched += [extent, count]
            let (product, overflow) = extent.multipliedReportingOverflow(by: count)
            guard !overflow else { throw ModelError.config(key: "size", cause: "is too large") }
            merged.append(product)
        }
        let channels = shape[counts.count + 1]
        let wide = try graph.spread(
            graph.reshape(x, to: split + [channels]), to: Shape(stretched + [channels]))
        return try graph.reshape(wide, to: merged + [channels])
    }
}
