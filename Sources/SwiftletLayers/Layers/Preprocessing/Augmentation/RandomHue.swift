internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Turns the colours of images around the colour circle while training, by up to half a turn.
package struct RandomHue: ImageAugmentation {
    package static let className = "RandomHue"
    package var options: LayerOptions
    private let factor: ClosedRange<Float>
    private let values: ClosedRange<Float>
    let augmentation: AugmentationOptions

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        factor = try config.factor(within: 0...1)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        let batch = [lowering.graph.shape(of: images)[0], 1, 1, 1]
        let seed = augmentation.seed
        let direction = try lowering.uniformNoise(batch, seed: seed, name: "direction")
        let half = try lowering.graph.constant(0.5)
        let sign = try lowering.graph.select(
            lowering.graph.compare(.greater, direction, half), lowering.graph.constant(-0.5), half)
        let turn = try lowering.graph.multiply(
            lowering.drawn(factor, batch, seed: seed, name: "hue"), sign)
        let shares = try lowering.stretched(images, from: values, to: 0...1)
        let colours = try lowering.overHueSaturationValue(shares) { graph, parts in
            let one = try graph.constant(1)
            var hue = try graph.add(parts[0], turn)
            let isOver = try graph.compare(.greater, hue, one)
            hue = try graph.select(isOver, graph.subtract(hue, one), hue)
            let isUnder = try graph.compare(.less, hue, graph.constant(0))
            parts[0] = try graph.select(isUnder, graph.add(hue, one), hue)
        }
        return try lowering.stretched(
            lowering.clipped(colours, to: 0...1), from: 0...1, to: values)
    }
}

extension Lowering {
    /// Changes images by their hue, saturation and value, `[batch, height, width, 1]` each.
    mutating func overHueSaturationValue(
        _ images: Value, _ change: (inout Graph, inout [Value]) throws -> Void
    ) throws -> Value {
        let colours = try imageOperation("RGBToHSV", [images])
        var parts = try (0..<3).map { try graph.slice(colours, axis: 3, $0..<($0 + 1)) }
        try change(&graph, &parts)
        return try imageOperation("HSVToRGB", [graph.concatenate(parts, axis: 3)])
    }
}
