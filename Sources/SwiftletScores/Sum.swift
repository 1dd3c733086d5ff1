internal import CKernels

/// A running sum that keeps what rounding takes from it, so that neither the number of terms nor
/// the order of merging shows in a score.
typealias Sum = sl_score_sum

extension Sum {
    mutating func add(_ term: Double) {
        let total = high + term
        low += abs(high) >= abs(term) ? (high - total) + term : (term - total) + high
        high = total
    }

    mutating func merge(_ other: Sum) {
        add(other.high)
        low += other.low
    }

    /// An overflown sum stays infinite: its compensation is meaningless.
    var value: Double { high.isFinite ? high + low : high }
}
