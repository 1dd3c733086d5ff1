internal import SwiftletTensor

/// Rows that can be drawn again and again.
protocol RowBatch: Sendable {
    var rows: Int { get }
    /// The rows with these numbers, repeated as they are.
    func rows(at indices: [Int]) throws -> Self
}

/// The rows of a test set, or of many rows a part spread evenly over them.
struct RowPool<Batch: RowBatch>: Sendable {
    private let batches: [Batch]
    /// Rows to draw from, and of those there were.
    let rows: Int
    let allRows: Int

    /// - Parameter limit: of many rows, so many stand for all.
    init(_ batches: [Batch], limit: Int, seed: UInt64) throws {
        allRows = batches.reduce(0) { $0 + $1.rows }
        guard allRows > limit else {
            (self.batches, rows) = (batches, allRows)
            return
        }
        // One of every stretch of rows, at a random place lest a period in them shows.
        var random = RandomSequence(seed: seed, stream: .max)
        let total = allRows
        let chosen = (0..<limit).map { stretch in
            let start = stretch * total / limit
            return start + random.below((stretch + 1) * total / limit - start)
        }
        self.batches = try Self.split(chosen, batches).map { try $0.rows(at: $1) }
        rows = limit
    }

    /// As many rows as the pool has, drawn with replacement: always the same for one number.
    func resample(_ number: Int, seed: UInt64) throws -> [Batch] {
        var random = RandomSequence(seed: seed, stream: UInt64(number))
        let indices = (0..<rows).map { _ in random.below(rows) }
        return try Self.split(indices, batches).map { try $0.rows(at: $1) }
    }

    /// Which row of which batch each number means.
    private static func split(
        _ indices: [Int], _ batches: [Batch]
    ) -> [(Batch, [Int])] {
        guard batches.count > 1 else { return batches.map { ($0, indices) } }
        var ends: [Int] = []
        for batch in batches { ends.append((ends.last ?? 0) + batch.rows) }
        var parts = [[Int]](repeating: [], count: batches.count)
        for index in indices {
            let part = firstEnd(above: index, ends)
            parts[part].append(index - (part > 0 ? ends[part - 1] : 0))
        }
        return Array(zip(batches, parts))
    }

    private static func firstEnd(above index: Int, _ ends: [Int]) -> Int {
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > index { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The single numbers of many resampled test sets.
struct Replicates: Sendable {
    let names: [String]
    /// `[resamples, names]`, NaN where undefined.
    private let values: [Double]
    let resamples: Int

    /// - Parameters:
    ///   - names: of the scores that are kept.
    ///   - scores: of resample number `n`; nil if there was no memory for it.
    init(
        _ names: [String], resamples: Int, workers: Workers, scores: (Int) -> ScoreList?
    ) {
        self.names = names
        self.resamples = resamples
        values = [Double](unsafeUninitializedCapacity: resamples * names.count) { values, count in
            nonisolated(unsafe) let values = values
            workers.forEach(count: resamples, grain: 8) { numbers in
                for number in numbers {
                    let list = scores(number)
                    for (column, name) in names.enumerated() {
                        values.initializeElement(
                            at: number * names.count + column,
                            to: list?[name]?.double ?? .nan)
                    }
                }
            }
            count = resamples * names.count
        }
    }

    /// A score's values where it is defined, ascending.
    func sorted(_ column: Int) -> [Double] {
        stride(from: column, to: values.count, by: names.count).map { values[$0] }
            .filter { !$0.isNaN }.sorted()
    }

    subscript(number: Int, column: Int) -> Double { values[number * names.count + column] }
}

/// From values of a score over resampled test sets to an interval.
enum BootstrapInterval {
    /// Fewer defined values than this share say nothing of the score's spread.
    private static let leastDefined = 0.5

    /// - Parameters:
    ///   - sorted: the values, ascending; `resamples` were tried.
    ///   - share: rows drawn per resample as a share of all rows. Below 1 the deviations from
    ///     their mean are scaled to what all rows would give, by the square root of the share.
    static func of(
        _ name: String, estimate: Double, sorted: [Double], resamples: Int, share: Double
    ) -> ScoreInterval? {
        guard sorted.count > 1, Double(sorted.count) >= leastDefined * Double(resamples) else {
            return nil
        }
        var low = quantile(sorted, (1 - Confidence.level) / 2)
        var high = quantile(sorted, (1 + Confidence.level) / 2)
        if share < 1 || ScoreRange.isBiased(name) {
            let mean = sorted.reduce(0, +) / Double(sorted.count)
            low = estimate + (low - mean) * share.squareRoot()
            high = estimate + (high - mean) * share.squareRoot()
        }
        guard !low.isNaN, !high.isNaN else { return nil }
        let range = ScoreRange.of(name)
        return ScoreInterval(
            low: min(max(low, range.lowerBound), range.upperBound),
            high: min(max(high, range.lowerBound), range.upperBound), method: .bootstrap)
    }

    /// Linear between the two nearest, as NumPy and R do.
    static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        let place = share * Double(sorted.count - 1)
        let index = min(Int(place), sorted.count - 2)
        let (a, b) = (sorted[index], sorted[index + 1])
        return a == b ? a : a + (b - a) * (place - Double(index))
    }
}
