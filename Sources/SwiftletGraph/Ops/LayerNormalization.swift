internal import CKernels
internal import SwiftletTensor

/// `y = (x − mean) / √(variance + ε) ⊙ gamma + beta`, with mean and variance (divisor n) over the last
/// axes of each row.
///
/// Operands: `x`, then gamma and beta where there are any, in the shape of the normalised axes.
/// Results: `y`, and per row the mean and 1 / √(variance + ε), which the gradient reads.
package struct LayerNormalization: Op {
    /// How many of the last axes make a row.
    package let axisCount: Int
    package let epsilon: Float
    package let hasGamma: Bool
    package let hasBeta: Bool

    package init(axisCount: Int, epsilon: Float, hasGamma: Bool, hasBeta: Bool) {
        self.axisCount = axisCount
        self.epsilon = epsilon
        self.hasGamma = hasGamma
        self.hasBeta = hasBeta
    }

    package var name: String { "layer_normalization" }

    private var operandCount: Int { 1 + (hasGamma ? 1 : 0) + (hasBeta ? 1 : 0) }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: operandCount...operandCount)
        let shape = inputs[0].shape
        guard inputs.allSatisfy({ $0.dtype == .float32 }), (1...8).contains(axisCount),
            shape.rank >= axisCount
        else { throw refusal("float32 of rank \(axisCount) or more expected, \(inputs[0]) found") }
        let split = shape.rank - axisCount
        guard !shape[split...].contains(0) else {
            throw refusal("nothing to normalise in \(shape)")
        }
        for weight in inputs.dropFirst() where weight.shape.dimensions != Array(shape[split...]) {
            throw refusal("weights of \(Array(shape[split...])) expected, \(weight.shape) found")
        }
        let rows = TensorType(.vector(shape.count(of: ..<split)))
        return [inputs[0], rows, rows]
    }

    package func canOverwrite(input: Int) -> Bool { input == 0 }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        rows.isOfFirstAlone && axisCount < rows.inputs[0].rank ? self : nil
    }

    package func evaluate(_ call: OpCall) {
        let (x, y) = (call.floats(0), call.outputFloats())
        let gamma = hasGamma ? call.floats(1) : nil
        let beta = hasBeta ? call.floats(hasGamma ? 2 : 1) : nil
        let (mean, inverse) = (call.outputFloats(1), call.outputFloats(2))
        let rows = call.outputTypes[1].elementCount
        let count = call.outputTypes[0].elementCount / max(rows, 1)
        call.workers.forEach(count: rows, grain: max(1, (1 << 14) / max(count, 1))) {
            let (row, start) = ($0.lowerBound, $0.lowerBound * count)
            sl_layer_norm(
                x + start, gamma, beta, epsilon, y + start, mean + row, inverse + row, $0.count,
                count)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard outputGradients[1] == nil, outputGradients[2] == nil else {
            throw GraphError.notDifferentiable(op: "\(name)'s moments")
        }
        guard let dy = outputGradients[0] else { return node.inputs.map { _ in nil } }
        let gamma = hasGamma ? [node.inputs[1]] : []
        let op = LayerNormalizationGradient(forward: self)
        let results = try graph.append(
            op, [node.inputs[0], node.output(1), node.output(2), dy] + gamma)
        let weights = graph.shape(of: results[1])
        let shape = hasGamma || hasBeta ? graph.shape(of: node.inputs[1]) : weights
        return [results[0]]
            + (hasGamma ? [try graph.reshape(results[1], to: shape)] : [])
            + (hasBeta ? [try graph.reshape(results[2], to: shape)] : [])
    }
}

/// The derivatives of a layer normalisation with respect to `x`, gamma and beta (flat, whether there
/// are such weights or not), from `x`, the rows' moments, `dy` and gamma where there is one.
package struct LayerNormalizationGradient: Op {
    package let forward: LayerNormalization

    package var name: String { "layer_normalization_gradient" }

    /// Rows whose share in the weights' derivatives is summed together, and their number of parts.
    private static let mostParts = 16

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        let count = forward.hasGamma ? 5 : 4
        try expect(inputs, count: count...count)
        guard inputs[3] == inputs[0], inputs[1] == inputs[2], inputs[1].rank == 1 else {
            throw refusal("\(inputs) do not belong together")
        }
        let length = inputs[0].shape.count(of: (inputs[0].rank - forward.axisCount)...)
        guard !forward.hasGamma || inputs[4].elementCount == length else {
            throw refusal("gamma of \(length) numbers expected, \(inputs[4]) found")
        }
        return [inputs[0], TensorType(.vector(length)), TensorType(.vector(length))]
    }

    package func share(_ rows: RowSlice, in group: RankGroup) -> RankShare? {
        rows.hasRows == inputsHaveRows
            ? RankShare(self, of: rows.hasRows, [.rows, .addend, .addend])
            : nil
    }

    /// Gamma is the same for all rows.
    private var inputsHaveRows: [Bool] {
        [true, true, true, true] + (forward.hasGamma ? [false] : [])
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int { 2 * Self.mostParts * outputs[1].byteCount * 2 }

    package func evaluate(_ call: OpCall) {
        let (x, mean, inverse, dy) = (
            call.floats(0), call.floats(1), call.floats(2), call.floats(3)
        )
        let gamma = forward.hasGamma ? call.floats(4) : nil
        let dx = call.outputFloats()
        let rows = call.inputTypes[1].elementCount
        let count = call.outputTypes[1].elementCount
        // By the shape alone; each part has sums of its own, added in order.
        let step = max(1, (1 << 14) / count, (rows + Self.mostParts - 1) / Self.mostParts)
        let parts = (rows + step - 1) / step
        let sums = call.scratch.assumingMemoryBound(to: Double.self)
        sums.update(repeating: 0, count: max(1, parts) * 2 * count)
        call.workers.forEach(parts: parts) { part in
            let first = part * step
            let (start, own) = (first * count, sums + part * 2 * count)
            sl_layer_norm_gradient(
                x + start, gamma, mean + first, inverse + first, dy + start, dx + start, own,
                own + count, min(step, rows - first), count)
        }
        for part in 1..<max(1, parts) {
            for index in 0..<2 * count { sums[index] += sums[part * 2 * count + index] }
        }
        let (dgamma, dbeta) = (call.outputFloats(1), call.outputFloats(2))
        for index in 0..<count {
            dgamma[index] = Float(sums[index])
            dbeta[index] = Float(sums[count + index])
        }
    }
}

extension Graph {
    /// Normalises the last `axisCount` axes of `x`; see ``LayerNormalization``.
    package mutating func layerNormalization(
        _ x: Value, gamma: Value? = nil, beta: Value? = nil, axisCount: Int = 1, epsilon: Float
    ) throws -> Value {
        let op = LayerNormalization(
            axisCount: axisCount, epsilon: epsilon, hasGamma: gamma != nil, hasBeta: beta != nil)
        return try append(op, [x] + [gamma, beta].compactMap { $0 })[0]
    }
}
