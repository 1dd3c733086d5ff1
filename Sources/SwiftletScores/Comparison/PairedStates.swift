internal import CKernels
internal import SwiftletTensor

/// Two classifiers' answers to the same rows.
struct PairedClassification {
    private let a: ClassificationScores
    private let b: ClassificationScores

    init(_ a: ClassificationScores, _ b: ClassificationScores) throws(ScoreError) {
        guard a.samples == b.samples else {
            throw .mismatch("A answers \(a.samples) rows, B \(b.samples)")
        }
        guard a.settledKind == b.settledKind else {
            throw .mismatch(
                "A is \(a.settledKind.rawValue), B \(b.settledKind.rawValue): one --kind for both")
        }
        self.a = a
        self.b = b
    }

    func comparison(
        _ confidence: Confidence, workers: Workers
    ) throws(ScoreError) -> Comparison {
        let reports = (a: try a.results(workers: workers), b: try b.results(workers: workers))
        let size = a.bootstrapSize(confidence, batches: 2)
        guard
            let pools = try? (
                a: RowPool(a.batches, limit: size.rows, seed: confidence.seed),
                b: RowPool(b.batches, limit: size.rows, seed: confidence.seed)
            )
        else { throw .memory("no memory for the rows to draw from") }
        let (first, second) = (a, b)
        let bootstrap = PairedBootstrap(
            reports, confidence: confidence,
            sizes: (pools.a.rows, pools.a.allRows, size.resamples), workers: workers
        ) { number in
            guard
                let a = first.scores(
                    ofResample: number, from: pools.a, part: .all, seed: confidence.seed),
                let b = second.scores(
                    ofResample: number, from: pools.b, part: .all, seed: confidence.seed)
            else { return nil }
            return (a, b)
        }
        var tests: [String: (pValue: Double, method: String)] = [:]
        let mcNemar = mcNemar
        if let mcNemar { tests["accuracy"] = (mcNemar.midP, "mcnemar") }
        if let deLong { tests["roc_auc"] = (deLong.pValue, "delong") }
        return bootstrap.comparison(mcNemar, tests: tests)
    }

    /// Of rows that count alike.
    private var mcNemar: McNemar? {
        guard !a.isWeighted, !b.isWeighted else { return nil }
        let pairs = zip(a.batches.flatMap(\.rightRows), b.batches.flatMap(\.rightRows))
        var (onlyA, onlyB) = (0, 0)
        for (a, b) in pairs where a != b {
            if a { onlyA += 1 } else { onlyB += 1 }
        }
        return McNemar(onlyA: onlyA, onlyB: onlyB)
    }

    private var deLong: DeLongTest? {
        guard a.settledKind == .binary, a.hasScores, b.hasScores, !a.isWeighted else { return nil }
        var flags: [UInt8] = []
        for batch in a.batches {
            guard case .flags(let truth, _) = batch.content else { return nil }
            flags += truth
        }
        func scores(_ state: ClassificationScores) -> [Double] {
            state.batches.flatMap { batch in
                batch.scores.map { scores in
                    (0..<scores.rows).map { scores.tensor.scoreValue(at: $0) }
                } ?? []
            }
        }
        return DeLongTest(flags: flags, a: scores(a), b: scores(b))
    }
}

extension ClassificationBatch {
    /// Whether each row is decided rightly, throughout if it has several labels.
    var rightRows: [Bool] { (0..<rows).map(isRight) }

    func isRight(_ row: Int) -> Bool {
        switch content {
        case .classes(let truth, let decided): return truth[row] == decided[row]
        case .flags(let truth, let decided):
            let cells = row * columns..<(row + 1) * columns
            return truth[cells] == decided[cells]
        }
    }
}

/// Two regressions' answers to the same rows.
struct PairedRegression {
    private let a: RegressionScores
    private let b: RegressionScores

    init(_ a: RegressionScores, _ b: RegressionScores) throws(ScoreError) {
        guard a.samples == b.samples, a.outputCount == b.outputCount else {
            throw .mismatch(
                "A answers [\(a.samples), \(a.outputCount)], B [\(b.samples), \(b.outputCount)]")
        }
        self.a = a
        self.b = b
    }

    func comparison(
        _ confidence: Confidence, workers: Workers
    ) throws(ScoreError) -> Comparison {
        let reports = (a: try a.results(workers: workers), b: try b.results(workers: workers))
        let size = a.bootstrapSize(confidence, batches: 2)
        guard
            let pools = try? (
                a: RowPool(a.batches, limit: size.rows, seed: confidence.seed),
                b: RowPool(b.batches, limit: size.rows, seed: confidence.seed)
            )
        else { throw .memory("no memory for the rows to draw from") }
        let (first, second) = (a, b)
        return PairedBootstrap(
            reports, confidence: confidence,
            sizes: (pools.a.rows, pools.a.allRows, size.resamples), workers: workers
        ) { number in
            guard
                let a = first.scores(ofResample: number, from: pools.a, seed: confidence.seed),
                let b = second.scores(ofResample: number, from: pools.b, seed: confidence.seed)
            else { return nil }
            return (a, b)
        }.comparison(nil, tests: [:])
    }
}
