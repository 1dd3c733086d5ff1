public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Turns every image about its middle while training, by a random share of a full turn.
public struct RandomRotation: UnaryLayer {
    public static let className = "RandomRotation"
    public var options: LayerOptions
    private let turns: ClosedRange<Float>
    private let augmentation: AugmentationOptions
    private let affine: AffineOptions

    /// - Parameter factor: the largest turn either way, in full turns.
    public init(_ factor: Float, name: String? = nil) {
        options = LayerOptions(name: name)
        turns = -abs(factor)...abs(factor)
        augmentation = AugmentationOptions(["factor": .number(factor)])
        affine = AffineOptions()
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        turns = try config.range("factor", within: -1000...1000)
        augmentation = try AugmentationOptions(config: config)
        affine = try AffineOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let shape = lowering.graph.shape(of: images)
            let share = try lowering.drawn(
                turns, [shape[0]], seed: augmentation.seed, name: "angle")
            let angle = try lowering.graph.scale(share, by: 2 * .pi)
            let matrix = try lowering.graph.rotation(
                by: angle, aboutX: Float(shape[2] - 1) / 2, y: Float(shape[1] - 1) / 2)
            return try affine.moved(images, by: matrix, in: &lowering)
        }
    }
}

extension Graph {
    /// The map that turns about a point: `(cos, −sin, …; sin, cos, …)`.
    fileprivate mutating func rotation(
        by angle: Value, aboutX x: Float, y: Float
    ) throws -> [Value] {
        let (cosine, sine) = (try unary(.cos, angle), try unary(.sin, angle))
        let minus = try negate(sine)
        // The point stays where it is: p − R p.
        let moveX = try subtract(
            constant(x), add(scale(cosine, by: x), scale(minus, by: y)))
        let moveY = try subtract(
            constant(y), add(scale(sine, by: x), scale(cosine, by: y)))
        return [cosine, minus, moveX, sine, cosine, moveY]
    }
}
