#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension ScoreInterval {
    /// Of a share: `hits` of `count` independent rows.
    ///
    /// - SeeAlso: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    static func wilson(hits: Double, of count: Double) -> ScoreInterval? {
        guard count > 0 else { return nil }
        let z2 = Confidence.normalQuantile * Confidence.normalQuantile
        let share = hits / count
        let centre = (hits + z2 / 2) / (count + z2)
        let spread = (share * (1 - share) / count + z2 / (4 * count * count)).squareRoot()
        let half = Confidence.normalQuantile * spread / (1 + z2 / count)
        return ScoreInterval(
            low: hits > 0 ? max(0, centre - half) : 0,
            high: hits < count ? min(1, centre + half) : 1, method: .wilson)
    }

    /// Of Pearson's correlation over `count` rows; nil for fewer than four.
    static func fisher(correlation: Double, count: Int) -> ScoreInterval? {
        guard count > 3, abs(correlation) <= 1 else { return nil }
        let centre = atanh(correlation)
        let half = Confidence.normalQuantile / Double(count - 3).squareRoot()
        return ScoreInterval(
            low: tanh(centre - half), high: tanh(centre + half), method: .fisher)
    }

    /// Of an area under the ROC curve with DeLong's variance. Of an area that is exactly 0 or 1 the
    /// variance says nothing: Wilson's interval for as many rows as the smaller class has.
    static func deLong(_ ranking: Ranking) -> ScoreInterval? {
        guard let area = ranking.areaUnderROC, let variance = ranking.areaVariance else {
            return nil
        }
        if area == 0 || area == 1 {
            let rows = min(ranking.positives, ranking.negatives)
            return wilson(hits: area * rows, of: rows)
        }
        let half = Confidence.normalQuantile * variance.squareRoot()
        return ScoreInterval(
            low: max(0, area - half), high: min(1, area + half), method: .deLong)
    }
}
