public import SwiftletTensor

/// Inputs and the outputs that belong to them, stored beside a model's weights: the model can prove
/// itself wherever it is opened.
public struct Golden: Sendable {
    public var inputs: [Tensor]
    public var outputs: [Tensor]
    /// How far a value may be from its output: `tolerance · (1 + |output|)`.
    public var tolerance: Double

    public init(inputs: [Tensor], outputs: [Tensor], tolerance: Double = 1e-4) {
        self.inputs = inputs
        self.outputs = outputs
        self.tolerance = tolerance
    }
}
