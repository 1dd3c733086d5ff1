#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Whether two classifiers are right on different rows more often than chance has it.
///
/// Only rows count on which one of the two is right: without a difference each of them falls to
/// either side with probability ½.
///
/// - SeeAlso: McNemar 1947; Fagerland, Lydersen, Laake 2013, "The McNemar test for binary
///   matched-pairs data: mid-p and asymptotic are better than exact conditional".
package struct McNemar: Sendable, Equatable {
    /// Rows where A is right and B wrong, and the other way round.
    package let onlyA: Int
    package let onlyB: Int

    package init(onlyA: Int, onlyB: Int) {
        self.onlyA = onlyA
        self.onlyB = onlyB
    }

    /// `P(X ≤ the smaller count) · 2` with X binomial, at most 1.
    package var exact: Double {
        let (fewer, all) = (min(onlyA, onlyB), onlyA + onlyB)
        return min(1, 2 * Self.tail(upTo: fewer, of: all))
    }

    /// The exact p-value with half the probability of what was found itself.
    package var midP: Double {
        let (fewer, all) = (min(onlyA, onlyB), onlyA + onlyB)
        guard all > 0 else { return 1 }
        return min(1, 2 * Self.tail(upTo: fewer, of: all) - Self.probability(fewer, of: all))
    }

    /// `P(X ≤ count)` of `all` tosses of a coin.
    private static func tail(upTo count: Int, of all: Int) -> Double {
        // From the largest term down, until terms no longer matter.
        var term = probability(count, of: all)
        var sum = term
        var k = count
        while k > 0, term > sum * 1e-18 {
            term *= Double(k) / Double(all - k + 1)
            k -= 1
            sum += term
        }
        return sum
    }

    private static func probability(_ count: Int, of all: Int) -> Double {
        let (n, k) = (Double(all), Double(count))
        return exp(
            lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * 0.693_147_180_559_945_3)
    }
}
