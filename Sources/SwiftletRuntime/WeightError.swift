internal import SwiftletGraph
internal import SwiftletLayers
public import SwiftletTensor

extension Predictor {
    /// How far the outputs for `inputs` are from those of weights in float32, by what weights are held
    /// in: for each output the largest difference relative to the largest magnitude, and of these the
    /// largest. Nil where no output is a number.
    ///
    /// The model is run once more, operation by operation, weights read from where they lie and given
    /// back at once: memory for a second predictor is not taken.
    ///
    /// - Throws: ``ModelError/input(name:cause:)`` if the inputs do not fit the model.
    public func weightError(on inputs: [Tensor]) throws -> Double? {
        let found = try predict(inputs, batchSize: max(1, inputs.first?.shape.first ?? 1))
        let expected = try reference(inputs)
        return try zip(found, expected).compactMap { try Self.error($0, $1) }.max()
    }

    /// The same on a few of the rows; nil where weights are held in float32.
    package func weightError(onFirstRowsOf inputs: [Tensor]) throws -> Double? {
        guard weights != .float32 else { return nil }
        guard takesAnyBatch else { return try weightError(on: inputs) }
        return try weightError(
            on: inputs.map { try $0.rows(0..<min(Self.comparedRows, $0.shape.first ?? 0)) })
    }

    /// The same on one row of numbers from 0 to 1, zeros where the model takes no floats; nil where
    /// weights are held in float32 or texts are asked for.
    package func weightError() throws -> Double? {
        let types = try plan(rows: 1).inputTypes
        guard weights != .float32, types.allSatisfy({ $0.dtype != .string }) else { return nil }
        let random = CounterRandom(seed: 0)
        return try weightError(
            on: types.map { type in
                guard type.dtype == .float32 else {
                    return try Tensor(zeros: type.shape, dtype: type.dtype)
                }
                return try Tensor(shape: type.shape) { random.uniform(at: $0) }
            })
    }

    /// So few that the layers as they wrote themselves take little memory.
    private static let comparedRows = 4

    private static func error(_ found: Tensor, _ expected: Tensor) throws -> Double? {
        guard found.dtype.isFloatingPoint, expected.elementCount > 0 else { return nil }
        var (difference, magnitude) = (0.0, 0.0)
        for (x, y) in zip(try found.doubles(), try expected.doubles()) where x != y {
            if x.isNaN && y.isNaN { continue }
            guard x.isFinite, y.isFinite else { return .infinity }
            difference = max(difference, abs(x - y))
        }
        for y in try expected.doubles() where y.isFinite { magnitude = max(magnitude, abs(y)) }
        return difference == 0 ? 0 : difference / magnitude
    }

    /// What the layers compute as they wrote it.
    private func reference(_ inputs: [Tensor]) throws -> [Tensor] {
        let extents = try extents(of: inputs)
        let inputs = try checked(inputs)
        var lowering = Lowering(
            isTraining: false, weights: .constants(model.tensors), extents: extents)
        let values = try zip(model.inputNames, inputs).map {
            try lowering.graph.placeholder($0, TensorType($1.shape, $1.dtype))
        }
        let outputs = try model.network.lower(CallArguments(list: values), in: &lowering)
        let program = try Program(
            lowering.graph, inputs: values, outputs: outputs, threads: workers.count)
        return try program.run(inputs, workers: workers, releasesConstants: true)
    }
}
