internal import CKernels

/// Means and central co-moments of truth, prediction and error: what r², explained variance and
/// Pearson's correlation need, without the cancellation of Σx² − nx̄².
struct PairMoments: Sendable {
    private var moments = sl_score_moments_of(nil, nil, nil, 0)

    mutating func update(_ block: RegressionBlock) {
        merge(
            PairMoments(
                moments: sl_score_moments_of(
                    block.truth, block.predicted, block.weights, block.count)))
    }

    init() {}

    private init(moments: sl_score_pair_moments) { self.moments = moments }

    /// - SeeAlso: Chan, Golub, LeVeque 1979, "Updating formulae and a pairwise algorithm for
    ///   computing sample variances".
    mutating func merge(_ other: Self) {
        let b = other.moments
        guard b.weight > 0 else { return }
        guard moments.weight > 0 else {
            moments = b
            return
        }
        let share = b.weight / (moments.weight + b.weight)
        let product = moments.weight * share
        let truth = b.origin_truth - moments.origin_truth + (b.mean_truth - moments.mean_truth)
        let predicted =
            b.origin_predicted - moments.origin_predicted
            + (b.mean_predicted - moments.mean_predicted)
        let error = b.origin_error - moments.origin_error + (b.mean_error - moments.mean_error)
        moments.truth_truth += b.truth_truth + product * truth * truth
        moments.predicted_predicted += b.predicted_predicted + product * predicted * predicted
        moments.truth_predicted += b.truth_predicted + product * truth * predicted
        moments.error_error += b.error_error + product * error * error
        moments.mean_truth += truth * share
        moments.mean_predicted += predicted * share
        moments.mean_error += error * share
        moments.weight += b.weight
        moments.min_truth = min(moments.min_truth, b.min_truth)
        moments.max_truth = max(moments.max_truth, b.max_truth)
        moments.min_predicted = min(moments.min_predicted, b.min_predicted)
        moments.max_predicted = max(moments.max_predicted, b.max_predicted)
    }

    // Asked of the extremes: a sum of squares may keep a rounding error.
    private var truthIsConstant: Bool { moments.min_truth == moments.max_truth }
    private var predictedIsConstant: Bool { moments.min_predicted == moments.max_predicted }

    /// `1 − Σe² / Σ(y − ȳ)²`; of a constant truth 1 if every error is 0, else 0.
    func r2(squaredError: Double) -> Double {
        truthIsConstant ? (squaredError == 0 ? 1 : 0) : 1 - squaredError / moments.truth_truth
    }

    /// `1 − Var(e) / Var(y)`; of a constant truth as `r2`.
    func explainedVariance(squaredError: Double) -> Double {
        truthIsConstant
            ? (squaredError == 0 ? 1 : 0) : 1 - moments.error_error / moments.truth_truth
    }

    /// Product-moment correlation; NaN if a side is constant.
    var pearson: Double {
        guard !truthIsConstant, !predictedIsConstant else { return .nan }
        let scale = moments.truth_truth.squareRoot() * moments.predicted_predicted.squareRoot()
        return min(1, max(-1, moments.truth_predicted / scale))
    }
}
