/// One of several parts that rows are shared out in: `2/4` is the second of four.
///
/// A part is a stretch of neighbouring rows, cut where a batch ends, so that every row is computed in the
/// same company as in one run over all. Of *b* batches the k-th of n parts has those from ⌊(k−1)·b/n⌋ to
/// below ⌊k·b/n⌋; it depends on nothing else.
public struct Shard: Sendable, Hashable, CustomStringConvertible {
    /// From 0.
    public let index: Int
    public let count: Int

    /// More parts than this make no sense.
    public static let largestCount = 1_000_000

    /// - Parameter number: from 1 to `count`.
    /// - Returns: nil for a number outside, or more parts than ``largestCount``.
    public init?(_ number: Int, of count: Int) {
        guard (1...Self.largestCount).contains(count), (1...count).contains(number) else {
            return nil
        }
        (index, self.count) = (number - 1, count)
    }

    /// `2/4`
    public init?(_ text: String) {
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let number = numbers[0], let count = numbers[1] else {
            return nil
        }
        self.init(number, of: count)
    }

    /// Everything in one part.
    public static let whole = Shard(wholeOf: 1)
    private init(wholeOf count: Int) { (index, self.count) = (0, count) }

    public var description: String { "\(index + 1)/\(count)" }

    /// The rows of this part.
    ///
    /// - Parameters:
    ///   - total: of all parts together.
    ///   - batchSize: rows that are computed at once.
    public func rows(of total: Int, batchSize: Int) -> Range<Int> {
        let size = max(1, batchSize)
        let batches = total / size + (total % size > 0 ? 1 : 0)
        func start(_ part: Int) -> Int {
            // index · batches / count, without overflow
            let (high, low) = part.multipliedFullWidth(by: batches)
            let batch = count.dividingFullWidth((high, low)).quotient
            return batch >= batches ? total : batch * size
        }
        return start(index)..<start(index + 1)
    }
}
