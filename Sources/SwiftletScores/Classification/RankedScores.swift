internal import CKernels
internal import SwiftletTensor

/// Scores over all thresholds: areas under the ROC and the precision-recall curve.
///
/// They depend on the order of all rows, so they need every batch.
struct RankedScores {
    private let batches: [ClassificationBatch]
    private let isFlattened: Bool

    /// - Parameter isFlattened: all labels of multilabel rows are rows of their own.
    init(_ batches: [ClassificationBatch], isFlattened: Bool = false) {
        self.batches = batches
        self.isFlattened = isFlattened
    }

    /// One column's class, or label, against the rest.
    ///
    /// - Parameter resolution: of the curve that the ranking brings; 0 for none.
    func ranking(column: Int, resolution: Int = 0) -> Ranking {
        if batches.contains(where: { $0.weights != nil }) {
            return Ranking(
                sorting: count, resolution: resolution, of: sl_score_weighted_key.self,
                gather: { keys, front, back in
                    forEachBatch(column: column) { matrix, truth, weights in
                        sl_score_gather_weighted(
                            matrix, column, truth, weights, keys, &front, &back)
                    }
                }, rank: sl_score_rank_weighted)
        }
        if batches.contains(where: { $0.scores?.isDouble ?? false }) {
            return Ranking(
                sorting: count, resolution: resolution, of: UInt64.self,
                gather: { keys, front, back in
                    forEachBatch(column: column) { matrix, truth, _ in
                        sl_score_gather_keys64(matrix, column, truth, keys, &front, &back)
                    }
                }, rank: sl_score_rank_keys64)
        }
        return Ranking(
            sorting: count, resolution: resolution, of: UInt32.self,
            gather: { keys, front, back in
                forEachBatch(column: column) { matrix, truth, _ in
                    sl_score_gather_keys32(matrix, column, truth, keys, &front, &back)
                }
            }, rank: sl_score_rank_keys32)
    }

    /// Every column's, in parallel.
    func rankings(columns: Int, resolution: Int = 0, workers: Workers) -> [Ranking] {
        [Ranking](unsafeUninitializedCapacity: columns) { results, count in
            nonisolated(unsafe) let results = results
            workers.forEach(parts: columns) { column in
                results.initializeElement(
                    at: column,
                    to: ranking(
                        column: column,
                        resolution: column < ThresholdCurve.largestCount ? resolution : 0))
            }
            count = columns
        }
    }

    /// One column's rows from the highest score down, to be ranked under other weights.
    func order(column: Int) -> RankedOrder {
        var rows: [sl_score_weighted_key] = []
        var flags: [UInt8] = []
        rows.reserveCapacity(count)
        flags.reserveCapacity(count)
        var start = 0
        for batch in batches {
            guard let scores = batch.scores else { continue }
            let columns = isFlattened ? 0..<scores.columns : column..<column + 1
            for row in 0..<batch.rows {
                for column in columns {
                    rows.append(
                        sl_score_weighted_key(
                            key: sl_score_key_of(scores.value(row, column)),
                            weight: Double(2 * (start + row) + batch.positive(row, column))))
                }
            }
            start += batch.rows
        }
        var scratch = rows
        sl_score_sort_weighted(&rows, rows.count, &scratch)
        return RankedOrder(rows)
    }

    private var count: Int {
        batches.reduce(0) { $0 + ($1.scores.map { isFlattened ? $0.flattened : $0 }?.rows ?? 0) }
    }

    private func forEachBatch(
        column: Int, _ body: (sl_score_matrix, sl_score_positives, UnsafePointer<Double>?) -> Void
    ) {
        for batch in batches {
            guard let own = batch.scores else { continue }
            let scores = isFlattened ? own.flattened : own
            let (classes, flags): ([Int32], [UInt8]) =
                switch batch.content {
                case .classes(let truth, _): (truth, [])
                case .flags(let truth, _): ([], truth)
                }
            let weights =
                isFlattened
                ? batch.weights?.flatMap { [Double](repeating: $0, count: own.columns) }
                : batch.weights
            scores.withMatrix { matrix in
                classes.withUnsafeBufferPointer { classes in
                    flags.withUnsafeBufferPointer { flags in
                        let truth = sl_score_positives(
                            labels: classes.baseAddress, positive: Int32(column),
                            flags: flags.isEmpty ? nil : flags.baseAddress)
                        if let weights {
                            weights.withUnsafeBufferPointer { body(matrix, truth, $0.baseAddress) }
                        } else {
                            body(matrix, truth, nil)
                        }
                    }
                }
            }
        }
    }
}

extension ClassificationBatch {
    fileprivate func positive(_ row: Int, _ column: Int) -> Int {
        switch content {
        case .classes(let truth, _): truth[row] == column ? 1 : 0
        case .flags(let truth, _): Int(truth[row * columns + column])
        }
    }
}

/// Rows from the highest score of one column down: sorted once, ranked under any weights.
struct RankedOrder: Sendable {
    private let entries: [UInt32]

    /// - Parameter sorted: upwards; twice the row's number, and 1 for a positive one.
    fileprivate init(_ sorted: [sl_score_weighted_key]) {
        entries = sorted.indices.reversed().map { index in
            let number = UInt32(sorted[index].weight)
            let isLast = index == 0 || sorted[index - 1].key != sorted[index].key
            return number >> 1 | (number & 1) << 30 | (isLast ? 1 << 31 : 0)
        }
    }

    /// - Parameter times: how often every row counts, by their numbers.
    func ranking(times: [UInt32]) -> Ranking {
        Ranking(sl_score_rank_times(entries, entries.count, times), curve: [])
    }

    /// - Parameter weights: of all rows, by their numbers.
    func ranking(_ weights: [Double]) -> Ranking {
        Ranking(sl_score_rank_order(entries, entries.count, weights), curve: [])
    }
}

/// The areas of one binary problem, and the weights of its two sides.
struct Ranking: Sendable {
    let positives: Double
    let negatives: Double
    /// Nil if only one side is present.
    let areaUnderROC: Double?
    /// `Σ (Rₙ − Rₙ₋₁) Pₙ` over distinct thresholds; nil without positives.
    let averagePrecision: Double?
    /// DeLong's, without weights; nil below two rows of either side.
    let areaVariance: Double?
    let curve: [ThresholdCurve.Point]

    fileprivate init<Key>(
        sorting count: Int, resolution: Int, of: Key.Type,
        gather: (UnsafeMutablePointer<Key>, inout Int, inout Int) -> Void,
        rank: (
            UnsafeMutablePointer<Key>?, Int, UnsafeMutablePointer<Key>?, Int,
            UnsafeMutablePointer<Key>?, UnsafeMutablePointer<sl_score_curve>?
        ) -> sl_score_ranking
    ) {
        let keys = UnsafeMutablePointer<Key>.allocate(capacity: max(count, 1))
        defer { keys.deallocate() }
        var front = 0
        var back = count
        gather(keys, &front, &back)
        let negatives = count - back
        let scratch = UnsafeMutablePointer<Key>.allocate(capacity: max(front, negatives, 1))
        defer { scratch.deallocate() }
        let room = resolution > 0 ? 2 * resolution + 2 : 0
        var points = [sl_score_curve_point](repeating: sl_score_curve_point(), count: room)
        var traced = 0
        let result = points.withUnsafeMutableBufferPointer { points in
            guard room > 0 else { return rank(keys, front, keys + back, negatives, scratch, nil) }
            var curve = sl_score_curve(
                resolution: resolution, count: 0, points: points.baseAddress)
            defer { traced = curve.count }
            return rank(keys, front, keys + back, negatives, scratch, &curve)
        }
        self.init(
            result, curve: points[..<traced].map { ThresholdCurve.Point($0, of: result) })
    }

    fileprivate init(_ result: sl_score_ranking, curve: [ThresholdCurve.Point]) {
        self.curve = curve
        positives = result.positives
        self.negatives = result.negatives
        let bothPresent = result.positives > 0 && result.negatives > 0
        areaUnderROC = bothPresent ? result.roc_auc : nil
        averagePrecision = result.positives > 0 ? result.average_precision : nil
        areaVariance = result.roc_variance.isNaN ? nil : result.roc_variance
    }
}
