public import SwiftletFiles
public import SwiftletGraph

/// Limits the boxes that go with images; images alone pass on unchanged, in training as well.
public struct MaxNumBoundingBoxes: UnaryLayer {
    public static let className = "MaxNumBoundingBoxes"
    public var options: LayerOptions
    private let augmentation: AugmentationOptions

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value { x }
}
