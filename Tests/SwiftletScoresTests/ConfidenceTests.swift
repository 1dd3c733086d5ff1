import SwiftletFiles
import SwiftletScores
import SwiftletTensor
import Testing

/// A case's inputs, scored.
private func evaluation(
    _ row: ScoreCase, _ predicted: String = "predicted", keepsRows: Bool = false
) throws -> Evaluation {
    let task = row.json["task"]?.string.flatMap { ScoreTask(rawValue: $0) } ?? .classification
    var scoring = Scoring(task)
    scoring.reading.kind = row.json["kind"]?.string.flatMap { ClassificationKind(rawValue: $0) }
    scoring.convention = row.json["convention"]?.string.flatMap { ScoreConvention(rawValue: $0) }
    scoring.keepsRows = keepsRows
    return try Evaluation(
        scoring, truth: row.required("truth"), predicted: row.required(predicted),
        weights: row.tensor("weights"))
}

@Suite struct ConfidenceTests {
    static let cases = ScoreCase.all(in: "confidence")
    private static func cases(_ tasks: String...) -> [ScoreCase] {
        cases.filter { tasks.contains($0.json["task"]?.string ?? "") }
    }

    @Test func fixturesAreThere() { #expect(Self.cases.count > 4) }

    @Test(
        "intervals as statsmodels and SciPy give them",
        arguments: cases("classification", "regression"))
    func intervals(_ row: ScoreCase) throws {
        let report = try evaluation(row).results(
            workers: Workers(count: 2), confidence: Confidence(resamples: 4000))
        for (name, ends) in try #require(row.json["exact"]?.object) {
            let interval = try #require(report.intervals[name], "\(name)")
            #expect(interval.method != .bootstrap)
            #expect(abs(interval.low - (ends[0]?.double ?? .nan)) < 1e-9, "\(name)")
            #expect(abs(interval.high - (ends[1]?.double ?? .nan)) < 1e-9, "\(name)")
        }
        // Both sides drew at random: their percentiles differ by a share of the width.
        for (name, ends) in try #require(row.json["near"]?.object) {
            let interval = try #require(report.intervals[name], "\(name)")
            let (low, high) = (ends[0]?.double ?? .nan, ends[1]?.double ?? .nan)
            #expect(abs(interval.low - low) < 0.1 * (high - low), "\(name)")
            #expect(abs(interval.high - high) < 0.1 * (high - low), "\(name)")
            #expect(interval.method == .bootstrap)
        }
        for (name, value) in report.scores {
            guard let value = value.double else { continue }
            let interval = try #require(report.intervals[name], "\(name)")
            #expect(interval.low <= value && value <= interval.high, "\(name)")
        }
    }

    @Test("comparisons as statsmodels and SciPy make them", arguments: cases("comparison"))
    func comparison(_ row: ScoreCase) throws {
        let found = try Evaluation.compare(
            evaluation(row, keepsRows: true), evaluation(row, "other", keepsRows: true),
            confidence: Confidence(resamples: 4000), workers: Workers(count: 2))
        #expect(found.mcNemar?.onlyA == row.json["only_a"]?.int)
        #expect(found.mcNemar?.onlyB == row.json["only_b"]?.int)
        let tests: [(Double?, String)] = [
            (found.mcNemar?.exact, "exact_p"), (found.mcNemar?.midP, "mid_p"),
            (found["accuracy"]?.pValue, "mid_p"), (found["roc_auc"]?.pValue, "delong_p"),
        ]
        for (value, name) in tests {
            let expected = try #require(row.json[name]?.double)
            #expect(abs(try #require(value) - expected) < 1e-9, "\(name)")
        }
        for (name, ends) in try #require(row.json["near"]?.object) {
            let interval = try #require(found[name]?.interval)
            let (low, high) = (ends[0]?.double ?? .nan, ends[1]?.double ?? .nan)
            #expect(abs(interval.lowerBound - low) < 0.1 * (high - low), "\(name)")
            #expect(abs(interval.upperBound - high) < 0.1 * (high - low), "\(name)")
        }
    }

    @Test("presets as the libraries take them", arguments: ScoreCase.all(in: "presets"))
    func preset(_ row: ScoreCase) throws {
        let report = try evaluation(row).results(workers: .single, confidence: nil)
        let relative = row.json["relative"]?.double ?? 0
        let absolute = row.json["absolute"]?.double ?? 0
        for (name, expected) in try #require(row.json["scores"]?.object) {
            let found = try #require(report.scores[name], "\(name)")
            let isClose = expected.double.map { value in
                abs((found.double ?? .nan) - value) <= absolute + relative * abs(value)
            }
            #expect(
                isClose ?? found.json.isClose(to: expected, relative: relative),
                "\(name): \(found) for \(expected)")
        }
    }

    /// 5,000 rows of two numbers that hang together.
    private func many(_ count: Int = 5000) throws -> (y: Tensor, p: Tensor) {
        let random = CounterRandom(seed: 5)
        let y = (0..<count).map { Double(random.normal(at: $0)) }
        let p = y.enumerated().map { $1 + Double(random.normal(at: count + $0)) }
        return (try Tensor(y), try Tensor(p))
    }

    @Test func theSeedAloneChooses() throws {
        let (y, p) = try many(700)
        var scores = RegressionScores()
        try scores.update(truth: y, predicted: p)
        func interval(_ workers: Workers, _ seed: UInt64) throws -> ScoreInterval? {
            try scores.results(
                workers: workers, confidence: Confidence(resamples: 50, seed: seed)
            ).intervals["mae"]
        }
        let first = try interval(.single, 1)
        #expect(first != nil)
        #expect(try interval(Workers(count: 3), 1) == first)
        #expect(try interval(.single, 2) != first)
    }

    /// Where a part of the rows stands for all, the interval of a mean is that of the formula.
    @Test func ofManyRows() throws {
        let (y, p) = try many(40_000)
        var scores = RegressionScores()
        try scores.update(truth: y, predicted: p)
        let report = try scores.results(workers: Workers(count: 2), confidence: Confidence())
        let errors = try zip(y.doubles(), p.doubles()).map { abs($0 - $1) }
        let mean = errors.reduce(0, +) / 40_000
        let variance = errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40_000
        let half = 1.96 * (variance / 40_000).squareRoot()
        let interval = try #require(report.intervals["mae"])
        #expect(abs(interval.low - (mean - half)) < 0.2 * half)
        #expect(abs(interval.high - (mean + half)) < 0.2 * half)
        #expect(report.json["confidence"]?["rows"]?.int ?? 40_000 < 40_000)
    }

    @Test func oneRowHasFewIntervals() throws {
        var scores = ClassificationScores()
        try scores.update(truth: Tensor([1] as [Int32]), predicted: Tensor([0.75]))
        let report = try scores.results(confidence: Confidence())
        #expect(report.intervals["log_loss"] == nil)
        #expect(report.json["intervals"]?["log_loss"]?.isNull == true)
        // Wilson's: n / (n + z²).
        #expect(abs((report.intervals["accuracy"]?.low ?? 0) - 0.206_549_314_377_1) < 1e-12)
        #expect(report.intervals["accuracy"]?.high == 1)
    }

    @Test func aPerfectOrderIsNotCertain() throws {
        var scores = ClassificationScores()
        try scores.update(
            truth: Tensor([0, 0, 1, 1, 1] as [Int32]), predicted: Tensor([0.1, 0.2, 0.6, 0.7, 0.8]))
        let interval = try scores.results(confidence: Confidence()).intervals["roc_auc"]
        #expect(interval?.high == 1)
        #expect(interval?.low ?? 1 < 0.5)
    }

    /// Twice the rows of a class with half their weight: the score is the same, and there are
    /// intervals for what has weights.
    @Test func weightsTakePart() throws {
        let (y, p) = try many(300)
        let truth = try Tensor(y.doubles().map { $0 > 0 ? 1 : 0 as Int32 })
        let probability = try Tensor(p.doubles().map { $0 > 0 ? 0.8 : 0.3 })
        let weights = try Tensor((0..<300).map { Double($0 % 3) })
        var scores = ClassificationScores()
        try scores.update(truth: truth, predicted: probability, weights: weights)
        let report = try scores.results(confidence: Confidence(resamples: 200))
        for name in ["accuracy", "f1", "roc_auc", "log_loss"] {
            #expect(report.intervals[name]?.method == .bootstrap, "\(name)")
        }
    }

    @Test func whatDoesNotBelongTogetherIsNotCompared() throws {
        var scoring = Scoring(.classification)
        scoring.keepsRows = true
        let two = try Evaluation(
            scoring, truth: Tensor([0, 1] as [Int32]), predicted: Tensor([0, 1] as [Int32]),
            weights: nil)
        let three = try Evaluation(
            scoring, truth: Tensor([0, 1] as [Int32]), predicted: Tensor([0, 2] as [Int32]),
            weights: nil)
        let one = try Evaluation(
            scoring, truth: Tensor([0] as [Int32]), predicted: Tensor([0] as [Int32]),
            weights: nil)
        let other = try Evaluation(
            Scoring(.regression), truth: Tensor([0.0, 1]), predicted: Tensor([0.0, 1]),
            weights: nil)
        let confidence = Confidence(resamples: 20)
        for wrong in [one, other] {
            #expect(throws: ScoreError.self) {
                try Evaluation.compare(two, wrong, confidence: confidence, workers: .single)
            }
        }
        // Classes that only one of them decides for are classes of both.
        let found = try Evaluation.compare(two, three, confidence: confidence, workers: .single)
        #expect(found.kind == "multiclass")
        #expect(found.mcNemar == McNemar(onlyA: 1, onlyB: 0))
        #expect(found.mcNemar?.midP == 0.5)
    }
}

@Suite struct ClassificationReadingTests {
    private func report(
        _ reading: ClassificationReading, truth: [Int32] = [0, 1, 1, 0], _ predicted: Tensor
    ) throws -> ScoreReport {
        var scores = ClassificationScores(reading: reading)
        try scores.update(truth: Tensor(truth), predicted: predicted)
        return try scores.results()
    }

    @Test func thresholdsAreStrict() throws {
        let p = try Tensor([0.3, 0.3, 0.6, 0.1] as [Float])
        #expect(try report(ClassificationReading(threshold: 0.3), p)["recall"] == 0.5)
        #expect(try report(ClassificationReading(threshold: 0.29), p)["recall"] == 1)
        #expect(try report(ClassificationReading(threshold: 0.29), p)["specificity"] == 0.5)
        // 0.3 of half precision is less than 0.3, and not above it.
        let half = try p.converted(to: .float16)
        #expect(try report(ClassificationReading(threshold: 0.3), half)["recall"] == 0.5)
        let more = try Tensor([0.7, 0.7, 0.9, 0.1]).converted(to: .float16)
        #expect(try report(ClassificationReading(threshold: 0.7), more)["recall"] == 0.5)
    }

    @Test func floatsMayBeLabels() throws {
        let labels = try Tensor([0, 2, 1, 0] as [Float])
        let reading = ClassificationReading(predictions: .labels)
        let found = try report(reading, labels)
        #expect(found.kind == "multiclass")
        #expect(found["accuracy"] == 0.75)
        #expect(found.scores["log_loss"] == nil)
        #expect(throws: ScoreError.self) { try report(reading, Tensor([0, 0.5, 1, 0])) }
    }

    @Test func integersMayBeProbabilities() throws {
        let certain = try Tensor([0, 1, 1, 1] as [Int32])
        let found = try report(ClassificationReading(predictions: .probabilities), certain)
        #expect(found["brier"] == 0.25)
    }

    @Test func logitsAreTakenWhereToldSo() throws {
        // Sigmoid of log(p / (1 − p)) is p.
        let p = [0.2, 0.7, 0.9, 0.4]
        let logits = try Tensor([
            -1.386_294_361_119_890_6, 0.847_297_860_387_203_6,
            2.197_224_577_336_219_6, -0.405_465_108_108_164_4,
        ])
        let plain = try report(ClassificationReading(), Tensor(p))
        let found = try report(ClassificationReading(predictions: .logits), logits)
        for name in ["log_loss", "brier", "roc_auc", "ece"] {
            let (a, b) = (try #require(found[name]), try #require(plain[name]))
            #expect(abs(a - b) < 1e-12, "\(name)")
        }
        #expect(throws: ScoreError.self) { try report(ClassificationReading(), logits) }
        #expect(throws: ScoreError.self) {
            try report(
                ClassificationReading(predictions: .logits), Tensor([0, .infinity, 1, 2]))
        }
    }

    @Test func rowsOfLogitsAreSoftmaxed() throws {
        let logits = try Tensor(
            [1000, 999, 0, 5, 5, 5, -3, -2, -1, 0, 0, -1000] as [Float],
            shape: [4, 3])
        let found = try report(ClassificationReading(predictions: .logits), logits)
        // −log of 1 / (1 + e⁻¹), 1/3, e⁻¹ / (1 + e⁻¹ + e⁻²), 1/2.
        let terms = [
            0.313_261_687_518_222_9, 1.098_612_288_668_11, 1.407_605_964_444_38,
            0.693_147_180_559_945,
        ]
        let expected = terms.reduce(0, +) / 4
        #expect(abs((found["log_loss"] ?? 0) - expected) < 1e-6)
    }
}
