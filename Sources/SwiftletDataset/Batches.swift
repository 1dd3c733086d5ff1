public import SwiftletTensor

/// One pass over a dataset in pieces of equal size; the last one may be smaller.
///
/// A batch is cut out when it is asked for, so any of them may be made on any thread.
public struct Batches: Sendable {
    public let dataset: Dataset
    /// Samples per batch.
    public let size: Int
    /// The samples' order; nil for the dataset's own.
    public let order: [Int]?

    /// The number of batches.
    public var count: Int { (dataset.count + size - 1) / size }

    /// The samples of batch `index`, which lies in `0..<count`.
    public subscript(index: Int) -> Dataset {
        get throws(DatasetError) {
            let range = index * size..<min(dataset.count, (index + 1) * size)
            if let order { return try dataset.samples(at: Array(order[range])) }
            return try dataset.samples(range)
        }
    }
}

extension Dataset {
    /// One pass over the samples.
    ///
    /// - Parameters:
    ///   - size: samples per batch, at least 1.
    ///   - random: puts the samples into its order; give every pass a stream of its own.
    public func batches(
        of size: Int, shuffledBy random: CounterRandom? = nil
    ) throws(DatasetError) -> Batches {
        guard size > 0 else { throw .batchSize(size) }
        return Batches(dataset: self, size: size, order: random?.permutation(of: count))
    }
}
