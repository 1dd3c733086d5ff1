public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Slants images while training.
public struct RandomShear: UnaryLayer {
    public static let className = "RandomShear"
    public var options: LayerOptions
    private let across: ClosedRange<Float>
    private let along: ClosedRange<Float>
    private let affine: AffineOptions
    private let augmentation: AugmentationOptions

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        across = try config.shear("x_factor")
        along = try config.shear("y_factor")
        affine = try AffineOptions(config: config)
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let batch = lowering.graph.shape(of: images)[0]
            let noise = try lowering.uniformNoise(
                [batch], seed: augmentation.seed, name: "direction")
            let half = try lowering.graph.constant(0.5)
            let (one, zero) = (try lowering.graph.constant(1), try lowering.graph.constant(0))
            let sign = try lowering.graph.select(
                lowering.graph.compare(.greater, noise, half), lowering.graph.constant(-1), one)
            func slant(_ range: ClosedRange<Float>, _ name: String) throws -> Value {
                try lowering.graph.multiply(
                    lowering.drawn(range, [batch], seed: augmentation.seed, name: name), sign)
            }
            let matrix = [
                one, try slant(across, "across"), zero, try slant(along, "along"), one, zero,
            ]
            return try affine.moved(images, by: matrix, in: &lowering)
        }
    }
}

extension LayerConfig {
    /// A range that is 0 where the file has none.
    fileprivate func shear(_ key: String) throws -> ClosedRange<Float> {
        value(key) == nil ? 0...0 : try range(key, within: -1...1)
    }
}
