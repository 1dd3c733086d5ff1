internal import CKernels
internal import SwiftletTensor

/// Rows of truth and prediction, checked: `[rows, outputs]` each, any number type.
struct RegressionBatch: RowBatch {
    let truth: Tensor
    let predicted: Tensor
    let weights: [Double]?
    let rows: Int
    let outputs: Int

    init(truth: Tensor, predicted: Tensor, weights: Tensor?) throws(ScoreError) {
        guard truth.rank > 0 else { throw .shape(.truth, found: truth.shape, needed: "[N, …]") }
        guard predicted.rank > 0 else {
            throw .shape(.predicted, found: predicted.shape, needed: "[N, …]")
        }
        rows = truth.shape[0]
        guard predicted.shape[0] == rows else {
            throw .lengths(.truth, rows, .predicted, predicted.shape[0])
        }
        outputs = truth.shape.count(of: 1...)
        guard outputs > 0 else { throw .shape(.truth, found: truth.shape, needed: "[N, K]") }
        guard predicted.shape.count(of: 1...) == outputs else {
            throw .shape(.predicted, found: predicted.shape, needed: "\(truth.shape)")
        }
        self.truth = try truth.readable(as: .truth)
        self.predicted = try predicted.readable(as: .predicted)
        self.weights = try weights?.weights(rows: rows)
        try Self.requireFinite(self.truth, .truth, outputs: outputs)
        try Self.requireFinite(self.predicted, .predicted, outputs: outputs)
    }

    private init(truth: Tensor, predicted: Tensor, weights: [Double]?, rows: Int, outputs: Int) {
        self.truth = truth
        self.predicted = predicted
        self.weights = weights
        self.rows = rows
        self.outputs = outputs
    }

    func rows(at indices: [Int]) throws -> RegressionBatch {
        RegressionBatch(
            truth: try truth.rows(at: indices), predicted: try predicted.rows(at: indices),
            weights: weights.map { w in indices.map { w[$0] } }, rows: indices.count,
            outputs: outputs)
    }

    private static func requireFinite(
        _ tensor: Tensor, _ input: ScoreError.Input, outputs: Int
    ) throws(ScoreError) {
        var block = [Double](repeating: 0, count: blockRows)
        for start in stride(from: 0, to: tensor.elementCount, by: blockRows) {
            let count = min(blockRows, tensor.elementCount - start)
            let good = tensor.withUnsafeBytes {
                sl_score_read_doubles($0.baseAddress, tensor.scoreType, start, 1, count, &block)
            }
            guard good == count else {
                throw .element(
                    input, index: Tensor.index(start + good, outputs), found: block[good],
                    needed: "a finite number")
            }
        }
    }

    /// Short enough for the cache, and for a plain sum.
    private static let blockRows = 1024

    /// Calls `body` with one output's rows as doubles, block after block.
    func forEachBlock(of output: Int, _ body: (RegressionBlock) -> Void) {
        var y = [Double](repeating: 0, count: min(Self.blockRows, rows))
        var p = y
        for start in stride(from: 0, to: rows, by: Self.blockRows) {
            let count = min(Self.blockRows, rows - start)
            read(truth, output, start, count, &y)
            read(predicted, output, start, count, &p)
            y.withUnsafeBufferPointer { y in
                p.withUnsafeBufferPointer { p in
                    withWeights { weights in
                        body(
                            RegressionBlock(
                                truth: y.baseAddress, predicted: p.baseAddress,
                                weights: weights.map { $0 + start }, count: count))
                    }
                }
            }
        }
    }

    private func withWeights(_ body: (UnsafePointer<Double>?) -> Void) {
        if let weights {
            weights.withUnsafeBufferPointer { body($0.baseAddress) }
        } else {
            body(nil)
        }
    }

    private func read(
        _ tensor: Tensor, _ output: Int, _ start: Int, _ count: Int, _ values: inout [Double]
    ) {
        tensor.withUnsafeBytes {
            _ = sl_score_read_doubles(
                $0.baseAddress, tensor.scoreType, start * outputs + output, outputs, count, &values)
        }
    }

    /// One output's truth and prediction as doubles, rows of all batches in a line.
    static func columns(
        of batches: [RegressionBatch], output: Int
    ) -> (truth: [Double], predicted: [Double]) {
        let rows = batches.reduce(0) { $0 + $1.rows }
        var truth: [Double] = []
        var predicted: [Double] = []
        truth.reserveCapacity(rows)
        predicted.reserveCapacity(rows)
        for batch in batches {
            batch.forEachBlock(of: output) { block in
                truth += UnsafeBufferPointer(start: block.truth, count: block.count)
                predicted += UnsafeBufferPointer(start: block.predicted, count: block.count)
            }
        }
        return (truth, predicted)
    }
}

/// Some rows of one output; the pointers are valid only inside the call that passes them.
struct RegressionBlock {
    let truth: UnsafePointer<Double>?
    let predicted: UnsafePointer<Double>?
    let weights: UnsafePointer<Double>?
    let count: Int
}
