internal import CKernels
internal import SwiftletTensor

/// Probabilities `[rows, columns]` in float32 or float64, shared with the tensor they came in.
struct PredictedScores: Sendable {
    private(set) var tensor: Tensor
    private(set) var rows: Int
    private(set) var columns: Int
    /// The machine epsilon of the type in which they were stored.
    let epsilon: Double

    /// How logits become probabilities.
    enum Link { case sigmoid, softmax }

    /// - Parameter link: nil for what are probabilities already.
    /// - Throws: ``ScoreError/element(_:index:found:needed:)`` for what is neither.
    init(_ predicted: Tensor, rows: Int, columns: Int, link: Link? = nil) throws(ScoreError) {
        epsilon =
            switch predicted.dtype {
            case .float16: 0x1p-10
            case .bfloat16: 0x1p-7
            case .float32: Double(Float.ulpOfOne)
            default: Double.ulpOfOne
            }
        tensor = try predicted.floating(as: .predicted)
        self.rows = rows
        self.columns = columns
        if let link {
            try apply(link)
            return
        }
        let bad = withMatrix { sl_score_first_improbable($0) }
        guard bad == tensor.elementCount else {
            throw .element(
                .predicted, index: Tensor.index(bad, columns), found: tensor.scoreValue(at: bad),
                needed: "a probability from 0 to 1")
        }
    }

    private mutating func apply(_ link: Link) throws(ScoreError) {
        let bad = withMatrix { sl_score_first_infinite($0) }
        guard bad == tensor.elementCount else {
            throw .element(
                .predicted, index: Tensor.index(bad, columns), found: tensor.scoreValue(at: bad),
                needed: "a finite logit")
        }
        do {
            var probabilities = try Tensor(zeros: tensor.shape, dtype: tensor.dtype)
            try withMatrix { logits in
                try probabilities.withUnsafeMutableBytes { bytes in
                    switch link {
                    case .sigmoid: sl_score_sigmoid(logits, bytes.baseAddress)
                    case .softmax: sl_score_softmax(logits, bytes.baseAddress)
                    }
                }
            }
            tensor = probabilities
        } catch {
            throw .memory("predicted: \(error)")
        }
    }

    /// The rows with these numbers.
    func rows(at indices: [Int]) throws -> PredictedScores {
        var some = self
        some.tensor = try tensor.rows(at: indices)
        some.rows = indices.count
        return some
    }

    /// The same elements in a single column.
    var flattened: PredictedScores {
        var single = self
        (single.rows, single.columns) = (rows * columns, 1)
        return single
    }

    func value(_ row: Int, _ column: Int) -> Double {
        tensor.scoreValue(at: row * columns + column)
    }

    var isDouble: Bool { tensor.dtype == .float64 }

    func withMatrix<Result>(
        _ body: (sl_score_matrix) throws -> Result
    ) rethrows -> Result {
        try tensor.withUnsafeBytes {
            try body(
                sl_score_matrix(
                    values: $0.baseAddress, is_double: isDouble ? 1 : 0, rows: rows,
                    columns: columns))
        }
    }
}
