internal import CKernels
public import SwiftletTensor

/// All regression scores of a stream of batches; over several outputs the plain mean of theirs.
///
/// States of parts may be merged in any order. Memory is constant but for the median and the rank
/// correlations, which keep the batches (shared with the tensors given, not copied).
public struct RegressionScores: Sendable {
    private struct Output: Sendable {
        var losses: PointwiseSums
        var moments = PairMoments()
    }

    /// p of the adjusted r²; nil leaves it out.
    private let predictors: Int?
    private let losses: [PointwiseLoss]
    private(set) var samples = 0
    private(set) var weight = Sum()
    private var outputs: [Output] = []
    private(set) var batches: [RegressionBatch] = []

    /// - Parameters:
    ///   - predictors: how many inputs the model has, for `adjusted_r2`.
    ///   - convention: the library to follow where libraries disagree.
    public init(predictors: Int? = nil, convention: ScoreConvention? = nil) {
        self.predictors = predictors
        losses = PointwiseLoss.all(ScoreRules(convention))
    }

    /// An empty state that counts rows of the same form.
    init(like other: RegressionScores) {
        predictors = other.predictors
        losses = other.losses
    }

    /// Counts a batch. After an error nothing of it has been counted.
    ///
    /// - Parameters:
    ///   - truth: `[N]` or `[N, K]`; further axes count as outputs too.
    ///   - predicted: of the same size.
    ///   - weights: `[N]`, finite and not negative; nil for 1 each.
    public mutating func update(
        truth: Tensor, predicted: Tensor, weights: Tensor? = nil
    ) throws(ScoreError) {
        let batch = try RegressionBatch(truth: truth, predicted: predicted, weights: weights)
        guard batch.rows > 0 else { return }
        try requireOutputs(batch.outputs)
        count(batch)
    }

    /// Counts rows that have been checked.
    mutating func count(_ batch: RegressionBatch) {
        if outputs.isEmpty { outputs = emptyOutputs(batch.outputs) }
        samples += batch.rows
        if let weights = batch.weights {
            for value in weights { weight.add(value) }
        } else {
            weight.add(Double(batch.rows))
        }
        for index in outputs.indices {
            batch.forEachBlock(of: index) { block in
                outputs[index].losses.update(block, losses: losses)
                outputs[index].moments.update(block)
            }
        }
        batches.append(batch)
    }

    /// Counts what `other` has counted.
    public mutating func merge(_ other: Self) throws(ScoreError) {
        guard !other.outputs.isEmpty else { return }
        try requireOutputs(other.outputs.count)
        samples += other.samples
        weight.merge(other.weight)
        for index in outputs.indices {
            outputs[index].losses.merge(other.outputs[index].losses)
            outputs[index].moments.merge(other.outputs[index].moments)
        }
        batches += other.batches
    }

    private mutating func requireOutputs(_ count: Int) throws(ScoreError) {
        if outputs.isEmpty { outputs = emptyOutputs(count) }
        guard outputs.count == count else {
            throw .mismatch(
                "a batch of \(count) outputs does not fit those before: \(outputs.count) outputs")
        }
    }

    private func emptyOutputs(_ count: Int) -> [Output] {
        [Output](repeating: Output(losses: PointwiseSums(count: losses.count)), count: count)
    }

    var isWeighted: Bool { batches.contains { $0.weights != nil } }

    /// The scores of everything counted so far.
    ///
    /// - Parameters:
    ///   - workers: threads that share the work; the results do not depend on their number.
    ///   - confidence: how the scores' intervals are found; nil for none.
    public func results(
        workers: Workers = .single, confidence: Confidence? = nil
    ) throws(ScoreError) -> ScoreReport {
        guard samples > 0 else { throw .empty }
        guard weight.value > 0 else { throw .noWeight }
        var report = ScoreReport(
            task: "regression", samples: samples, scores: scores(workers: workers))
        if let confidence { addIntervals(confidence, to: &report, workers: workers) }
        return report
    }

    /// All scores of at least one row that has weight.
    func scores(workers: Workers) -> ScoreList {
        var scores = ScoreList()
        for (index, loss) in losses.enumerated() {
            let values = outputs.map {
                $0.losses.compute(loss, at: index, totalWeight: weight.value)
            }
            add(loss.name, values, isListed: loss.isListed, to: &scores)
        }
        scores.add("max_error", outputs.map(\.losses.largestError).max())
        addMoments(to: &scores)
        addRanks(to: &scores, workers: workers)
        return scores
    }

    /// The mean of the outputs' values, undefined if one of them is (NaN).
    private func add(
        _ name: String, _ values: [Double], isListed: Bool = true, to scores: inout ScoreList
    ) {
        scores.add(name, values.reduce(0, +) / Double(values.count))
        if isListed, values.count > 1 { scores.add("\(name)_per_output", ScoreValue(values)) }
    }

    private func addMoments(to scores: inout ScoreList) {
        let isDefined = samples > 1
        let r2 = outputs.map {
            isDefined ? $0.moments.r2(squaredError: $0.losses.squaredError) : .nan
        }
        add("r2", r2, to: &scores)
        if let predictors { scores.add("adjusted_r2", adjusted(r2, predictors: predictors)) }
        add(
            "explained_variance",
            outputs.map {
                isDefined
                    ? $0.moments.explainedVariance(squaredError: $0.losses.squaredError) : .nan
            }, to: &scores)
        add("pearson", outputs.map { isDefined ? $0.moments.pearson : .nan }, to: &scores)
    }

    /// `1 − (1 − r²)(N − 1)/(N − p − 1)`.
    private func adjusted(_ r2: [Double], predictors: Int) -> Double? {
        let (freedom, overflow) = (samples - 1).subtractingReportingOverflow(predictors)
        guard !overflow, freedom > 0 else { return nil }
        let mean = r2.reduce(0, +) / Double(r2.count)
        return 1 - (1 - mean) * Double(samples - 1) / Double(freedom)
    }

    /// Truth and prediction of one output, thinned evenly to at most `limit` rows.
    package func sample(output: Int, limit: Int = 2000) -> [(truth: Double, predicted: Double)] {
        guard outputs.indices.contains(output), limit > 0 else { return [] }
        let (truth, predicted) = RegressionBatch.columns(of: batches, output: output)
        let step = max(1, (truth.count + limit - 1) / limit)
        return stride(from: 0, to: truth.count, by: step).map { (truth[$0], predicted[$0]) }
    }

    package var outputCount: Int { outputs.count }

    private func addRanks(to scores: inout ScoreList, workers: Workers) {
        var medians = [Double](repeating: .nan, count: outputs.count)
        var spearman = medians
        var kendall = medians
        medians.withUnsafeMutableBufferPointer { medians in
            spearman.withUnsafeMutableBufferPointer { spearman in
                kendall.withUnsafeMutableBufferPointer { kendall in
                    nonisolated(unsafe) let (medians, spearman, kendall) =
                        (medians, spearman, kendall)
                    workers.forEach(parts: outputs.count) { output in
                        medians[output] = MedianError.compute(batches, output: output)
                        guard samples > 1 else { return }
                        let ranks = RankCorrelation(batches, output: output)
                        spearman[output] = ranks.spearman
                        kendall[output] = ranks.kendall
                    }
                }
            }
        }
        add("median_ae", medians, to: &scores)
        add("spearman", spearman, to: &scores)
        add("kendall", kendall, to: &scores)
    }
}
