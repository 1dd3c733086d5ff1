internal import SwiftletFiles

/// Loss and metrics over the batches so far.
struct Totals {
    private(set) var samples = 0
    private var batches = 0
    /// The loss of the last batch alone.
    private(set) var lastLoss = 0.0
    private var lossSum = 0.0
    private var outputLossSums: [(name: String, sum: Double)]
    private var metrics: [(name: String, metric: Metric, sums: [Double])]

    init(_ setup: ResolvedSetup) {
        let names = zip(setup.outputNames, setup.losses).filter { $1 != nil }.map { "\($0.0)_loss" }
        outputLossSums = names.count > 1 ? names.map { ($0, 0) } : []
        metrics = setup.namedMetrics.map { ($0.name, $0.metric, []) }
    }

    mutating func add(_ program: StepProgram, samples count: Int) {
        samples += count
        batches += 1
        lastLoss = Double(program.loss)
        lossSum += lastLoss * Double(count)
        for index in outputLossSums.indices {
            outputLossSums[index].sum += Double(program.outputLoss(index))
        }
        for index in metrics.indices {
            program.addStatistics(index, to: &metrics[index].sums)
        }
    }

    /// `loss`, the outputs' losses where there are several, and the metrics; one of several numbers is
    /// `f1_score[0]`, `f1_score[1]`, …. As in Keras, a small last batch counts fully for an output's loss, but by its samples for the sum. Nothing before the
    /// first batch.
    func results(prefix: String = "") -> [(name: String, value: Double)] {
        guard samples > 0 else { return [] }
        let count = Double(samples)
        return [(prefix + "loss", lossSum / count)]
            + outputLossSums.map { (prefix + $0.name, $0.sum / Double(max(batches, 1))) }
            + metrics.flatMap { name, metric, sums in
                let results = metric.results(sums)
                guard results.count != 1 else { return [(prefix + name, results[0])] }
                return results.enumerated().map { ("\(prefix)\(name)[\($0.offset)]", $0.element) }
            }
    }

    // MARK: Saving

    /// The sums, every number exactly.
    var savedJSON: JSON {
        [
            "samples": .int(samples), "batches": .int(batches), "last": .double(lastLoss),
            "loss": .double(lossSum), "outputs": .array(outputLossSums.map { .double($0.sum) }),
            "metrics": .array(metrics.map { .array($0.sums.map(JSON.double)) }),
        ]
    }

    /// - Returns: false if the sums are those of other losses and metrics.
    mutating func restore(_ json: JSON) -> Bool {
        guard let samples = json["samples"]?.int, let batches = json["batches"]?.int,
            let last = json["last"]?.double, let loss = json["loss"]?.double,
            let outputs = json["outputs"]?.array?.compactMap(\.double),
            let sums = json["metrics"]?.array?.compactMap({ $0.array?.compactMap(\.double) }),
            outputs.count == outputLossSums.count, sums.count == metrics.count
        else { return false }
        (self.samples, self.batches, lastLoss, lossSum) = (samples, batches, last, loss)
        for (index, sum) in outputs.enumerated() { outputLossSums[index].sum = sum }
        for (index, sum) in sums.enumerated() { metrics[index].sums = sum }
        return true
    }
}
