internal import CKernels

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// `exp(mean KL(p(y|x) ‖ p(y)))` of consecutive parts of a set, from its logits.
///
/// - SeeAlso: Salimans et al. 2016, arXiv:1606.03498.
enum InceptionScore {
    struct Part {
        let score: Double
        /// Of the score, by the first order of what each image adds to its logarithm.
        let variance: Double
    }

    /// One score per part `[iN/splits, (i+1)N/splits)`; NaN for a part without images.
    ///
    /// - Parameter order: the images' order; their own if nil.
    static func parts(
        _ logits: FeatureRows, areProbabilities: Bool, splits: Int, order: [Int]?
    ) -> [Part] {
        (0..<splits).map { split in
            // N · splits fits: both are counts of things in memory or small options.
            let rows = split * logits.count / splits..<(split + 1) * logits.count / splits
            let values = order.map { logits.gathered($0[rows]) } ?? logits.gathered(rows)
            return score(values, width: logits.width, areProbabilities)
        }
    }

    private static func score(_ values: [Double], width: Int, _ areProbabilities: Bool) -> Part {
        let count = values.count / width
        guard count > 0 else { return Part(score: .nan, variance: .nan) }
        // Per image: its probabilities, and the sum of p log p.
        var probabilities = [Double](repeating: 0, count: values.count)
        var entropies: [Double] = []
        var mean = [Double](repeating: 0, count: width)
        var negativeEntropy = Sum()
        values.withUnsafeBufferPointer { values in
            for start in stride(from: 0, to: values.count, by: width) {
                let row = UnsafeBufferPointer(rebasing: values[start..<start + width])
                var largest = -Double.infinity
                for value in row { largest = max(largest, value) }
                var sum = 0.0
                if areProbabilities {
                    sum = 1
                } else {
                    for value in row { sum += exp(value - largest) }
                }
                let logSum = areProbabilities ? 0 : largest + log(sum)
                var entropy = 0.0
                for column in 0..<width {
                    let value = row[column]
                    let p = areProbabilities ? value : exp(value - logSum)
                    probabilities[start + column] = p
                    mean[column] += p
                    // p log p is 0 for p = 0.
                    if p > 0 { entropy += p * (areProbabilities ? log(p) : value - logSum) }
                }
                negativeEntropy.add(entropy)
                entropies.append(entropy)
            }
        }
        var marginal = 0.0
        let logarithms = mean.map { $0 > 0 ? log($0 / Double(count)) : 0 }
        for (sum, logarithm) in zip(mean, logarithms) {
            marginal += sum / Double(count) * logarithm
        }
        let divergence = negativeEntropy.value / Double(count) - marginal
        let score = exp(divergence)
        var squares = 0.0
        for (row, entropy) in entropies.enumerated() {
            var own = entropy - divergence
            for column in 0..<width {
                own -= probabilities[row * width + column] * logarithms[column]
            }
            squares += own * own
        }
        let variance = squares / Double(max(1, count - 1)) / Double(count)
        return Part(score: score, variance: count > 1 ? score * score * variance : .nan)
    }
}
