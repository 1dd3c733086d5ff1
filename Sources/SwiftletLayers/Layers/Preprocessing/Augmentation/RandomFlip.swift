public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Mirrors half of the images while training, chosen at random.
public struct RandomFlip: UnaryLayer {
    public enum Mode: String, Sendable, CaseIterable {
        case horizontal, vertical
        case both = "horizontal_and_vertical"
    }

    public static let className = "RandomFlip"
    public var options: LayerOptions
    public let mode: Mode
    private let augmentation: AugmentationOptions

    public init(_ mode: Mode = .both, name: String? = nil) {
        options = LayerOptions(name: name)
        self.mode = mode
        augmentation = AugmentationOptions(["mode": .string(mode.rawValue)])
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        mode = try config.choice("mode", default: .both)
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            var y = images
            // One draw for both directions would flip either both or none, as Keras 3 does.
            let batch = lowering.graph.shape(of: images)[0]
            let noise = try lowering.uniformNoise(
                [batch, 1, 1, 1], seed: augmentation.seed, name: "flip")
            let flips = try lowering.graph.compare(
                .lessOrEqual, noise, lowering.graph.constant(0.5))
            for axis in axes {
                y = try lowering.graph.select(flips, lowering.graph.reverse(y, axes: [axis]), y)
            }
            return y
        }
    }

    private var axes: [Int] {
        switch mode {
        case .horizontal: [2]
        case .vertical: [1]
        case .both: [2, 1]
        }
    }
}
