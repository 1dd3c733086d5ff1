public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Cuts the same random part out of all images of a batch while training.
///
/// Outside training Keras 3 leaves images as they are and Keras 2 crops and resizes them.
public struct RandomCrop: UnaryLayer {
    public static let className = "RandomCrop"
    public var options: LayerOptions
    public let height: Int
    public let width: Int
    private let augmentation: AugmentationOptions
    /// As Keras 2 has it.
    private let resizesOutsideTraining: Bool

    public init(height: Int, width: Int, name: String? = nil) {
        options = LayerOptions(name: name)
        self.height = height
        self.width = width
        augmentation = AugmentationOptions(["height": .int(height), "width": .int(width)])
        resizesOutsideTraining = false
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        height = try config.positiveInt("height")
        width = try config.positiveInt("width")
        augmentation = try AugmentationOptions(config: config)
        resizesOutsideTraining = try config.bool("resizes_outside_training", default: false)
    }

    public var config: JSONObject {
        var config = augmentation.json
        config["resizes_outside_training"] = .bool(resizesOutsideTraining)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining || resizesOutsideTraining else {
            return try lowering.graph.cast(x, to: .float32)
        }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let shape = lowering.graph.shape(of: images)
            let rest = [shape[1] - height, shape[2] - width]
            // Keras 3 leaves nothing to chance where either side has just the wanted length.
            let isRandom = rest.allSatisfy { resizesOutsideTraining ? $0 >= 0 : $0 > 0 }
            guard lowering.isTraining, isRandom else {
                return try resizesOutsideTraining
                    ? lowering.croppedAndResized(images, to: [height, width])
                    : middle(of: images, in: &lowering)
            }
            let rows = try part(of: shape[1], height, "height", in: &lowering)
            let columns = try part(of: shape[2], width, "width", in: &lowering)
            return try lowering.graph.gather(
                lowering.graph.gather(images, rows, axis: 1), columns, axis: 2)
        }
    }

    /// As much of the wanted size as there is from where a part of its proportions would begin,
    /// enlarged if that is too little.
    private func middle(of images: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: images).dimensions
        let starts = Lowering.cropOffsets(shape, toRatioOf: [height, width])
        let part = try lowering.graph.slice(
            images, starts: [0, starts[0], starts[1], 0],
            limits: [
                shape[0], min(shape[1], starts[0] + height), min(shape[2], starts[1] + width),
                shape[3],
            ])
        return try lowering.graph.resize(part, to: [height, width], .bilinear)
    }

    /// The numbers of `count` neighbouring pixels out of `extent`.
    private func part(
        of extent: Int, _ count: Int, _ name: String, in lowering: inout Lowering
    ) throws -> Value {
        let noise = try lowering.uniformNoise([1], seed: augmentation.seed, name: name)
        let start = try lowering.graph.unary(
            .floor, lowering.graph.scale(noise, by: Float(extent - count + 1)))
        let last = try lowering.graph.constant(Float(extent - count))
        let pixels = try lowering.graph.constant(Tensor(shape: Shape([count])) { Float($0) })
        return try lowering.graph.add(pixels, lowering.graph.minimum(start, last))
    }
}
