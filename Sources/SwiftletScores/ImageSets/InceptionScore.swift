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
    /// One score per part `[iN/splits, (i+1)N/splits)`; NaN for a part without images.
    ///
    /// - Parameter order: the images' order; their own if nil.
    static func parts(
        _ logits: FeatureRows, areProbabilities: Bool, splits: Int, order: [Int]?
    ) -> [Double] {
        (0..<splits).map { split in
            // N · splits fits: both are counts of things in memory or small options.
            let rows = split * logits.count / splits..<(split + 1) * logits.count / splits
            let values = order.map { logits.gathered($0[rows]) } ?? logits.gathered(rows)
            return score(values, width: logits.width, areProbabilities)
        }
    }

    private static func score(_ values: [Double], width: Int, _ areProbabilities: Bool) -> Double {
        let count = values.count / width
        guard count > 0 else { return .nan }
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
                    mean[column] += p
                    // p log p is 0 for p = 0.
                    if p > 0 { entropy += p * (areProbabilities ? log(p) : value - logSum) }
                }
                negativeEntropy.add(entropy)
            }
        }
        var marginal = 0.0
        for sum in mean where sum > 0 {
            let p = sum / Double(count)
            marginal += p * log(p)
        }
        return exp(negativeEntropy.value / Double(count) - marginal)
    }
}
