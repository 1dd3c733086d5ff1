internal import CKernels

/// The median of |e| of one output: with weights, the mean of the lower and the upper one.
enum MedianError {
    static func compute(_ batches: [RegressionBatch], output: Int) -> Double {
        let (truth, predicted) = RegressionBatch.columns(of: batches, output: output)
        if batches.contains(where: { $0.weights != nil }) {
            let weights = batches.flatMap {
                $0.weights ?? [Double](repeating: 1, count: $0.rows)
            }
            return weighted(truth, predicted, weights)
        }
        return plain(truth, predicted)
    }

    private static func plain(_ truth: [Double], _ predicted: [Double]) -> Double {
        var keys = zip(truth, predicted).map { sl_score_key_of(abs($1 - $0)) }
        var scratch = keys
        sl_score_sort_keys64(&keys, keys.count, &scratch)
        let lower = sl_score_value_of_key(keys[(keys.count - 1) / 2])
        let upper = sl_score_value_of_key(keys[keys.count / 2])
        return lower + (upper - lower) / 2
    }

    /// The smallest errors up to which the weights reach half of their sum, and pass it.
    private static func weighted(
        _ truth: [Double], _ predicted: [Double], _ weights: [Double]
    ) -> Double {
        var keys: [sl_score_weighted_key] = []
        keys.reserveCapacity(weights.count)
        for row in weights.indices where weights[row] > 0 {
            keys.append(
                sl_score_weighted_key(
                    key: sl_score_key_of(abs(predicted[row] - truth[row])), weight: weights[row]))
        }
        guard !keys.isEmpty else { return .nan }
        var scratch = keys
        sl_score_sort_weighted(&keys, keys.count, &scratch)
        let total = keys.reduce(0) { $0 + $1.weight }
        var reached = 0.0
        var position = 0
        while position < keys.count - 1, reached + keys[position].weight < total / 2 {
            reached += keys[position].weight
            position += 1
        }
        reached += keys[position].weight
        let lower = sl_score_value_of_key(keys[position].key)
        // Half reached but not passed, up to rounding: the next error is as much a median.
        let passes = reached - total / 2 > total * Double.ulpOfOne
        guard !passes, position + 1 < keys.count else { return lower }
        return lower + (sl_score_value_of_key(keys[position + 1].key) - lower) / 2
    }
}
