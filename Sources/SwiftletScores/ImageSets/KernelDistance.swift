internal import CKernels
internal import SwiftletTensor

/// The kernel distance (KID): the unbiased squared maximum mean discrepancy under the kernel
/// `(x · y / d + 1)³`.
///
/// - SeeAlso: Bińkowski et al. 2018, arXiv:1801.01401.
struct KernelDistance {
    let real: FeatureRows
    let generated: FeatureRows

    struct Estimate {
        let value: Double
        /// By the jackknife over both sets; NaN below three images in either.
        let standardError: Double
    }

    private var factor: Double { 1 / Double(real.width) }

    /// The estimate over all samples; at least two on each side.
    func estimate() -> Estimate {
        let (m, n) = (Double(real.count), Double(generated.count))
        let withinReal = within(real)
        let withinGenerated = within(generated)
        var realCross = [Double](repeating: 0, count: real.count)
        var generatedCross = [Double](repeating: 0, count: generated.count)
        RowProducts.forEach(real, generated) { block in
            add(
                block, RowProducts.noDiagonal, rows: &realCross, columns: &generatedCross)
        }
        let (a, b) = (Self.total(withinReal), Self.total(withinGenerated))
        let cross = Self.total(realCross)
        func distance(_ a: Double, _ b: Double, _ cross: Double, _ m: Double, _ n: Double) -> Double
        {
            a / (m * (m - 1)) + b / (n * (n - 1)) - 2 * cross / (m * n)
        }
        let withoutReal = zip(withinReal, realCross).map { own, other in
            distance(a - 2 * own, b, cross - other, m - 1, n)
        }
        let withoutGenerated = zip(withinGenerated, generatedCross).map { own, other in
            distance(a, b - 2 * own, cross - other, m, n - 1)
        }
        let variance = Self.jackknife(withoutReal) + Self.jackknife(withoutGenerated)
        return Estimate(
            value: distance(a, b, cross, m, n), standardError: variance.squareRoot())
    }

    /// For every row the sum of its kernels with all others of its set.
    private func within(_ set: FeatureRows) -> [Double] {
        var sums = [Double](repeating: 0, count: set.count)
        RowProducts.forEach(set, set, onlyUpper: true) { block in
            if block.rows == block.columns {
                var unused: [Double] = []
                add(block, block.diagonal, rows: &sums, columns: &unused)
            } else {
                var columns = [Double](repeating: 0, count: block.columns.count)
                sums.withUnsafeMutableBufferPointer { sums in
                    guard let start = sums.baseAddress else { return }
                    sl_score_cubic_kernel(
                        block.products, block.rows.count, block.columns.count,
                        block.columns.count, factor, RowProducts.noDiagonal,
                        start + block.rows.lowerBound, &columns)
                }
                for (index, sum) in zip(block.columns, columns) { sums[index] += sum }
            }
        }
        return sums
    }

    /// Adds a block's kernels to the sums of its rows and, unless that is empty, of its columns.
    private func add(
        _ block: RowProducts, _ diagonal: Int, rows: inout [Double], columns: inout [Double]
    ) {
        rows.withUnsafeMutableBufferPointer { rows in
            columns.withUnsafeMutableBufferPointer { columns in
                guard let start = rows.baseAddress else { return }
                let columnStart =
                    columns.isEmpty
                    ? nil : columns.baseAddress.map { $0 + block.columns.lowerBound }
                sl_score_cubic_kernel(
                    block.products, block.rows.count, block.columns.count, block.columns.count,
                    factor, diagonal, start + block.rows.lowerBound, columnStart)
            }
        }
    }

    private static func total(_ terms: [Double]) -> Double {
        var sum = Sum()
        for term in terms { sum.add(term) }
        return sum.value
    }

    /// The variance that leaving out one value at a time shows.
    private static func jackknife(_ values: [Double]) -> Double {
        guard values.count > 2 else { return .nan }
        let count = Double(values.count)
        let mean = total(values) / count
        return total(values.map { ($0 - mean) * ($0 - mean) }) * (count - 1) / count
    }

    /// The estimates over random subsets of the same size on both sides.
    func estimates(
        subsets: Int, size: Int, seed: UInt64, asNumPy: Bool, progress: () -> Void
    ) throws(ScoreError) -> [Double] {
        var values: [Double] = []
        var numPy = NumPyRandom(seed: UInt32(truncatingIfNeeded: seed))
        for subset in 0..<subsets {
            func order(_ set: FeatureRows, side: Int) -> [Int] {
                guard !asNumPy else { return numPy.permutation(of: set.count) }
                return CounterRandom(seed: seed, stream: UInt64(2 * subset + side))
                    .permutation(of: set.count)
            }
            let ofGenerated = order(generated, side: 1).prefix(size)
            let ofReal = order(real, side: 0).prefix(size)
            let part = KernelDistance(
                real: try real.rows(at: ofReal, as: .real),
                generated: try generated.rows(at: ofGenerated, as: .generated))
            values.append(part.estimate().value)
            progress()
        }
        return values
    }
}
