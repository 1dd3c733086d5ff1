public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Magnifies or shrinks every image about its middle while training.
public struct RandomZoom: UnaryLayer {
    public static let className = "RandomZoom"
    public var options: LayerOptions
    private let heights: ClosedRange<Float>
    /// Nil if the proportions stay.
    private let widths: ClosedRange<Float>?
    private let augmentation: AugmentationOptions
    private let affine: AffineOptions

    /// - Parameters:
    ///   - height: the largest zoom; positive ones show more of the surroundings.
    ///   - width: likewise; nil to keep the proportions.
    public init(height: Float, width: Float? = nil, name: String? = nil) {
        options = LayerOptions(name: name)
        heights = -abs(height)...abs(height)
        widths = width.map { -abs($0)...abs($0) }
        augmentation = AugmentationOptions([
            "height_factor": .number(height), "width_factor": width.map(JSON.number) ?? .null,
        ])
        affine = AffineOptions()
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        heights = try config.range("height_factor", within: -1...1)
        widths =
            config.value("width_factor") == nil
            ? nil : try config.range("width_factor", within: -1...1)
        augmentation = try AugmentationOptions(config: config)
        affine = try AffineOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let shape = lowering.graph.shape(of: images)
            func zoom(_ range: ClosedRange<Float>, _ name: String) throws -> Value {
                let share = try lowering.drawn(
                    range, [shape[0]], seed: augmentation.seed, name: name)
                return try lowering.graph.add(share, lowering.graph.constant(1))
            }
            let high = try zoom(heights, "height")
            let wide = try widths.map { try zoom($0, "width") } ?? high
            /// The middle stays where it is.
            func offset(_ zoom: Value, _ extent: Int) throws -> Value {
                let rest = try lowering.graph.subtract(lowering.graph.constant(1), zoom)
                return try lowering.graph.scale(rest, by: Float(extent - 1) / 2)
            }
            let zero = try lowering.graph.constant(0)
            let matrix = [
                wide, zero, try offset(wide, shape[2]), zero, high, try offset(high, shape[1]),
            ]
            return try affine.moved(images, by: matrix, in: &lowering)
        }
    }
}
