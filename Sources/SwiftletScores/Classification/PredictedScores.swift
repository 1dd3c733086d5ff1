internal import CKernels
internal import SwiftletTensor

/// Probabilities `[rows, columns]` in float32 or float64, shared with the tensor they came in.
struct PredictedScores: Sendable {
    let tensor: Tensor
    private(set) var rows: Int
    private(set) var columns: Int
    /// The machine epsilon of the type in which they were stored.
    let epsilon: Double

    /// - Throws: ``ScoreError/element(_:index:found:needed:)`` for what is no probability.
    init(_ predicted: Tensor, rows: Int, columns: Int) throws(ScoreError) {
        epsilon =
            switch predicted.dtype {
            case .float16: 0x1p-10
            case .bfloat16: 0x1p-7
            case .float32: Double(Float.ulpOfOne)
            default: Double.ulpOfOne
            }
        tensor = try predicted.readable(as: .predicted)
        self.rows = rows
        self.columns = columns
        let bad = withMatrix { sl_score_first_improbable($0) }
        guard bad == tensor.elementCount else {
            throw .element(
                .predicted, index: Tensor.index(bad, columns), found: tensor.scoreValue(at: bad),
                needed: "a probability from 0 to 1")
        }
    }

    /// The same elements in a single column.
    var flattened: PredictedScores {
        var single = self
        (single.rows, single.columns) = (rows * columns, 1)
        return single
    }

    var isDouble: Bool { tensor.dtype == .float64 }

    func withMatrix<Result>(_ body: (sl_score_matrix) -> Result) -> Result {
        tensor.withUnsafeBytes {
            body(
                sl_score_matrix(
                    values: $0.baseAddress, is_double: isDouble ? 1 : 0, rows: rows,
                    columns: columns))
        }
    }
}
