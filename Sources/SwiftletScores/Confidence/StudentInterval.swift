#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension ScoreInterval {
    /// Of an estimate that scatters evenly around the truth; nil if its error is unknown.
    static func normal(
        _ value: Double, standardError: Double, atLeast least: Double = -.infinity,
        _ method: Method
    ) -> ScoreInterval? {
        let half = Confidence.normalQuantile * standardError
        guard value.isFinite, half.isFinite else { return nil }
        return ScoreInterval(low: max(least, value - half), high: value + half, method: method)
    }

    /// Of the mean of independent values; nil for fewer than two, or where one is infinite or
    /// undefined.
    static func student(_ values: [Double], range: ClosedRange<Double>) -> ScoreInterval? {
        guard values.count > 1, values.allSatisfy(\.isFinite) else { return nil }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let half =
            studentQuantile(freedom: values.count - 1)
            * (squares / (count - 1) / count).squareRoot()
        return ScoreInterval(
            low: max(range.lowerBound, mean - half), high: min(range.upperBound, mean + half),
            method: .student)
    }

    /// The 97.5 % quantile of Student's distribution.
    ///
    /// - SeeAlso: Abramowitz & Stegun 26.7.3, 26.7.4, 26.7.5.
    private static func studentQuantile(freedom: Int) -> Double {
        let (n, z) = (Double(freedom), Confidence.normalQuantile)
        let z2 = z * z
        guard freedom <= 400 else {
            let second = ((5 * z2 + 16) * z2 + 3) * z / (96 * n * n)
            let third = (((3 * z2 + 19) * z2 + 17) * z2 - 15) * z / (384 * n * n * n)
            return z + (z2 + 1) * z / (4 * n) + second + third
        }
        // The angle whose probability is found by halving.
        var (low, high) = (0.0, Double.pi / 2)
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if probability(within: middle, freedom) < Confidence.level {
                low = middle
            } else {
                high = middle
            }
        }
        return tan((low + high) / 2) * n.squareRoot()
    }

    /// The share within ±t of t = √n tan(angle).
    private static func probability(within angle: Double, _ freedom: Int) -> Double {
        let (s, c) = (sin(angle), cos(angle))
        let isOdd = freedom % 2 == 1
        var term = isOdd ? s * c : s
        var sum = 0.0
        for k in stride(from: isOdd ? 1 : 0, to: isOdd ? freedom - 1 : freedom, by: 2) {
            sum += term
            term *= c * c * Double(k + 1) / Double(k + 2)
        }
        return isOdd ? 2 / .pi * (angle + sum) : sum
    }
}
