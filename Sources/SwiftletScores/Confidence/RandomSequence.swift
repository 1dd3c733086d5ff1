internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The numbers of one counter-based stream, one after the other.
struct RandomSequence {
    private let random: CounterRandom
    private var words = SIMD4<UInt32>()
    private var position: UInt64 = 0

    init(seed: UInt64, stream: UInt64) { random = CounterRandom(seed: seed, stream: stream) }

    private mutating func next() -> UInt32 {
        let lane = Int(position & 3)
        if lane == 0 { words = random.block(position >> 2) }
        position += 1
        return words[lane]
    }

    /// In [0, 1), with 53 random bits.
    mutating func uniform() -> Double {
        let bits = UInt64(next()) << 32 | UInt64(next())
        return Double(bits >> 11) * 0x1p-53
    }

    /// Below `bound`, which is at most 2³².
    mutating func below(_ bound: Int) -> Int { Int((UInt64(next()) * UInt64(bound)) >> 32) }

    /// How many of `count` trials succeed with `probability` each.
    mutating func binomial(_ count: Double, _ probability: Double) -> Double {
        guard count > 0, probability > 0 else { return 0 }
        guard probability < 1 else { return count }
        if probability > 0.5 { return count - binomial(count, 1 - probability) }
        return count * probability < 10
            ? inverted(count, probability) : transformedRejection(count, probability)
    }

    /// By adding up probabilities; for small means.
    private mutating func inverted(_ count: Double, _ probability: Double) -> Double {
        let odds = probability / (1 - probability)
        var term = exp(count * log1p(-probability))
        var rest = uniform()
        var successes = 0.0
        while rest > term, successes < count {
            rest -= term
            successes += 1
            term *= odds * (count - successes + 1) / successes
        }
        return successes
    }

    /// - SeeAlso: Hörmann 1993, "The generation of binomial random variates", algorithm BTRS.
    private mutating func transformedRejection(_ n: Double, _ p: Double) -> Double {
        let deviation = (n * p * (1 - p)).squareRoot()
        let b = 1.15 + 2.53 * deviation
        let a = -0.0873 + 0.0248 * b + 0.01 * p
        let c = n * p + 0.5
        let squeeze = 0.92 - 4.2 / b
        let odds = p / (1 - p)
        let alpha = (2.83 + 5.1 / b) * deviation
        let mode = ((n + 1) * p).rounded(.down)
        while true {
            let u = uniform() - 0.5
            let v = uniform()
            let us = 0.5 - abs(u)
            let k = ((2 * a / us + b) * u + c).rounded(.down)
            if us >= 0.07, v <= squeeze { return k }
            guard k >= 0, k <= n else { continue }
            let bound =
                (mode + 0.5) * log((mode + 1) / (odds * (n - mode + 1)))
                + (n + 1) * log((n - mode + 1) / (n - k + 1))
                + (k + 0.5) * log(odds * (n - k + 1) / (k + 1))
                + Self.stirling(mode) + Self.stirling(n - mode)
                - Self.stirling(k) - Self.stirling(n - k)
            if log(v * alpha / (a / (us * us) + b)) <= bound { return k }
        }
    }

    /// log k! − (log √2π + (k + ½) log (k + 1) − (k + 1))
    private static func stirling(_ k: Double) -> Double {
        if k < 10 {
            return lgamma(k + 1)
                - (0.918_938_533_204_672_8 + (k + 0.5) * log(k + 1) - (k + 1))
        }
        let square = (k + 1) * (k + 1)
        return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)
    }
}
