package import SwiftletTensor

extension Discretization: AdaptableLayer {
    package var isAdaptable: Bool { bins != nil }

    package func lacksStatistics(_ weight: (String) -> Tensor?) -> Bool { boundaries == nil }

    package func adaptation() throws -> any LayerAdaptation {
        guard let bins else { throw refusal("has neither bin_boundaries nor num_bins") }
        // The decimal number that was written, not the float nearest to it.
        return Quantiles(layer: self, bins: bins, epsilon: Double("\(epsilon)") ?? Double(epsilon))
    }

    /// Keras's summary of the values: some of them in ascending order, and how many each stands for.
    private struct Quantiles: LayerAdaptation {
        let layer: Discretization
        let bins: Int
        let epsilon: Double
        private var summary: [(value: Double, weight: Double)] = []
        /// Values that are not in the summary yet: Keras takes an array at once.
        private var waiting: [Float] = []
        private static let most = 1 << 22

        init(layer: Discretization, bins: Int, epsilon: Double) {
            (self.layer, self.bins, self.epsilon) = (layer, bins, epsilon)
        }

        mutating func add(_ batch: Tensor) throws {
            waiting += try batch.floats()
            if waiting.count >= Self.most { summarize() }
        }

        private mutating func summarize() {
            let values = waiting.sorted()
            waiting = []
            guard !values.isEmpty else { return }
            let step = max(Double(values.count) * epsilon, 1)
            let own = stride(from: Int(step - 1), to: values.count, by: Int(step)).map {
                (value: Double(values[$0]), weight: Double(Float(step)))
            }
            let merged = (own + summary).enumerated().sorted {
                ($0.element.value, $0.offset) < ($1.element.value, $1.offset)
            }
            summary = Self.compressed(merged.map(\.element), epsilon)
        }

        /// The values at equal shares of the weight, between those that are there.
        private static func compressed(
            _ summary: [(value: Double, weight: Double)], _ epsilon: Double
        ) -> [(value: Double, weight: Double)] {
            guard Double(summary.count) * epsilon >= 1, epsilon > 0 else { return summary }
            var sums: [Double] = []
            for (_, weight) in summary { sums.append((sums.last ?? 0) + weight) }
            let total = sums.last ?? 1
            let shares = sums.map { $0 / total }
            let count = Int((1 / epsilon).rounded(.up))
            let wanted = (0..<count).map { epsilon + Double($0) * epsilon }
            let values = wanted.map { interpolated($0, shares, summary.map(\.value)) }
            let weights = wanted.map { interpolated($0, shares, sums) }
            return values.indices.map {
                (
                    Double(Float(values[$0])),
                    Double(Float(weights[$0] - ($0 > 0 ? weights[$0 - 1] : 0)))
                )
            }
        }

        func result() throws -> (layer: any Layer, weights: [(name: String, value: Tensor)]) {
            var complete = self
            complete.summarize()
            let summary = complete.summary
            let boundaries = quantiles(
                of: summary.map(\.value), counting: summary.map(\.weight), bins)
            guard !boundaries.isEmpty || bins == 1 else {
                throw layer.refusal("too few values for \(bins) bins")
            }
            return (layer.with(boundaries: boundaries), [])
        }
    }
}
