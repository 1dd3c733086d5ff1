/// What values a score can take, by its name.
enum ScoreRange {
    private static let signed: Set = [
        "mcc", "cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic", "pearson", "spearman",
        "kendall",
    ]
    private static let atMostOne: Set = ["r2", "adjusted_r2", "explained_variance"]
    private static let unbounded: Set = [
        "log_loss", "brier", "coverage_error", "mse", "rmse", "mae", "median_ae", "max_error",
        "mape", "smape", "msle", "rmsle", "huber", "log_cosh", "pinball_0.1", "pinball_0.5",
        "pinball_0.9",
    ]

    static func of(_ name: String) -> ClosedRange<Double> {
        if name == "bias" { return -.infinity ... .infinity }
        if signed.contains(name) { return -1...1 }
        if atMostOne.contains(name) { return -.infinity...1 }
        return unbounded.contains(name) ? 0 ... .infinity : 0...1
    }

    /// Whether resampled test sets give larger values than their rows' own, whatever those are:
    /// the error of calibration, a sum of absolute differences.
    static func isBiased(_ name: String) -> Bool { name == "ece" }

    /// Whether a larger value is worse.
    static func isLoss(_ name: String) -> Bool {
        unbounded.contains(name) || ["hamming_loss", "ranking_loss", "ece"].contains(name)
    }
}
