/// Where a score would lie in 95 of 100 test sets drawn like this one.
public struct ScoreInterval: Sendable, Equatable {
    /// How the interval was found.
    public enum Method: String, Sendable {
        /// A share of independent rows (Wilson 1927).
        case wilson
        /// A correlation, by Fisher's transformation.
        case fisher = "fisher-z"
        /// An area under the ROC curve (DeLong, DeLong, Clarke-Pearson 1988).
        case deLong = "delong"
        /// A mean of independent values, by Student's distribution.
        case student
        /// An estimate and its standard error, by what each row adds to it, or takes with it.
        case influence, jackknife
        /// Percentiles over test sets drawn from the rows with replacement.
        case bootstrap
    }

    public let low: Double
    public let high: Double
    public let method: Method
}

/// How the uncertainty of scores is found.
public struct Confidence: Sendable, Equatable {
    /// Test sets that the bootstrap draws.
    public var resamples: Int
    /// Chooses them; the same seed gives the same intervals, whatever the number of threads.
    public var seed: UInt64

    public init(resamples: Int = 1000, seed: UInt64 = 0) {
        self.resamples = resamples
        self.seed = seed
    }

    /// Of all intervals.
    package static let level = 0.95
    /// Φ⁻¹(0.975)
    static let normalQuantile = 1.959_963_984_540_054
}
