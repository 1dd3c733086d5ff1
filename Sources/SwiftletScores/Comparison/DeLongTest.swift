internal import CKernels

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Whether two scores of the same binary rows differ in the area under the ROC curve.
///
/// - SeeAlso: DeLong, DeLong, Clarke-Pearson 1988; Sun, Xu 2014, "Fast implementation of DeLong's
///   algorithm", for the computation through ranks.
package struct DeLongTest: Sendable, Equatable {
    package let difference: Double
    package let standardError: Double
    /// Two-sided; 1 if the scores never order a pair differently.
    package let pValue: Double

    /// - Parameters:
    ///   - flags: 1 for positive rows.
    ///   - a: the scores of one model, `b` of the other; row by row.
    /// - Returns: nil for fewer than two rows of either side.
    package init?(flags: [UInt8], a: [Double], b: [Double]) {
        let placements = [a, b].map { Self.placements(flags: flags, scores: $0) }
        let positives = flags.indices.filter { flags[$0] != 0 }
        let negatives = flags.indices.filter { flags[$0] == 0 }
        guard positives.count > 1, negatives.count > 1 else { return nil }
        let differences = flags.indices.map { placements[0][$0] - placements[1][$0] }
        func mean(_ rows: [Int]) -> Double {
            rows.reduce(0) { $0 + differences[$1] } / Double(rows.count)
        }
        func variance(_ rows: [Int], _ mean: Double) -> Double {
            let squares = rows.reduce(0) {
                $0 + (differences[$1] - mean) * (differences[$1] - mean)
            }
            return squares / Double(rows.count - 1) / Double(rows.count)
        }
        difference = mean(positives)
        standardError =
            (variance(positives, difference) + variance(negatives, mean(negatives))).squareRoot()
        pValue = standardError > 0 ? erfc(abs(difference) / standardError / 2.0.squareRoot()) : 1
    }

    /// The share of the other side that each row is rightly ordered with, ties as ½: its rank among
    /// all less that among its own.
    private static func placements(flags: [UInt8], scores: [Double]) -> [Double] {
        let all = midranks(scores, rows: Array(scores.indices))
        var result = [Double](repeating: 0, count: scores.count)
        for side in 0...1 as ClosedRange<UInt8> {
            let rows = flags.indices.filter { flags[$0] == side }
            let own = midranks(scores, rows: rows)
            let others = Double(scores.count - rows.count)
            for (position, row) in rows.enumerated() {
                let below = (all[row] - own[position]) / others
                result[row] = side == 1 ? below : 1 - below
            }
        }
        return result
    }

    private static func midranks(_ scores: [Double], rows: [Int]) -> [Double] {
        var order = rows.indices.map {
            sl_score_weighted_key(key: sl_score_key_of(scores[rows[$0]]), weight: Double($0))
        }
        var scratch = order
        sl_score_sort_weighted(&order, order.count, &scratch)
        var ranks = [Double](repeating: 0, count: rows.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, order[end].key == order[start].key { end += 1 }
            for position in start..<end {
                ranks[Int(order[position].weight)] = Double(start + end + 1) / 2
            }
            start = end
        }
        return ranks
    }
}
