package import SwiftletTensor

/// The Gaussian that is fitted to the features of a set of images: mean and covariance (divisor
/// n − 1).
package struct FeatureStatistics: Sendable {
    /// How many images it was taken from; nil where a file does not say.
    package let count: Int?
    package let mean: [Double]
    let spread: Spread
    /// Some of the images' features, for the distance's own uncertainty; nil where a file lacks them.
    let sample: FeatureSample?

    enum Spread: Sendable {
        /// `width` × images: centred and divided by √(n − 1), so that the covariance is `rows · rowsᵀ`.
        case rows(DoubleMatrix)
        case covariance(DoubleMatrix)
    }

    package var width: Int { mean.count }

    init(count: Int?, mean: [Double], spread: Spread, sample: FeatureSample? = nil) {
        self.sample = sample
        self.count = count
        self.mean = mean
        self.spread = spread
    }

    /// Statistics of a file.
    ///
    /// - Throws: ``ScoreError`` if `mean` is no vector `[d]` or `covariance` no symmetric `[d, d]`.
    package init(
        mean: Tensor, covariance: Tensor, count: Int? = nil, as input: ScoreError.Input
    ) throws(ScoreError) {
        try LinearAlgebra.open()
        guard mean.rank == 1, mean.elementCount > 0 else {
            throw .shape(input, found: mean.shape, needed: "[features] for mu")
        }
        let width = mean.elementCount
        guard Array(covariance.shape) == [width, width] else {
            throw .shape(input, found: covariance.shape, needed: "[\(width), \(width)] for sigma")
        }
        let rows = try FeatureRows(covariance, as: input)
        let means = try FeatureRows(Self.row(mean), as: input)
        self.mean = means.gathered([0])
        self.count = count
        sample = nil
        var matrix = DoubleMatrix(
            rows: width, columns: width, values: rows.gathered(0..<width))
        let largest = (0..<width).map { matrix.values[$0 * (width + 1)] }.max() ?? 0
        for row in 0..<width {
            guard matrix.values[row * (width + 1)] >= 0 else {
                throw .element(
                    input, index: [row, row], found: matrix.values[row * (width + 1)],
                    needed: "a variance from 0 in sigma")
            }
            for column in 0..<row {
                let (a, b) = (
                    matrix.values[row * width + column], matrix.values[column * width + row]
                )
                guard abs(a - b) <= 1e-4 * largest else {
                    throw .element(
                        input, index: [row, column], found: a,
                        needed: "\(b), as the covariance sigma is symmetric,")
                }
                matrix.values[row * width + column] = (a + b) / 2
                matrix.values[column * width + row] = (a + b) / 2
            }
        }
        spread = .covariance(matrix)
    }

    private static func row(_ vector: Tensor) throws(ScoreError) -> Tensor {
        do {
            return try vector.reshaped(to: Shape([1, vector.elementCount]))
        } catch {
            throw .memory("\(error)")
        }
    }

    /// The covariance `[d, d]`, row by row.
    package var covariance: [Double] {
        switch spread {
        case .covariance(let matrix): return matrix.values
        case .rows(let rows):
            var matrix = [Double](repeating: 0, count: width * width)
            LinearAlgebra.addSquares(rows.values, rows.columns, width: width, to: &matrix)
            for column in 0..<width {
                for row in column..<width {
                    matrix[row * width + column] = matrix[column * width + row]
                }
            }
            return matrix
        }
    }

    /// With a constant added to every variance.
    package func regularized(by epsilon: Double) -> FeatureStatistics {
        guard epsilon != 0 else { return self }
        var matrix = DoubleMatrix(rows: width, columns: width, values: covariance)
        for index in 0..<width { matrix.values[index * (width + 1)] += epsilon }
        return FeatureStatistics(
            count: count, mean: mean, spread: .covariance(matrix), sample: sample)
    }

    private var trace: Double {
        switch spread {
        case .rows(let rows): rows.values.reduce(0) { $0 + $1 * $1 }
        case .covariance(let matrix):
            (0..<width).reduce(0) { $0 + matrix.values[$1 * (width + 1)] }
        }
    }

    private func factor() throws(ScoreError) -> LinearAlgebra.Factor {
        switch spread {
        case .rows(let rows): LinearAlgebra.Factor(matrix: rows, isTriangular: false)
        case .covariance(let matrix): try LinearAlgebra.factor(matrix)
        }
    }

    /// The squared Fréchet distance to another Gaussian (FID).
    ///
    /// `‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½)`. With Σ₁ = F Fᵀ and Σ₂ = G Gᵀ the trace of the root is
    /// the sum of the singular values of Fᵀ G, whatever the ranks; of few images F and G are the
    /// images themselves.
    ///
    /// - Complexity: O(d³), or O(n² d) for n < d images.
    /// - SeeAlso: Heusel et al. 2017, arXiv:1706.08500.
    package func frechetDistance(to other: FeatureStatistics) throws(ScoreError) -> Double {
        try frechetDistance(to: other, withError: false).value
    }

    /// The distance and its standard error, by the first order of what each image adds to it
    /// (infinitesimal jackknife): image x of a set with the covariance Σ₂ adds
    /// `(xᵀ (1 − M) x − 2 (μ₁ − μ₂)ᵀ x) / n`, x without the mean, M the map that takes Σ₂ to Σ₁. A set
    /// whose images are not known counts as given; NaN if that is so of both.
    func frechetDistance(
        to other: FeatureStatistics, withError: Bool
    ) throws(ScoreError) -> (value: Double, standardError: Double) {
        guard width == other.width else {
            throw .mismatch(
                "\(width) features per image in the real set, \(other.width) in the generated one")
        }
        let difference = zip(mean, other.mean).map { $0 - $1 }
        let distance = difference.reduce(0) { $0 + $1 * $1 }
        let (own, theirs) = (try factor(), try other.factor())
        let cross = LinearAlgebra.product(ofTransposed: own.matrix, theirs.matrix)
        let wantsErrors = withError && (sample != nil || other.sample != nil)
        let gram = wantsErrors && sample != nil ? LinearAlgebra.gram(cross) : nil
        let shared = try LinearAlgebra.nuclearNorm(cross, gram: gram)
        // Rounding may leave a little less than nothing.
        let value = max(0, distance + (trace + other.trace - 2 * shared))
        guard wantsErrors else { return (value, .nan) }
        var variance = 0.0
        if let gram { variance += try self.variance(own, gram, toward: difference.map { -$0 }) }
        if other.sample != nil {
            let gram = LinearAlgebra.gram(cross.transposed)
            variance += try other.variance(theirs, gram, toward: difference)
        }
        return (value, variance.squareRoot())
    }

    /// What this set's sampling adds to the distance's variance.
    ///
    /// - Parameter gram: `Gᵀ F Fᵀ G` with the other set's factor F and this one's, G.
    private func variance(
        _ factor: LinearAlgebra.Factor, _ gram: DoubleMatrix, toward difference: [Double]
    ) throws(ScoreError) -> Double {
        guard let sample, let count, count > 2 else { return 0 }
        var starts: DoubleMatrix
        var images: DoubleMatrix
        switch spread {
        case .rows(let rows):
            // An image is a column of the factor: its coordinates are a single one.
            let places = FeatureSample.places(of: count)
            let scale = Double(count - 1).squareRoot()
            starts = DoubleMatrix(rows: count, columns: places.count)
            images = DoubleMatrix(rows: width, columns: places.count)
            for (column, place) in places.enumerated() {
                starts.values[column * count + place] = scale
                for row in 0..<width {
                    images.values[column * width + row] = rows.values[place * width + row] * scale
                }
            }
        case .covariance:
            images = sample.columns(without: mean)
            starts = factor.solve(images)
        }
        let roots = try LinearAlgebra.rootForms(of: gram, starts)
        let terms = (0..<images.columns).map { column in
            var term = -roots[column]
            for row in 0..<width {
                let x = images.values[column * width + row]
                term += x * x - 2 * difference[row] * x
            }
            return term
        }
        let mean = terms.reduce(0, +) / Double(terms.count)
        let squares = terms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return squares / Double(terms.count - 1) / Double(count)
    }
}
