package import SwiftletTensor

extension Normalization: AdaptableLayer {
    package var isAdaptable: Bool { !hasGivenStatistics }

    package func lacksStatistics(_ weight: (String) -> Tensor?) -> Bool {
        guard let mean = try? weight("mean")?.floats(),
            let variance = try? weight("variance")?.floats()
        else { return true }
        // What both have before `adapt`.
        return mean.allSatisfy { $0 == 0 } && variance.allSatisfy { $0 == 1 }
    }

    package func adaptation() throws -> any LayerAdaptation { Moments(layer: self) }

    /// Mean and variance of each position of the kept axes, in double precision.
    private struct Moments: LayerAdaptation {
        let layer: Normalization
        private var shape: [Int] = []
        /// The kept position that each element of a sample belongs to.
        private var positions: [Int] = []
        private var count = 0.0
        private var means: [Double] = []
        /// Sums of squared distances from the means.
        private var squares: [Double] = []

        init(layer: Normalization) { self.layer = layer }

        mutating func add(_ batch: Tensor) throws {
            if positions.isEmpty { try begin(batch.shape) }
            guard batch.elementCount > 0 else { return }
            let values = try batch.floats()
            let width = positions.count
            let own = Double(values.count / means.count)
            var sums = [Double](repeating: 0, count: means.count)
            for (index, value) in values.enumerated() {
                sums[positions[index % width]] += Double(value)
            }
            let batchMeans = sums.map { $0 / own }
            var batchSquares = [Double](repeating: 0, count: means.count)
            for (index, value) in values.enumerated() {
                let distance = Double(value) - batchMeans[positions[index % width]]
                batchSquares[positions[index % width]] += distance * distance
            }
            let total = count + own
            for place in means.indices {
                let distance = batchMeans[place] - means[place]
                means[place] += distance * own / total
                squares[place] += batchSquares[place] + distance * distance * count * own / total
            }
            count = total
        }

        private mutating func begin(_ batch: Shape) throws {
            let kept = layer.axes.compactMap { batch.normalizedAxis($0) }.sorted()
            guard kept.count == layer.axes.count, !kept.contains(0), !batch.isEmpty else {
                throw layer.refusal("axes \(layer.axes) cannot be adapted to inputs \(batch)")
            }
            shape = kept.map { batch[$0] }
            let row = Array(batch.dropFirst())
            positions = (0..<row.reduce(1, *)).map { index in
                var rest = index
                var place = [Int](repeating: 0, count: row.count)
                for axis in row.indices.reversed() {
                    place[axis] = rest % row[axis]
                    rest /= row[axis]
                }
                return kept.reduce(0) { $0 * batch[$1] + place[$1 - 1] }
            }
            means = [Double](repeating: 0, count: shape.reduce(1, *))
            squares = means
        }

        func result() throws -> (layer: any Layer, weights: [(name: String, value: Tensor)]) {
            guard count > 0 else { throw layer.refusal("there are no samples to adapt to") }
            let shape = try Shape(shape)
            return (
                layer,
                [
                    ("mean", try Tensor(means.map { Float($0) }, shape: shape)),
                    ("variance", try Tensor(squares.map { Float($0 / count) }, shape: shape)),
                ]
            )
        }
    }
}
