internal import CKernels
internal import SwiftletFiles
public import SwiftletTensor

/// All classification scores of a stream of batches.
///
/// ```swift
/// var scores = ClassificationScores()
/// try scores.update(truth: labels, predicted: probabilities)
/// let accuracy = try scores.results()["accuracy"]
/// ```
///
/// Integers and bools are decided classes; floats are probabilities, `[N]` of class 1, `[N, C]` of C
/// classes (truth `[N]`, or one-hot `[N, C]`) or of labels (truth `[N, C]` otherwise). A
/// ``ClassificationReading`` says otherwise.
///
/// States of parts may be merged in any order. Memory is constant for decided classes without
/// weights. The areas under curves, and intervals of scores that are no function of the confusion
/// matrix, need all rows, which are kept (probabilities share their bytes with the tensors given).
public struct ClassificationScores: Sendable {
    private let reading: ClassificationReading
    let rules: ScoreRules
    let convention: ScoreConvention?
    /// What the first batch was found to be.
    private(set) var kind: ClassificationKind?
    /// Classes or labels of the first batch, 0 for decided classes; nil before it.
    private(set) var columns: Int?
    private(set) var hasScores = false
    private(set) var samples = 0
    private(set) var weight = Sum()
    private(set) var isWeighted = false

    private(set) var confusion = ConfusionMatrix()
    private(set) var labels = LabelCounts()
    private(set) var rows = RowRatios()
    private(set) var logLoss = LogLoss()
    private(set) var brier = BrierScore()
    private(set) var calibration = CalibrationError()
    private(set) var topK = TopKAccuracy()
    private(set) var labelRanking = LabelRanking()
    /// Whether rows are kept that no score needs, for a comparison.
    private let keepsRows: Bool
    /// The batches of which a score or an interval needs the rows.
    private(set) var batches: [ClassificationBatch] = []

    /// - Parameter kind: nil to infer it from the first batch's element types and shapes.
    public init(kind: ClassificationKind? = nil) {
        self.init(reading: ClassificationReading(kind: kind))
    }

    /// - Parameter convention: the library to follow where libraries disagree.
    public init(reading: ClassificationReading, convention: ScoreConvention? = nil) {
        self.init(reading: reading, convention: convention, keepsRows: false)
    }

    package init(
        reading: ClassificationReading, convention: ScoreConvention?, keepsRows: Bool
    ) {
        self.reading = reading
        self.keepsRows = keepsRows
        self.convention = convention
        rules = ScoreRules(convention)
        kind = reading.kind
    }

    /// An empty state that counts rows of the same form.
    init(like other: ClassificationScores, kind: ClassificationKind) {
        self.init(reading: other.reading, convention: other.convention)
        (self.kind, columns, hasScores) = (kind, other.columns, other.hasScores)
    }

    /// Counts a batch. After an error nothing of it has been counted.
    ///
    /// - Parameters:
    ///   - truth: `[N]` or `[N, 1]` classes, `[N, C]` one-hot, or `[N, L]` zeros and ones.
    ///   - predicted: `[N]`, `[N, 1]` or `[N, columns]`.
    ///   - weights: `[N]`, finite and not negative; nil for 1 each.
    public mutating func update(
        truth: Tensor, predicted: Tensor, weights: Tensor? = nil
    ) throws(ScoreError) {
        var reading = reading
        reading.kind = kind
        let batch = try ClassificationBatch(
            truth: truth, predicted: predicted, weights: weights, reading: reading)
        guard batch.rows > 0 else { return }
        if let columns {
            try Self.requireMatch(
                (batch.kind, batch.columns, batch.scores != nil), (kind, columns, hasScores))
        }
        kind = batch.kind
        columns = batch.columns
        hasScores = batch.scores != nil
        let isNeeded = hasScores || batch.weights != nil || kind == .multilabel
        count(batch, keeping: isNeeded || keepsRows)
    }

    /// Counts rows that have been checked.
    mutating func count(_ batch: ClassificationBatch, keeping: Bool) {
        if keeping { batches.append(batch) }
        countDecisions(of: batch, .all)
        logLoss.update(batch, rules: rules)
        brier.update(batch, rules: rules)
        guard kind == .multilabel else { return }
        rows.update(batch, rules: rules)
        labelRanking.update(batch, rules: rules)
    }

    /// Counts what is no sum over rows.
    mutating func countDecisions(of batch: ClassificationBatch, _ part: ClassificationPart) {
        samples += batch.rows
        weight.add(batch.totalWeight)
        isWeighted = isWeighted || batch.weights != nil
        if part.contains(.decisions) || kind == .multilabel {
            confusion.update(batch)
            labels.update(batch)
        }
        guard kind != .multilabel else { return }
        calibration.update(batch)
        topK.update(batch, rules: rules)
    }

    /// Takes what is a sum over rows.
    mutating func take(
        _ logLoss: LogLoss, _ brier: BrierScore, _ rows: RowRatios, _ ranking: LabelRanking
    ) {
        self.logLoss = logLoss
        self.brier = brier
        self.rows = rows
        labelRanking = ranking
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
        isWeighted = isWeighted || other.isWeighted
        confusion.merge(other.confusion)
        labels.merge(other.labels)
        rows.merge(other.rows)
        logLoss.merge(other.logLoss)
        brier.merge(other.brier)
        calibration.merge(other.calibration)
        topK.merge(other.topK)
        labelRanking.merge(other.labelRanking)
        batches += other.batches
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
    /// - Parameters:
    ///   - workers: threads that share the work; the results do not depend on their number.
    ///   - confidence: how the scores' intervals are found; nil for none.
    public func results(
        workers: Workers = .single, confidence: Confidence? = nil
    ) throws(ScoreError) -> ScoreReport {
        guard samples > 0, columns != nil else { throw .empty }
        guard weight.value > 0 else { throw .noWeight }
        let ranked = RankedScores(batches)
        let rankings = ranked.rankings(
            columns: scoredColumns, resolution: ThresholdCurve.standardResolution,
            workers: workers)
        let isMultilabel = hasScores && settledKind == .multilabel
        let scores = scores(
            from: .all, rankings: rankings,
            pooled: isMultilabel
                ? RankedScores(batches, isFlattened: true).ranking(column: 0) : nil)
        var report = ScoreReport(
            task: "classification", kind: settledKind.rawValue, samples: samples, scores: scores)
        report.curves = rankings.enumerated().compactMap { ThresholdCurve($1, column: $0) }
        report.details = formDetails
        if let confidence {
            addIntervals(confidence, ranking: rankings.first, to: &report, workers: workers)
        }
        for (name, value) in plotDetails(report.curves) { report.details[name] = value }
        return report
    }

    /// How predictions were read.
    private var formDetails: JSONObject {
        var details: JSONObject = [
            "predictions": .string(
                (reading.predictions ?? (hasScores ? .probabilities : .labels)).rawValue)
        ]
        if hasScores, settledKind != .multiclass {
            details["threshold"] = .double(reading.threshold)
        }
        if let convention { details["convention"] = .string(convention.rawValue) }
        return details
    }

    /// Takes decided classes of no declared kind for some of many.
    mutating func settle() {
        if kind == nil { kind = .multiclass }
    }

    /// Decided classes of no declared kind are binary if only 0 and 1 were seen.
    var settledKind: ClassificationKind {
        kind ?? (confusion.classes <= 2 ? .binary : .multiclass)
    }

    /// Columns of probabilities; 0 for decisions.
    var scoredColumns: Int { hasScores ? columns ?? 0 : 0 }
}
