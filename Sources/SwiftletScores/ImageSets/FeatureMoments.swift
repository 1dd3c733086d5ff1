internal import CKernels
internal import SwiftletTensor

/// Mean and covariance of features, batch by batch, in memory that does not grow with their number.
///
/// Up to `width` rows are kept as they are: a covariance of so few is singular, and the rows say
/// more exactly what it is.
package struct FeatureMoments: Sendable {
    package let width: Int
    package private(set) var count = 0
    private let input: ScoreError.Input
    private let capacity: Int
    /// Rows that are not yet in the moments.
    private var pending: [Double] = []
    private var mean: [Double] = []
    /// The lower triangle of `Σ (x − mean)(x − mean)ᵀ`.
    private var comoment: [Double] = []
    private var settled = 0
    private var sample: FeatureSample

    /// Rows that are folded in at once, at least.
    private static let smallestBlock = 256

    package init(width: Int, as input: ScoreError.Input) throws(ScoreError) {
        try LinearAlgebra.open()
        self.width = width
        self.input = input
        sample = FeatureSample(width: width)
        capacity = max(width, Self.smallestBlock)
    }

    /// What statistics of so many images stand for; nil if they do not say of how many.
    package init?(
        _ statistics: FeatureStatistics, as input: ScoreError.Input
    ) throws(ScoreError) {
        guard let count = statistics.count, count > 1 else { return nil }
        try self.init(width: statistics.width, as: input)
        (self.count, settled, mean) = (count, count, statistics.mean)
        comoment = statistics.covariance.map { $0 * Double(count - 1) }
    }

    /// Takes more features in.
    package mutating func update(_ features: FeatureRows) throws(ScoreError) {
        guard features.width == width else {
            throw .mismatch(
                "\(input.rawValue): \(width) features per image, then \(features.width)")
        }
        var row = 0
        while row < features.count {
            if pending.count >= capacity * width { settle() }
            let room = capacity - pending.count / width
            let rows = row..<min(features.count, row + room)
            let values = features.gathered(rows)
            pending += values
            sample.add(values)
            row = rows.upperBound
        }
        count += features.count
    }

    /// Takes in what another state has seen.
    package mutating func merge(_ other: Self) throws(ScoreError) {
        guard other.width == width else {
            throw .mismatch("\(input.rawValue): \(width) and \(other.width) features per image")
        }
        if other.settled > 0 {
            settle()
            combine(count: other.settled, mean: other.mean, comoment: other.comoment)
        }
        if pending.count + other.pending.count > capacity * width { settle() }
        pending += other.pending
        sample.merge(other.sample)
        count += other.count
    }

    /// The Gaussian of all features seen.
    package func statistics() throws(ScoreError) -> FeatureStatistics {
        guard count > 1 else { throw .tooFew(input, found: count, needed: 2) }
        if settled == 0, count <= width {
            var rows = pending
            let mean = Self.center(&rows, count, width, factor: 1 / Double(count - 1).squareRoot())
            return FeatureStatistics(
                count: count, mean: mean,
                spread: .rows(DoubleMatrix(rows: width, columns: count, values: rows)),
                sample: sample)
        }
        var whole = self
        whole.settle()
        var covariance = DoubleMatrix(rows: width, columns: width, values: whole.comoment)
        for column in 0..<width {
            for row in column..<width {
                let value = covariance.values[column * width + row] / Double(count - 1)
                covariance.values[column * width + row] = value
                covariance.values[row * width + column] = value
            }
        }
        return FeatureStatistics(
            count: count, mean: whole.mean, spread: .covariance(covariance), sample: sample)
    }

    /// Moves the pending rows into the moments.
    private mutating func settle() {
        let rows = pending.count / width
        guard rows > 0 else { return }
        var centered = pending
        pending.removeAll(keepingCapacity: true)
        let mean = Self.center(&centered, rows, width, factor: 1)
        if settled == 0 {
            comoment = [Double](repeating: 0, count: width * width)
            LinearAlgebra.addSquares(centered, rows, width: width, to: &comoment)
            self.mean = mean
            settled = rows
        } else {
            LinearAlgebra.addSquares(centered, rows, width: width, to: &comoment)
            combine(count: rows, mean: mean, comoment: nil)
        }
    }

    /// Chan, Golub, LeVeque 1979: what a further part adds; its own co-moment is in already if nil.
    private mutating func combine(count: Int, mean: [Double], comoment: [Double]?) {
        guard settled > 0 else {
            (settled, self.mean, self.comoment) = (count, mean, comoment ?? [])
            return
        }
        if let comoment {
            for index in self.comoment.indices { self.comoment[index] += comoment[index] }
        }
        let total = Double(settled + count)
        let difference = zip(mean, self.mean).map { $0 - $1 }
        LinearAlgebra.addSquares(
            difference, 1, width: width, factor: Double(settled) * Double(count) / total,
            to: &self.comoment)
        for index in difference.indices {
            self.mean[index] += difference[index] * Double(count) / total
        }
        settled += count
    }

    /// Subtracts the rows' mean from them and multiplies them; returns the mean.
    private static func center(
        _ rows: inout [Double], _ count: Int, _ width: Int, factor: Double
    ) -> [Double] {
        var mean = [Double](repeating: 0, count: width)
        sl_score_column_sums(rows, count, width, &mean)
        for index in mean.indices { mean[index] /= Double(count) }
        sl_score_subtract_row(&rows, count, width, mean, factor)
        return mean
    }
}
