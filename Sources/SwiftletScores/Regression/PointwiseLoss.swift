internal import CKernels

/// A regression score that is the mean of a function of one truth and one prediction.
struct PointwiseLoss: Sendable {
    let name: String
    let code: Int32
    /// What the kernel wants to know: Huber's δ, the quantile of a pinball loss, the least |y| of
    /// relative errors, the least value of logarithms.
    let parameter: Double
    let scale: Double
    /// Whether the score is the root of the mean.
    let isRoot: Bool
    /// Whether several outputs are listed beside their mean.
    let isListed: Bool

    /// All of them; a loss and its root share one sum.
    static func all(_ rules: ScoreRules) -> [PointwiseLoss] {
        let logged = rules.smallestLogged ?? -.infinity
        return [
            PointwiseLoss("mse", SL_SCORE_LOSS_SQUARED, isListed: true),
            PointwiseLoss("rmse", SL_SCORE_LOSS_SQUARED, isRoot: true, isListed: true),
            PointwiseLoss("mae", SL_SCORE_LOSS_ABSOLUTE, isListed: true),
            PointwiseLoss("bias", SL_SCORE_LOSS_SIGNED),
            PointwiseLoss(
                "mape", SL_SCORE_LOSS_RELATIVE, parameter: rules.smallestTruth,
                scale: rules.relativeErrorScale, isListed: true),
            PointwiseLoss("smape", SL_SCORE_LOSS_SYMMETRIC),
            PointwiseLoss("msle", SL_SCORE_LOSS_LOGARITHMIC, parameter: logged),
            PointwiseLoss(
                "rmsle", SL_SCORE_LOSS_LOGARITHMIC, parameter: logged, isRoot: true),
            PointwiseLoss("huber", SL_SCORE_LOSS_HUBER, parameter: 1),
            PointwiseLoss("log_cosh", SL_SCORE_LOSS_LOG_COSH),
            PointwiseLoss("pinball_0.1", SL_SCORE_LOSS_PINBALL, parameter: 0.1),
            PointwiseLoss("pinball_0.5", SL_SCORE_LOSS_PINBALL, parameter: 0.5),
            PointwiseLoss("pinball_0.9", SL_SCORE_LOSS_PINBALL, parameter: 0.9),
        ]
    }

    private init(
        _ name: String, _ code: Int, parameter: Double = 0, scale: Double = 1,
        isRoot: Bool = false, isListed: Bool = false
    ) {
        self.name = name
        self.code = Int32(code)
        self.parameter = parameter
        self.scale = scale
        self.isRoot = isRoot
        self.isListed = isListed
    }
}

/// The running sums of all pointwise losses of one output.
struct PointwiseSums: Sendable {
    private var sums: [Sum]
    private(set) var largestError = 0.0

    init(count: Int) { sums = [Sum](repeating: Sum(), count: count) }

    mutating func update(_ block: RegressionBlock, losses: [PointwiseLoss]) {
        for (index, loss) in losses.enumerated() where !loss.isRoot {
            sums[index].add(
                sl_score_pointwise_loss(
                    loss.code, loss.parameter, block.truth, block.predicted, block.weights,
                    block.count))
        }
        largestError = max(
            largestError, sl_score_largest_error(block.truth, block.predicted, block.count))
    }

    mutating func merge(_ other: Self) {
        for index in sums.indices { sums[index].merge(other.sums[index]) }
        largestError = max(largestError, other.largestError)
    }

    /// The score of the loss at `index`; NaN where undefined.
    func compute(_ loss: PointwiseLoss, at index: Int, totalWeight: Double) -> Double {
        // A root stands behind the loss whose sum it takes.
        loss.isRoot
            ? (sums[index - 1].value / totalWeight).squareRoot()
            : loss.scale * sums[index].value / totalWeight
    }

    /// `Σ w e²`.
    var squaredError: Double { sums[0].value }
}
