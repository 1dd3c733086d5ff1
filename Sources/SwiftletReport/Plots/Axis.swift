#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A scale from data to a share of the plot's side, with ticks at round numbers.
struct Axis: Sendable {
    let label: String
    let range: ClosedRange<Double>
    let ticks: [Double]
    let isLogarithmic: Bool

    /// Exactly this range.
    init(_ label: String, _ range: ClosedRange<Double>) {
        self.label = label
        self.range = range
        isLogarithmic = false
        ticks = Self.linearTicks(range)
    }

    /// A range that holds all finite values, ends at round numbers if linear.
    ///
    /// - Parameter logarithmicBeyond: take logarithms if all values are positive and the largest is
    ///   more than so many times the smallest; nil for never.
    init(_ label: String, covering values: [Double], logarithmicBeyond: Double? = nil) {
        self.label = label
        let finite = values.filter(\.isFinite)
        let low = finite.min() ?? 0
        let high = finite.max() ?? 1
        if let logarithmicBeyond, low > 0, high / low > logarithmicBeyond {
            isLogarithmic = true
            range = low...high
            ticks = Self.logarithmicTicks(range)
            return
        }
        isLogarithmic = false
        let margin = high > low ? 0 : max(abs(low) * 0.1, 1e-3)
        let step = Self.step(for: (high - low) + 2 * margin)
        range =
            ((low - margin) / step).rounded(.down) * step...((high + margin) / step).rounded(.up)
            * step
        ticks = Self.linearTicks(range)
    }

    /// 0 at the range's start, 1 at its end.
    func share(_ value: Double) -> Double {
        guard isLogarithmic else {
            return (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        }
        return (log(value) - log(range.lowerBound))
            / (log(range.upperBound) - log(range.lowerBound))
    }

    /// About five steps of 1, 2 or 5 times a power of ten.
    private static func step(for extent: Double) -> Double {
        let raw = extent / 5
        let power = pow(10, log10(raw).rounded(.down))
        guard power.isFinite, power > 0 else { return 1 }
        for factor in [1.0, 2, 5] where raw <= factor * power { return factor * power }
        return 10 * power
    }

    private static func linearTicks(_ range: ClosedRange<Double>) -> [Double] {
        let extent = range.upperBound - range.lowerBound
        guard extent > 0, extent.isFinite else { return [range.lowerBound] }
        let step = step(for: extent)
        let first = (range.lowerBound / step).rounded(.up)
        let last = (range.upperBound / step + 1e-9).rounded(.down)
        guard last - first < 100 else { return [range.lowerBound, range.upperBound] }
        return stride(from: first, through: last, by: 1).map { $0 * step }
    }

    private static func logarithmicTicks(_ range: ClosedRange<Double>) -> [Double] {
        let first = Int(log10(range.lowerBound).rounded(.down))
        let last = Int(log10(range.upperBound).rounded(.up))
        let factors = last - first > 3 ? [1.0] : [1.0, 2, 5]
        let ticks = (first...last).flatMap { exponent in
            factors.map { $0 * pow(10, Double(exponent)) }
        }
        return ticks.filter { range.contains($0) }
    }
}
