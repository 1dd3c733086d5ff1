internal import CKernels
public import SwiftletTensor

/// All classification scores of a stream of batches.
///
///     var scores = ClassificationScores()
///     try scores.update(truth: labels, predicted: probabilities)
///     let accuracy = try scores.results()["accuracy"]
///
/// States of parts may be merged in any order. Memory is constant but for the areas under curves,
/// which keep the probabilities (shared with the tensors given, not copied).
public struct ClassificationScores: Sendable {
    private var kind: ClassificationKind?
    /// Classes or labels of the first batch, 0 for decided classes; nil before it.
    private var columns: Int?
    private var hasScores = false
    private var samples = 0
    private var weight = Sum()

    private var confusion = ConfusionMatrix()
    private var labels = LabelCounts()
    private var rows = RowRatios()
    private var logLoss = LogLoss()
    private var brier = BrierScore()
    private(set) var calibration = CalibrationError()
    private var topK = TopKAccuracy()
    private(set) var ranked = RankedScores()
    private var labelRanking = LabelRanking()

    /// - Parameter kind: nil to infer it from the first batch's element types and shapes: integers
    ///   are decided classes; floats are probabilities, `[N]` of class 1, `[N, C]` of C classes
    ///   (truth `[N]`, or one-hot `[N, C]`) or of labels (truth `[N, C]` otherwise).
    public init(kind: ClassificationKind? = nil) { self.kind = kind }

    /// Counts a batch. After an error nothing of it has been counted.
    ///
    /// - Parameters:
    ///   - truth: `[N]` or `[N, 1]` classes, `[N, C]` one-hot, or `[N, L]` zeros and ones.
    ///   - predicted: `[N]`, `[N, 1]` or `[N, columns]`; see ``init(kind:)``.
    ///   - weights: `[N]`, finite and not negative; nil for 1 each.
    public mutating func update(
        truth: Tensor, predicted: Tensor, weights: Tensor? = nil
    ) throws(ScoreError) {
        let batch = try ClassificationBatch(
            truth: truth, predicted: predicted, weights: weights, kind: kind)
        guard batch.rows > 0 else { return }
        if let columns {
            try Self.requireMatch(
                (batch.kind, batch.columns, batch.scores != nil), (kind, columns, hasScores))
        }
        kind = batch.kind
        columns = batch.columns
        hasScores = batch.scores != nil
        samples += batch.rows
        weight.add(batch.totalWeight)
        confusion.update(batch)
        labels.update(batch)
        logLoss.update(batch)
        brier.update(batch)
        ranked.update(batch)
        if kind == .multilabel {
            rows.update(batch)
            labelRanking.update(batch)
        } else {
            calibration.update(batch)
            topK.update(batch)
        }
    }

    /// Counts what `other` has counted.
    public mutating func merge(_ other: Self) throws(ScoreError) {
        guard let otherColumns = other.columns else { return }
        if let columns {
            try Self.requireMatch(
                (other.kind, otherColumns, other.hasScores), (kind, columns, hasScores))
        }
        kind = other.kind
        columns = otherColumns
        hasScores = other.hasScores
        samples += other.samples
        weight.merge(other.weight)
        confusion.merge(other.confusion)
        labels.merge(other.labels)
        rows.merge(other.rows)
        logLoss.merge(other.logLoss)
        brier.merge(other.brier)
        calibration.merge(other.calibration)
        topK.merge(other.topK)
        ranked.merge(other.ranked)
        labelRanking.merge(other.labelRanking)
    }

    private typealias Form = (kind: ClassificationKind?, columns: Int, hasScores: Bool)

    private static func requireMatch(_ new: Form, _ old: Form) throws(ScoreError) {
        func words(_ form: Form) -> String {
            let kind = form.kind?.rawValue ?? "classes"
            let columns = form.columns > 1 ? ", \(form.columns) columns" : ""
            return "\(kind)\(columns), \(form.hasScores ? "probabilities" : "decided")"
        }
        guard new == old else {
            throw .mismatch("a batch of \(words(new)) does not fit those before: \(words(old))")
        }
    }

    /// The scores of everything counted so far.
    ///
    /// - Parameter workers: threads that share the columns of ranked scores; the results do not
    ///   depend on their number.
    public func results(workers: Workers = .single) throws(ScoreError) -> ScoreReport {
        guard samples > 0, let columns else { throw .empty }
        guard weight.value > 0 else { throw .noWeight }
        var scores = ScoreList()
        // Decided classes of no declared kind are binary if only 0 and 1 were seen.
        let kind = kind ?? (confusion.classes <= 2 ? .binary : .multiclass)
        switch kind {
        case .binary: addBinary(to: &scores)
        case .multiclass: addMulticlass(to: &scores, classes: columns, workers: workers)
        case .multilabel: addMultilabel(to: &scores, labels: columns, workers: workers)
        }
        return ScoreReport(
            task: "classification", kind: kind.rawValue, samples: samples, scores: scores)
    }

    /// Columns of probabilities; 0 for decisions.
    var scoredColumns: Int { hasScores ? columns ?? 0 : 0 }

    private func addDecisions(_ confusion: ConfusionMatrix, to scores: inout ScoreList) {
        let classes = confusion.perClass
        confusion.addShares(to: &scores)
        for ratio in DecisionRatio.all {
            ratio.add(to: &scores, all: classes, averaged: classes.filter(\.occurs))
        }
        scores.add("support_per_class", ScoreValue(classes.map(\.support)))
        scores.add("confusion_matrix", .matrix(confusion.rows))
        confusion.addAgreement(to: &scores)
    }

    private func addBinary(to scores: inout ScoreList) {
        var matrix = confusion
        matrix.grow(to: 2)
        if let counts = labels.perLabel.first { matrix = ConfusionMatrix(binary: counts) }
        addDecisions(matrix, to: &scores)
        for ratio in DecisionRatio.all { scores.add(ratio.name, ratio.of(matrix.perClass[1])) }
        guard hasScores else { return }
        let ranking = ranked.ranking(column: 0)
        scores.add("roc_auc", ranking.areaUnderROC)
        scores.add("average_precision", ranking.averagePrecision)
        scores.add("log_loss", logLoss.compute(totalWeight: weight.value))
        scores.add("brier", brier.compute(totalWeight: weight.value))
        scores.add("ece", calibration.compute(totalWeight: weight.value))
    }

    private func addMulticlass(to scores: inout ScoreList, classes: Int, workers: Workers) {
        addDecisions(confusion, to: &scores)
        guard hasScores else { return }
        let rankings = ranked.rankings(columns: classes, workers: workers)
        scores.add("roc_auc_per_class", ScoreValue(rankings.map(\.areaUnderROC)))
        rankings.addMeans(of: \.areaUnderROC, name: "roc_auc_ovr", to: &scores)
        scores.add("average_precision_per_class", ScoreValue(rankings.map(\.averagePrecision)))
        rankings.addMeans(of: \.averagePrecision, name: "average_precision", to: &scores)
        scores.add("log_loss", logLoss.compute(totalWeight: weight.value))
        scores.add("brier", brier.compute(totalWeight: weight.value))
        scores.add("ece", calibration.compute(totalWeight: weight.value))
        topK.add(to: &scores, classes: classes)
    }

    private func addMultilabel(to scores: inout ScoreList, labels count: Int, workers: Workers) {
        let perLabel = labels.perLabel
        labels.add(to: &scores, totalWeight: weight.value)
        for ratio in DecisionRatio.all {
            ratio.add(to: &scores, all: perLabel, averaged: perLabel)
        }
        rows.add(to: &scores, totalWeight: weight.value)
        scores.add("support_per_class", ScoreValue(perLabel.map(\.support)))
        guard hasScores else { return }
        let rankings = ranked.rankings(columns: count, workers: workers)
        let pooled = ranked.pooledRanking
        scores.add("roc_auc_per_class", ScoreValue(rankings.map(\.areaUnderROC)))
        rankings.addMeans(of: \.areaUnderROC, name: "roc_auc", to: &scores)
        scores.add("roc_auc_micro", pooled.areaUnderROC)
        scores.add("average_precision_per_class", ScoreValue(rankings.map(\.averagePrecision)))
        rankings.addMeans(of: \.averagePrecision, name: "average_precision", to: &scores)
        scores.add("average_precision_micro", pooled.averagePrecision)
        let elements = weight.value * Double(count)
        scores.add("log_loss", logLoss.compute(totalWeight: elements))
        scores.add("brier", brier.compute(totalWeight: elements))
        labelRanking.add(to: &scores, totalWeight: weight.value)
    }
}
