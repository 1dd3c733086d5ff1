internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// How an augmenting layer that moves pixels fills what it uncovers.
struct AffineOptions: Sendable {
    private enum Interpolation: String, CaseIterable { case nearest, bilinear }

    private let warp: Warp

    init(config: LayerConfig) throws {
        let interpolation: Interpolation = try config.choice(
            "interpolation", default: .bilinear)
        warp = Warp(
            edge: try config.choice("fill_mode", default: .reflect),
            fill: try config.float("fill_value", default: 0),
            isBilinear: interpolation == .bilinear)
    }

    init() { warp = Warp(edge: .reflect, isBilinear: true) }

    /// Moves images `[batch, height, width, channels]`.
    ///
    /// - Parameter matrix: the first six numbers of the map, `[batch]` or scalars each; pixel
    ///   (x, y) of the result is the image at (m₀x + m₁y + m₂, m₃x + m₄y + m₅).
    func moved(_ images: Value, by matrix: [Value], in lowering: inout Lowering) throws -> Value {
        let batch = lowering.graph.shape(of: images)[0]
        let zero = try lowering.graph.constant(0)
        let columns = try (matrix + [zero, zero]).map { number in
            let spread = try lowering.graph.broadcast(number, to: Shape([batch]))
            return try lowering.graph.reshape(spread, to: [batch, 1])
        }
        let map = try lowering.graph.concatenate(columns, axis: 1)
        return try lowering.graph.apply(warp, images, map)
    }
}
