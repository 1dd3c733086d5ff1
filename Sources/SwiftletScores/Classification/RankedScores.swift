internal import CKernels
internal import SwiftletTensor

/// Scores over all thresholds: areas under the ROC and the precision-recall curve.
///
/// They depend on the order of all rows, so every batch is kept; the probabilities share their
/// bytes with the tensors that were given.
struct RankedScores: Sendable {
    private struct Kept: Sendable {
        let scores: PredictedScores
        let classes: [Int32]
        let flags: [UInt8]
        let weights: [Double]?

        /// All labels of multilabel rows as rows of their own.
        var flattened: Kept {
            Kept(
                scores: scores.flattened, classes: [], flags: flags,
                weights: weights?.flatMap { [Double](repeating: $0, count: scores.columns) })
        }
    }

    private var batches: [Kept] = []

    mutating func update(_ batch: ClassificationBatch) {
        guard let scores = batch.scores else { return }
        switch batch.content {
        case .classes(let truth, _):
            batches.append(
                Kept(scores: scores, classes: truth, flags: [], weights: batch.weights))
        case .flags(let truth, _):
            batches.append(Kept(scores: scores, classes: [], flags: truth, weights: batch.weights))
        }
    }

    mutating func merge(_ other: Self) { batches += other.batches }

    /// One column's class, or label, against the rest.
    func ranking(column: Int) -> Ranking { Self.ranking(of: batches, column: column) }

    /// Every column's, in parallel.
    func rankings(columns: Int, workers: Workers) -> [Ranking] {
        [Ranking](unsafeUninitializedCapacity: columns) { results, count in
            nonisolated(unsafe) let results = results
            workers.forEach(parts: columns) { column in
                results.initializeElement(at: column, to: ranking(column: column))
            }
            count = columns
        }
    }

    /// All rows and labels as one binary problem.
    var pooledRanking: Ranking { Self.ranking(of: batches.map(\.flattened), column: 0) }

    /// One column's class, or label, against the rest at every threshold.
    func curve(column: Int, resolution: Int) -> ThresholdCurve {
        let count = batches.reduce(0) { $0 + $1.scores.rows }
        var keys = [sl_score_weighted_key](
            repeating: sl_score_weighted_key(key: 0, weight: 0), count: count)
        var (front, back) = (0, count)
        keys.withUnsafeMutableBufferPointer { keys in
            Self.forEach(batches, column: column) { matrix, truth, weights in
                sl_score_gather_weighted(
                    matrix, column, truth, weights, keys.baseAddress, &front, &back)
            }
        }
        var positives = Array(keys[..<front])
        var negatives = Array(keys[back...])
        sl_score_sort_weighted(&positives, positives.count, &keys)
        sl_score_sort_weighted(&negatives, negatives.count, &keys)
        return ThresholdCurve(
            column: column, positives: positives, negatives: negatives,
            ranking: ranking(column: column), resolution: resolution)
    }

    private static func ranking(of batches: [Kept], column: Int) -> Ranking {
        let count = batches.reduce(0) { $0 + $1.scores.rows }
        if batches.contains(where: { $0.weights != nil }) {
            return Ranking(
                sorting: count, of: sl_score_weighted_key.self,
                gather: { keys, front, back in
                    forEach(batches, column: column) { matrix, truth, weights in
                        sl_score_gather_weighted(
                            matrix, column, truth, weights, keys, &front, &back)
                    }
                }, rank: sl_score_rank_weighted)
        }
        if batches.contains(where: { $0.scores.isDouble }) {
            return Ranking(
                sorting: count, of: UInt64.self,
                gather: { keys, front, back in
                    forEach(batches, column: column) { matrix, truth, _ in
                        sl_score_gather_keys64(matrix, column, truth, keys, &front, &back)
                    }
                }, rank: sl_score_rank_keys64)
        }
        return Ranking(
            sorting: count, of: UInt32.self,
            gather: { keys, front, back in
                forEach(batches, column: column) { matrix, truth, _ in
                    sl_score_gather_keys32(matrix, column, truth, keys, &front, &back)
                }
            }, rank: sl_score_rank_keys32)
    }

    private static func forEach(
        _ batches: [Kept], column: Int,
        _ body: (sl_score_matrix, sl_score_positives, UnsafePointer<Double>?) -> Void
    ) {
        for batch in batches {
            batch.scores.withMatrix { matrix in
                batch.classes.withUnsafeBufferPointer { classes in
                    batch.flags.withUnsafeBufferPointer { flags in
                        let truth = sl_score_positives(
                            labels: classes.baseAddress, positive: Int32(column),
                            flags: flags.isEmpty ? nil : flags.baseAddress)
                        if let weights = batch.weights {
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
    /// Nil if only one side is present.
    let areaUnderROC: Double?
    /// `Σ (Rₙ − Rₙ₋₁) Pₙ` over distinct thresholds; nil without positives.
    let averagePrecision: Double?

    fileprivate init<Key>(
        sorting count: Int, of: Key.Type,
        gather: (UnsafeMutablePointer<Key>, inout Int, inout Int) -> Void,
        rank: (
            UnsafeMutablePointer<Key>?, Int, UnsafeMutablePointer<Key>?, Int,
            UnsafeMutablePointer<Key>?
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
        let result = rank(keys, front, keys + back, negatives, scratch)
        positives = result.positives
        let bothPresent = result.positives > 0 && result.negatives > 0
        areaUnderROC = bothPresent ? result.roc_auc : nil
        averagePrecision = result.positives > 0 ? result.average_precision : nil
    }
}

extension [Ranking] {
    /// Adds `<name>_macro` and `<name>_weighted`: means over the columns where the score is defined.
    func addMeans(
        of score: (Ranking) -> Double?, name: String, to scores: inout ScoreList
    ) {
        let defined = compactMap { ranking in score(ranking).map { ($0, ranking.positives) } }
        let support = defined.reduce(0) { $0 + $1.1 }
        let sum = defined.reduce(0) { $0 + $1.0 }
        let weighted = defined.reduce(0) { $0 + $1.0 * $1.1 }
        scores.add("\(name)_macro", defined.isEmpty ? nil : sum / Double(defined.count))
        scores.add("\(name)_weighted", support > 0 ? weighted / support : nil)
    }
}
