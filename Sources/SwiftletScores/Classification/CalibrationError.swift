internal import CKernels
internal import SwiftletFiles

/// Expected calibration error: how far the mean confidence in each of 15 equal bins lies from the
/// share that is right, averaged by the bins' weights.
///
/// Multiclass: the largest probability, and whether its class is true. Binary: the probability of
/// class 1, and whether the truth is 1.
struct CalibrationError: Sendable {
    private static let bins = 15
    /// Per bin: weight, correctness, confidence.
    private var sums = [Sum](repeating: Sum(), count: 3 * bins)

    mutating func update(_ batch: ClassificationBatch) {
        guard let scores = batch.scores else { return }
        scores.withMatrix { matrix in
            switch batch.content {
            case .classes(let truth, let decided):
                sl_score_calibrate_classes(
                    matrix, truth, decided, batch.weights, Self.bins, &sums)
            case .flags(let truth, _):
                sl_score_calibrate_flags(matrix, truth, batch.weights, Self.bins, &sums)
            }
        }
    }

    mutating func merge(_ other: Self) {
        for index in sums.indices { sums[index].merge(other.sums[index]) }
    }

    func compute(totalWeight: Double) -> Double {
        bins.reduce(0) { $0 + abs($1.correct - $1.confidence) * $1.weight } / totalWeight
    }

    /// The bins that hold any row.
    var bins: [ReliabilityBin] {
        (0..<Self.bins).compactMap {
            let weight = sums[3 * $0].value
            guard weight > 0 else { return nil }
            return ReliabilityBin(
                low: Double($0) / Double(Self.bins), high: Double($0 + 1) / Double(Self.bins),
                weight: weight, correct: sums[3 * $0 + 1].value / weight,
                confidence: sums[3 * $0 + 2].value / weight)
        }
    }
}

/// A bin of the reliability diagram: means, and the weight of the rows in it.
package struct ReliabilityBin: Sendable {
    /// Confidences from here, and to below there.
    package let low: Double
    package let high: Double
    package let weight: Double
    package let correct: Double
    package let confidence: Double

    var json: JSON {
        .object([
            "low": .double(low), "high": .double(high), "weight": .double(weight),
            "confidence": .double(confidence), "correct": .double(correct),
        ])
    }
}
