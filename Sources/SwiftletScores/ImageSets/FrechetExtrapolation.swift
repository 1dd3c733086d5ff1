internal import SwiftletTensor

/// FID shrinks with the number of images, nearly as `a + b / n`. From its values for parts of the
/// generated set follows `a`, its value for endlessly many.
///
/// The real set's statistics stay as they are.
///
/// - SeeAlso: Chong & Forsyth 2020, arXiv:1911.07023.
struct FrechetExtrapolation {
    private static let points = 10
    /// The smallest part, as a share of the set.
    private static let smallestShare = 0.1
    private static let fewestImages = 10

    /// NaN for fewer images than a fit takes.
    static func limit(
        of generated: FeatureRows, real: FeatureStatistics, diagonal: Double, seed: UInt64
    ) throws(ScoreError) -> Double {
        let count = generated.count
        guard count >= 2 * fewestImages else { return .nan }
        let smallest = max(fewestImages, Int(Double(count) * smallestShare))
        var x: [Double] = []
        var y: [Double] = []
        for point in 0..<points {
            let size = smallest + (count - smallest) * point / (points - 1)
            let order = CounterRandom(seed: seed, stream: UInt64(point) | 1 << 32)
                .permutation(of: count).prefix(size)
            let part = try generated.rows(at: order, as: .generated)
            var moments = try FeatureMoments(width: part.width, as: .generated)
            try moments.update(part)
            let statistics = try moments.statistics().regularized(by: diagonal)
            x.append(1 / Double(size))
            y.append(try real.regularized(by: diagonal).frechetDistance(to: statistics))
        }
        let meanX = x.reduce(0, +) / Double(points)
        let meanY = y.reduce(0, +) / Double(points)
        var (covariance, variance) = (0.0, 0.0)
        for (x, y) in zip(x, y) {
            covariance += (x - meanX) * (y - meanY)
            variance += (x - meanX) * (x - meanX)
        }
        return meanY - covariance / variance * meanX
    }
}
