internal import CKernels
internal import SwiftletTensor

/// `y = (x − mean) / √(variance + ε) ⊙ gamma + beta`, with mean and variance (divisor n) of every
/// channel, the last axis, over all others: batch normalisation while training.
///
/// Operands: `x`, then gamma and beta where there are any, `[channels]`. Results: `y`, and the means
/// and variances `[channels]`.
package struct ChannelNormalization: Op {
    package let epsilon: Float
    package let hasGamma: Bool
    package let hasBeta: Bool
    /// The ranks that hold the other rows.
    private var others: RowsOfRanks?

    package init(epsilon: Float, hasGamma: Bool, hasBeta: Bool) {
        self.epsilon = epsilon
        self.hasGamma = hasGamma
        self.hasBeta = hasBeta
    }

    package var name: String { "channel_normalization" }

    private var operandCount: Int { 1 + (hasGamma ? 1 : 0) + (hasBeta ? 1 : 0) }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: operandCount...operandCount)
        let shape = inputs[0].shape
        guard inputs[0].dtype == .float32, let channels = shape.last else {
            throw refusal("float32 of rank 1 or more expected, \(inputs[0]) found")
        }
        let weights = TensorType(.vector(channels))
        guard inputs.dropFirst().allSatisfy({ $0 == weights }) else {
            throw refusal("weights of \(weights) expected for \(shape)")
        }
        return [inputs[0], weights, weights]
    }

    package func canOverwrite(input: Int) -> Bool { input == 0 }

    package func share(_ rows: RowSlice, in group: RankGroup) -> RankShare? {
        guard rows.isOfFirstAlone else { return nil }
        var share = self
        share.others = RowsOfRanks(group, rows.inputs[0])
        return RankShare(share, of: rows.hasRows, [.rows, .whole, .whole])
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int { ChannelRows(outputs[0].shape).scratchByteCount }

    package func evaluate(_ call: OpCall) throws {
        let rows = ChannelRows(call.outputTypes[0].shape)
        let (x, y) = (call.floats(0), call.outputFloats())
        let gamma = hasGamma ? call.floats(1) : nil
        let beta = hasBeta ? call.floats(hasGamma ? 2 : 1) : nil
        let (mean, variance) = (call.outputFloats(1), call.outputFloats(2))
        let scratch = ChannelScratch(call.scratch, rows)
        // Squares of differences from a number near the mean lose nothing.
        let near = scratch.floats(0)
        rows.meanOfSome(x, into: near)
        let sums = rows.sums(of: x, times: nil, about: near, call.workers, scratch)
        sums.makeMoments(about: near, rows)
        try others?.mergeMoments(sums, rows)
        let (slope, offset) = (scratch.floats(1), scratch.floats(2))
        for channel in 0..<rows.channels {
            let spread = sums.products[channel]
            mean[channel] = Float(sums.plain[channel])
            variance[channel] = Float(max(spread, spread.isNaN ? .nan : 0))
            slope[channel] =
                (gamma?[channel] ?? 1) / (variance[channel] + epsilon).squareRoot()
            offset[channel] = beta?[channel] ?? 0
        }
        rows.map(x, about: mean, slope: slope, offset: offset, into: y, call.workers)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard outputGradients[1] == nil, outputGradients[2] == nil else {
            throw GraphError.notDifferentiable(op: "\(name)'s moments")
        }
        guard let dy = outputGradients[0] else { return node.inputs.map { _ in nil } }
        let results = try graph.append(
            ChannelNormalizationGradient(epsilon: epsilon, hasGamma: hasGamma),
            [node.inputs[0], node.output(1), node.output(2), dy]
                + (hasGamma ? [node.inputs[1]] : []))
        return [results[0]] + (hasGamma ? [results[1]] : []) + (hasBeta ? [results[2]] : [])
    }
}

/// The derivatives of a ``ChannelNormalization`` with respect to `x`, gamma and beta (whether there
/// are such weights or not), from `x`, the channels' moments, `dy` and gamma where there is one.
package struct ChannelNormalizationGradient: Op {
    let epsilon: Float
    let hasGamma: Bool
    /// The ranks that hold the other rows.
    private var others: RowsOfRanks?

    init(epsilon: Float, hasGamma: Bool) {
        self.epsilon = epsilon
        self.hasGamma = hasGamma
    }

    package var name: String { "channel_normalization_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        let count = hasGamma ? 5 : 4
        try expect(inputs, count: count...count)
        let weights = TensorType(.vector(inputs[0].shape.last ?? 0))
        guard inputs[3] == inputs[0],
            (inputs[1...2] + inputs[4...]).allSatisfy({ $0 == weights })
        else { throw refusal("\(inputs) do not belong together") }
        return [inputs[0], weights, weights]
    }

    package func canOverwrite(input: Int) -> Bool { input == 3 }

    package func share(_ rows: RowSlice, in group: RankGroup) -> RankShare? {
        guard rows.hasRows == rows.inputs.indices.map({ $0 == 0 || $0 == 3 }) else { return nil }
        var share = self
        share.others = RowsOfRanks(group, rows.inputs[0])
        return RankShare(share, of: rows.hasRows, [.rows, .addend, .addend])
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int { ChannelRows(outputs[0].shape).scratchByteCount }

    package func evaluate(_ call: OpCall) throws {
        let rows = ChannelRows(call.outputTypes[0].shape)
        let (x, mean, variance, dy) = (
            call.floats(0), call.floats(1), call.floats(2), call.floats(3)
        )
        let gamma = hasGamma ? call.floats(4) : nil
        let (dgamma, dbeta) = (call.outputFloats(1), call.outputFloats(2))
        let scratch = ChannelScratch(call.scratch, rows)
        let sums = rows.sums(of: x, times: dy, about: mean, call.workers, scratch)
        let (factor, slope, offset) = (scratch.floats(0), scratch.floats(1), scratch.floats(2))
        for channel in 0..<rows.channels {
            let inverse = inverseDeviation(variance[channel])
            dgamma[channel] = Float(sums.products[channel] * inverse)
            dbeta[channel] = Float(sums.plain[channel])
        }
        try others?.add(sums, rows)
        let count = Double(others?.count ?? rows.count)
        for channel in 0..<rows.channels {
            let inverse = inverseDeviation(variance[channel])
            let scale = Double(gamma?[channel] ?? 1) * inverse
            factor[channel] = Float(scale)
            slope[channel] = Float(-scale * inverse * inverse * sums.products[channel] / count)
            offset[channel] = Float(-scale * sums.plain[channel] / count)
        }
        rows.map(
            x, about: mean, slope: slope, offset: offset, adding: dy, times: factor,
            into: call.outputFloats(), call.workers)
    }

    private func inverseDeviation(_ variance: Float) -> Double {
        1 / (Double(variance) + Double(epsilon)).squareRoot()
    }
}

/// Two numbers of double precision per channel, which lie one after the other.
private struct ChannelSums {
    let plain: UnsafeMutablePointer<Double>
    let products: UnsafeMutablePointer<Double>

    /// Makes means and variances of sums and sums of squares of differences from `near`.
    func makeMoments(about near: UnsafePointer<Float>, _ rows: ChannelRows) {
        for channel in 0..<rows.channels {
            let shift = plain[channel] / Double(rows.count)
            products[channel] = products[channel] / Double(rows.count) - shift * shift
            plain[channel] = Double(near[channel]) + shift
        }
    }
}

/// The rows that are normalised together, of which each rank holds some.
private struct RowsOfRanks: Sendable {
    let group: RankGroup
    /// All of them.
    let count: Int

    init(_ group: RankGroup, _ whole: TensorType) {
        self.group = group
        count = ChannelRows(whole.shape).count
    }

    func add(_ sums: ChannelSums, _ rows: ChannelRows) throws {
        try group.sum(UnsafeMutableBufferPointer(start: sums.plain, count: 2 * rows.channels))
    }

    /// Makes the moments of all rows of those of each rank's.
    func mergeMoments(_ own: ChannelSums, _ rows: ChannelRows) throws {
        let share = Double(rows.count) / Double(count)
        var means = (0..<rows.channels).map { own.plain[$0] * share }
        try means.withUnsafeMutableBufferPointer { try group.sum($0) }
        var variances = (0..<rows.channels).map { channel in
            let distance = own.plain[channel] - means[channel]
            return (own.products[channel] + distance * distance) * share
        }
        try variances.withUnsafeMutableBufferPointer { try group.sum($0) }
        for channel in 0..<rows.channels {
            (own.plain[channel], own.products[channel]) = (means[channel], variances[channel])
        }
    }
}

/// A tensor as rows of channels, and how threads share it.
private struct ChannelRows {
    let count: Int
    let channels: Int
    /// Rows in a part, by the shape alone: each has sums of its own, added in order.
    private let step: Int
    private let parts: Int

    private static let mostParts = 16
    /// Rows whose mean is near enough to that of all.
    private static let someRows = 32

    init(_ shape: Shape) {
        channels = shape.last ?? 0
        count = shape.count(of: ..<max(shape.rank - 1, 0))
        step = max(
            1, (1 << 14) / max(channels, 1), (count + Self.mostParts - 1) / Self.mostParts)
        parts = (count + step - 1) / step
    }

    /// Three rows of floats, and two of doubles per part and for the whole.
    var scratchByteCount: Int {
        3 * ThreadScratch.byteCount(floats: channels)
            + 2 * (parts + 1) * channels * MemoryLayout<Double>.stride
    }

    func meanOfSome(_ x: UnsafePointer<Float>, into mean: UnsafeMutablePointer<Float>) {
        let some = min(count, Self.someRows)
        for channel in 0..<channels {
            var sum: Float = 0
            for row in 0..<some { sum += x[row * channels + channel] }
            let value = sum / Float(max(some, 1))
            // An infinite number must not make all the others undefined.
            mean[channel] = value.isFinite ? value : 0
        }
    }

    func sums(
        of x: UnsafePointer<Float>, times a: UnsafePointer<Float>?,
        about shift: UnsafePointer<Float>, _ workers: Workers, _ scratch: ChannelScratch
    ) -> ChannelSums {
        let total = scratch.doubles
        total.update(repeating: 0, count: 2 * (parts + 1) * channels)
        workers.forEach(parts: parts) { part in
            let (own, first) = (total + 2 * (part + 1) * channels, part * step)
            sl_column_sums(
                x + first * channels, a.map { $0 + first * channels }, shift,
                min(step, count - first), channels, own, own + channels)
        }
        for part in 1..<max(1, parts + 1) {
            for index in 0..<2 * channels { total[index] += total[2 * part * channels + index] }
        }
        return ChannelSums(plain: total, products: total + channels)
    }

    /// `y = a · factor + (x − shift) · slope + offset`.
    func map(
        _ x: UnsafePointer<Float>, about shift: UnsafePointer<Float>,
        slope: UnsafePointer<Float>, offset: UnsafePointer<Float>,
        adding a: UnsafePointer<Float>? = nil, times factor: UnsafePointer<Float>? = nil,
        into y: UnsafeMutablePointer<Float>, _ workers: Workers
    ) {
        workers.forEach(parts: parts) { part in
            let first = part * step * channels
            sl_column_map(
                x + first, a.map { $0 + first }, factor, shift, slope, offset,
                min(step, count - part * step), channels, y + first)
        }
    }
}

/// Room for numbers per channel.
private struct ChannelScratch {
    private let slots: ThreadScratch
    let doubles: UnsafeMutablePointer<Double>

    init(_ start: UnsafeMutableRawPointer, _ rows: ChannelRows) {
        slots = ThreadScratch(start, floats: rows.channels)
        doubles = (start + 3 * ThreadScratch.byteCount(floats: rows.channels))
            .assumingMemoryBound(to: Double.self)
    }

    func floats(_ index: Int) -> UnsafeMutablePointer<Float> { slots[index] }
}

extension Graph {
    /// Normalises the channels of `x`, the last axis, over all others; see ``ChannelNormalization``.
    package mutating func channelNormalization(
        _ x: Value, gamma: Value?, beta: Value?, epsilon: Float
    ) throws -> (result: Value, mean: Value, variance: Value) {
        let op = ChannelNormalization(
            epsilon: epsilon, hasGamma: gamma != nil, hasBeta: beta != nil)
        let results = try append(op, [x] + [gamma, beta].compactMap { $0 })
        return (results[0], results[1], results[2])
    }
}
