package import SwiftletTensor

extension IntegerLookup: AdaptableLayer {
    /// One whose vocabulary was given keeps it, as in Keras.
    package var isAdaptable: Bool { lookup.vocabulary == nil || lookup.isLearned }

    package func lacksStatistics(_ weight: (String) -> Tensor?) -> Bool { lookup.vocabulary == nil }

    package func adaptation() throws -> any LayerAdaptation { Counts(layer: self) }

    /// How often each number occurs, and in how many samples.
    private struct Counts: LayerAdaptation {
        let layer: IntegerLookup
        private var counts: [Int64: TokenCount<Int64>] = [:]
        private var documents = 0

        init(layer: IntegerLookup) { self.layer = layer }

        mutating func add(_ batch: Tensor) throws {
            guard layer.lookup.mode != .tfIDF || batch.rank <= 2 else {
                throw layer.refusal("tf_idf learns from samples of one axis, not \(batch.shape)")
            }
            guard let rows = batch.shape.first, rows > 0 else { return }
            let numbers = try batch.converted(to: .int64).elements(of: Int64.self)
            let width = numbers.count / rows
            for row in 0..<rows {
                var seen: Set<Int64> = []
                for number in numbers[row * width..<(row + 1) * width] {
                    var count = counts[number] ?? TokenCount(token: number)
                    count.count += 1
                    if seen.insert(number).inserted { count.documents += 1 }
                    counts[number] = count
                }
            }
            documents += rows
        }

        func result() throws -> (layer: any Layer, weights: [(name: String, value: Tensor)]) {
            (try layer.learned(counts, documents: documents), [])
        }
    }
}
