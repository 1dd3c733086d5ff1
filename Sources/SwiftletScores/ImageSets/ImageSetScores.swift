internal import SwiftletFiles
public import SwiftletTensor

/// A score of a set of images against a set of real ones, named as `--metrics` names it.
public enum ImageSetMetric: String, Sendable, CaseIterable {
    case fid, kid
    case inceptionScore = "is"
    case prdc

    /// Whether it needs every image's features, not only their mean and covariance.
    package var needsRows: Bool { self == .kid || self == .prdc }
    package var needsFeatures: Bool { self != .inceptionScore }
}

/// What is known of one of the two sets.
package struct ImageSet: Sendable {
    /// How many images were seen, where nothing else says so.
    package var count: Int?
    package var statistics: FeatureStatistics?
    package var features: FeatureRows?
    /// For the Inception Score.
    package var logits: FeatureRows?
    /// Whether `logits` are probabilities already.
    package var givesProbabilities = false

    package init() {}

    /// Of all features at once.
    package init(features: FeatureRows) { self.features = features }

    /// Mean and covariance, from the features where nothing else says them; nil of one image.
    package func gaussian(as input: ScoreError.Input) throws(ScoreError) -> FeatureStatistics? {
        guard statistics == nil, let features, features.count > 1 else { return statistics }
        var moments = try FeatureMoments(width: features.width, as: input)
        try moments.update(features)
        return try moments.statistics()
    }
}

/// Scores of a set of generated images: FID, KID, Inception Score, precision, recall, density and
/// coverage.
public struct ImageSetScores: Sendable {
    public var metrics: [ImageSetMetric]
    public var nearestK = 5
    public var kidSubsets = 100
    public var kidSubsetSize = 1000
    public var inceptionSplits = 10
    public var seed: UInt64 = 0
    /// Subsets are drawn as `numpy.random.RandomState(seed)` does, the generated set's first.
    public var drawsAsNumPy = false
    /// Images are put into NumPy's random order before the Inception Score divides them.
    public var shufflesInception = false
    /// The Inception Score's deviation has the divisor n − 1.
    public var usesSampleDeviation = false
    /// What lies on a ball's surface is inside.
    public var ballsAreClosed = false
    /// Added to the variances before the Fréchet distance is taken.
    public var diagonal = 0.0

    /// Tells how far chance takes the Fréchet distance, which costs about half as much again.
    public var estimatesErrors = true

    /// Also tells the Fréchet distance of endlessly many images.
    public var extrapolates = false

    public init(metrics: [ImageSetMetric]) { self.metrics = metrics }

    /// The scores of two sets of pictures by what a network sees in them.
    ///
    /// ```swift
    /// let scores = ImageSetScores(metrics: [.fid, .prdc])
    /// let fid = try scores.results(real: realFeatures, generated: inventedFeatures)["fid"]
    /// ```
    ///
    /// - Parameters: features, float32 `[images, width]` each.
    /// - Throws: ``ScoreError`` for too few images, or features that do not fit together.
    public func results(real: Tensor, generated: Tensor) throws(ScoreError) -> ScoreReport {
        try results(
            real: ImageSet(features: FeatureRows(real, as: .real)),
            generated: ImageSet(features: FeatureRows(generated, as: .generated)))
    }

    /// - Parameter progress: called after every subset of the kernel distance.
    /// - Throws: ``ScoreError`` for too few images, or features that do not fit together.
    package func results(
        real: ImageSet, generated: ImageSet, progress: () -> Void = {}
    ) throws(ScoreError) -> ScoreReport {
        try LinearAlgebra.open()
        var (real, generated) = (real, generated)
        if metrics.contains(.fid) || extrapolates {
            real.statistics = try real.gaussian(as: .real)
            generated.statistics = try generated.gaussian(as: .generated)
        }
        var scores = ScoreList()
        var count = generated.features?.count ?? generated.statistics?.count
        if let a = real.features, let b = generated.features, a.width != b.width {
            throw .mismatch(
                "\(a.width) features per image in the real set, \(b.width) in the generated one")
        }
        var standardErrors = JSONObject()
        var intervals: [String: ScoreInterval] = [:]
        for metric in metrics {
            switch metric {
            case .fid:
                let (value, error) = try frechetDistance(real, generated)
                scores.add("fid", value)
                standardErrors["fid"] = ScoreValue(error).json
                intervals["fid"] = .normal(
                    value, standardError: error, atLeast: 0, .influence)
            case .kid:
                let (a, b) = try rows(real, generated, atLeast: 2)
                let distance = KernelDistance(real: a, generated: b)
                let error = try addKernelDistance(distance, to: &scores, &intervals, progress)
                standardErrors["kid"] = ScoreValue(error).json
            case .inceptionScore:
                guard let logits = generated.logits else { throw .empty }
                addInceptionScore(
                    logits, generated.givesProbabilities, to: &scores, &intervals)
                count = count ?? logits.count
            case .prdc:
                let (a, b) = try rows(real, generated, atLeast: 2)
                addNeighbours(a, b, to: &scores, &intervals)
            }
        }
        var report = ScoreReport(task: "image-sets", samples: count ?? 0, scores: scores)
        if extrapolates, let statistics = real.statistics, let features = generated.features {
            let limit = try FrechetExtrapolation.limit(
                of: features, real: statistics, diagonal: diagonal, seed: seed)
            report.details["extrapolated"] = ["fid": ScoreValue(limit).json]
        }
        if estimatesErrors {
            report.intervals = intervals
            report.noteClosedForms()
        }
        if !standardErrors.isEmpty { report.details["standard_errors"] = .object(standardErrors) }
        return report
    }

    private func rows(
        _ real: ImageSet, _ generated: ImageSet, atLeast count: Int
    ) throws(ScoreError) -> (FeatureRows, FeatureRows) {
        guard let a = real.features, let b = generated.features else { throw .empty }
        for (set, input) in [(a, ScoreError.Input.real), (b, .generated)] {
            guard set.count >= count else {
                throw .tooFew(input, found: set.count, needed: count)
            }
        }
        return (a, b)
    }

    private func frechetDistance(
        _ real: ImageSet, _ generated: ImageSet
    ) throws(ScoreError) -> (value: Double, standardError: Double) {
        var both: [FeatureStatistics] = []
        for (set, input) in [(real, ScoreError.Input.real), (generated, .generated)] {
            guard let statistics = set.statistics else {
                throw .tooFew(input, found: set.features?.count ?? set.count ?? 0, needed: 2)
            }
            both.append(statistics.regularized(by: diagonal))
        }
        return try both[0].frechetDistance(to: both[1], withError: estimatesErrors)
    }

    /// Returns the standard error of the estimate over all samples.
    private func addKernelDistance(
        _ distance: KernelDistance, to scores: inout ScoreList,
        _ intervals: inout [String: ScoreInterval], _ progress: () -> Void
    ) throws(ScoreError) -> Double {
        let whole = distance.estimate()
        let (m, n) = (distance.real.count, distance.generated.count)
        var values = [whole.value]
        if m != n || m > kidSubsetSize {
            values = try distance.estimates(
                subsets: kidSubsets, size: min(m, n, kidSubsetSize), seed: seed,
                asNumPy: drawsAsNumPy, progress: progress)
        }
        let (mean, deviation) = Self.spread(values, isSample: false)
        scores.add("kid", whole.value)
        scores.add("kid_mean", mean)
        scores.add("kid_std", deviation)
        let error = whole.standardError
        intervals["kid"] = .normal(whole.value, standardError: error, .jackknife)
        // The subsets are a few of very many.
        let drawing = deviation * deviation / Double(values.count)
        intervals["kid_mean"] = .normal(
            mean, standardError: (error * error + drawing).squareRoot(), .jackknife)
        return whole.standardError
    }

    /// Mean and standard deviation, with the divisor n − 1 if they are of a sample.
    private static func spread(
        _ values: [Double], isSample: Bool
    ) -> (mean: Double, deviation: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        var squares = 0.0
        for value in values { squares += (value - mean) * (value - mean) }
        let divisor = Double(isSample ? values.count - 1 : values.count)
        return (mean, (squares / divisor).squareRoot())
    }

    private func addInceptionScore(
        _ logits: FeatureRows, _ areProbabilities: Bool, to scores: inout ScoreList,
        _ intervals: inout [String: ScoreInterval]
    ) {
        var random = NumPyRandom(seed: UInt32(truncatingIfNeeded: seed))
        let parts = InceptionScore.parts(
            logits, areProbabilities: areProbabilities, splits: inceptionSplits,
            order: shufflesInception ? random.permutation(of: logits.count) : nil)
        let (mean, deviation) = Self.spread(
            parts.map(\.score), isSample: usesSampleDeviation)
        scores.add("inception_score_mean", mean)
        scores.add("inception_score_std", deviation)
        let variance = parts.reduce(0) { $0 + $1.variance } / Double(parts.count * parts.count)
        intervals["inception_score_mean"] = .normal(
            mean, standardError: variance.squareRoot(), atLeast: 1, .influence)
    }

    /// Undefined where a set has no k-th neighbour.
    private func addNeighbours(
        _ real: FeatureRows, _ generated: FeatureRows, to scores: inout ScoreList,
        _ intervals: inout [String: ScoreInterval]
    ) {
        let isDefined = min(real.count, generated.count) > nearestK
        let found =
            isDefined
            ? NearestNeighbours(
                real: real, generated: generated, k: nearestK, ballsAreClosed: ballsAreClosed)
            : nil
        scores.add("precision", found?.precision)
        scores.add("recall", found?.recall)
        scores.add("density", found?.density)
        scores.add("coverage", found?.coverage)
        guard let found else { return }
        for (name, share, count) in [
            ("precision", found.precision, generated.count), ("recall", found.recall, real.count),
            ("coverage", found.coverage, real.count),
        ] {
            let count = Double(count)
            intervals[name] = .wilson(hits: (share * count).rounded(), of: count)
        }
        intervals["density"] = .normal(
            found.density, standardError: found.densityError, atLeast: 0, .influence)
    }
}
