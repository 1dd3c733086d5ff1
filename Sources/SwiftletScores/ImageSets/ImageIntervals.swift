#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// 95 % intervals of scores of images, by the scores' names.
struct ImageIntervals {
    /// Without those of which the images tell nothing.
    private(set) var byName: [String: ScoreInterval] = [:]

    mutating func add(
        _ name: String, low: Double, high: Double, _ method: ScoreInterval.Method
    ) {
        guard low.isFinite, high.isFinite else { return }
        byName[name] = ScoreInterval(low: low, high: high, method: method)
    }

    /// An estimate that scatters evenly around the truth.
    mutating func add(
        _ name: String, _ value: Double, standardError: Double, atLeast least: Double = -.infinity,
        _ method: ScoreInterval.Method
    ) {
        let half = Confidence.normalQuantile * standardError
        add(name, low: max(least, value - half), high: value + half, method)
    }

    /// A share of `count` images.
    mutating func addShare(_ name: String, _ share: Double, of count: Int) {
        byName[name] = ScoreInterval.wilson(hits: share * Double(count), of: Double(count))
    }

    /// The mean of values; none for fewer than two, or where one is infinite or undefined.
    mutating func addMean(_ name: String, _ values: [Double], range: ClosedRange<Double>) {
        guard values.count > 1, values.allSatisfy(\.isFinite) else { return }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let half =
            Self.studentQuantile(freedom: values.count - 1)
            * (squares / (count - 1) / count).squareRoot()
        add(
            name, low: max(range.lowerBound, mean - half), high: min(range.upperBound, mean + half),
            .student)
    }

    /// The 97.5 % quantile of Student's distribution.
    ///
    /// - SeeAlso: Abramowitz & Stegun 26.7.3 – 5, 26.7.5.
    static func studentQuantile(freedom: Int) -> Double {
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
            if probability(within: middle, freedom) < 0.95 { low = middle } else { high = middle }
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
