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
        curve = points[..<traced].map { ThresholdCurve.Point($0, of: result) }
        positives = result.positives
        self.negatives = result.negatives
        let bothPresent = result.positives > 0 && result.negatives > 0
        areaUnderROC = bothPresent ? result.roc_auc : nil
        averagePrecision = result.positives > 0 ? result.average_precision : nil
        areaVariance = result.roc_variance.isNaN ? nil : result.roc_variance
    }
}
