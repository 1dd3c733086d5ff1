public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Names the Keras class of an ``IdleAugmentation``.
public protocol AugmentationName: Sendable {
    static var className: String { get }
}

/// An augmenting layer that this house can read, run and write, but not train with: outside
/// training it passes its input on, as in Keras.
public struct IdleAugmentation<Name: AugmentationName>: UnaryLayer {
    public static var className: String { Name.className }
    public var options: LayerOptions
    private let augmentation: AugmentationOptions

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard !lowering.isTraining else {
            throw refusal("cannot be trained with: its random changes are not implemented")
        }
        return try lowering.graph.cast(x, to: .float32)
    }
}

public enum AugMixName: AugmentationName { public static let className = "AugMix" }
public enum CutMixName: AugmentationName { public static let className = "CutMix" }
public enum EqualizationName: AugmentationName { public static let className = "Equalization" }
public enum MixUpName: AugmentationName { public static let className = "MixUp" }
public enum RandAugmentName: AugmentationName { public static let className = "RandAugment" }
public enum RandomColorJitterName: AugmentationName {
    public static let className = "RandomColorJitter"
}
public enum RandomElasticTransformName: AugmentationName {
    public static let className = "RandomElasticTransform"
}
public enum RandomErasingName: AugmentationName { public static let className = "RandomErasing" }
public enum RandomGaussianBlurName: AugmentationName {
    public static let className = "RandomGaussianBlur"
}
public enum RandomHeightName: AugmentationName { public static let className = "RandomHeight" }
public enum RandomHueName: AugmentationName { public static let className = "RandomHue" }
public enum RandomPerspectiveName: AugmentationName {
    public static let className = "RandomPerspective"
}
public enum RandomSaturationName: AugmentationName {
    public static let className = "RandomSaturation"
}
public enum RandomWidthName: AugmentationName { public static let className = "RandomWidth" }

extension LayerRegistry {
    /// The augmenting layers that are read, run and written, but not trained with.
    static let idleAugmentations: [any Layer.Type] = [
        IdleAugmentation<AugMixName>.self,
        IdleAugmentation<CutMixName>.self, IdleAugmentation<EqualizationName>.self,
        IdleAugmentation<MixUpName>.self, IdleAugmentation<RandAugmentName>.self,
        IdleAugmentation<RandomColorJitterName>.self,
        IdleAugmentation<RandomElasticTransformName>.self,
        IdleAugmentation<RandomErasingName>.self, IdleAugmentation<RandomGaussianBlurName>.self,
        IdleAugmentation<RandomHeightName>.self,
        IdleAugmentation<RandomHueName>.self,
        IdleAugmentation<RandomPerspectiveName>.self,
        IdleAugmentation<RandomSaturationName>.self, IdleAugmentation<RandomWidthName>.self,
    ]
}
