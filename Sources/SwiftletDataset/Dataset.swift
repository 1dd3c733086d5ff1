public import SwiftletTensor

/// Samples: inputs, what a model should answer to them, and how much each of them counts.
///
/// The first axis of every tensor counts the samples.
public struct Dataset: Sendable {
    /// At least one tensor `[samples, …]`.
    public let inputs: NamedTensors
    /// Tensors `[samples, …]`; none if nothing is known about the samples.
    public let targets: NamedTensors
    /// float32 `[samples]`, or `[samples, steps…]` where positions in a sample count apart; nil if all
    /// count alike.
    public let sampleWeights: Tensor?
    /// The number of samples.
    public let count: Int

    /// - Throws: ``DatasetError`` if the tensors do not have the same number of samples.
    public init(
        inputs: NamedTensors, targets: NamedTensors = [:], sampleWeights: Tensor? = nil
    ) throws(DatasetError) {
        guard let first = inputs.first else { throw .noInputs }
        for (name, tensor) in Array(inputs) + Array(targets) {
            guard let count = tensor.shape.first else { throw .scalar(name: name) }
            guard count == first.tensor.shape[0] else {
                throw .counts(
                    name: first.name, count: first.tensor.shape[0], other: name, otherCount: count)
            }
        }
        self.inputs = inputs
        self.targets = targets
        count = first.tensor.shape[0]
        self.sampleWeights = try sampleWeights.map { weights throws(DatasetError) in
            try Self.sampleWeights(weights, count: first.tensor.shape[0])
        }
    }

    /// One input `x` and one target `y`.
    public init(x: Tensor, y: Tensor, sampleWeights: Tensor? = nil) throws(DatasetError) {
        try self.init(inputs: ["x": x], targets: ["y": y], sampleWeights: sampleWeights)
    }

    /// Weights as a dataset of `count` samples has them: float32, a column as a vector.
    package static func sampleWeights(
        _ weights: Tensor, count: Int
    ) throws(DatasetError) -> Tensor {
        guard weights.shape.first == count else { throw .sampleWeights(weights.shape) }
        return try DatasetError.wrapping {
            let weights = try weights.converted(to: .float32)
            return weights.elementCount == count
                ? try weights.reshaped(to: .vector(count)) : weights
        }
    }

    /// The first input, the only one of most models.
    public var x: Tensor { inputs[0].tensor }
    /// The first target.
    public var y: Tensor? { targets.first?.tensor }

    /// The samples at `indices`, in that order.
    ///
    /// - Throws: ``DatasetError/tensor(_:)`` if an index lies outside.
    public func samples(at indices: [Int]) throws(DatasetError) -> Dataset {
        try selecting { try $0.rows(at: indices) }
    }

    /// Neighbouring samples.
    ///
    /// - Throws: ``DatasetError/tensor(_:)`` if the range reaches outside.
    public func samples(_ range: Range<Int>) throws(DatasetError) -> Dataset {
        try selecting { try $0.rows(range) }
    }

    private func selecting(_ rows: (Tensor) throws -> Tensor) throws(DatasetError) -> Dataset {
        func select(_ tensor: Tensor) throws(DatasetError) -> Tensor {
            try DatasetError.wrapping { try rows(tensor) }
        }
        return try Dataset(
            inputs: inputs.mapTensors(select), targets: targets.mapTensors(select),
            sampleWeights: sampleWeights.map { weights throws(DatasetError) in
                try select(weights)
            })
    }
}
