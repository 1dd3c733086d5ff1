import SwiftletFiles
import SwiftletScores
import SwiftletTensor
import Testing

@Suite struct ImageSetTests {
    static let cases = ScoreCase.all(in: "image-sets")

    @Test func fixturesAreThere() { #expect(Self.cases.count > 8) }

    @Test("as torch-fidelity, SciPy and prdc", arguments: cases)
    func reference(_ row: ScoreCase) throws {
        let isComplete = row.json["scores"]?["kid_mean"] != nil
        var metrics: [ImageSetMetric] = [.fid, .kid, .prdc]
        if row.json["logits"] != nil { metrics.append(.inceptionScore) }
        var scores = ImageSetScores(metrics: metrics)
        scores.nearestK = row.json["nearest_k"]?.int ?? 5
        scores.inceptionSplits = row.json["splits"]?.int ?? 10
        let (real, generated) = try sets(row)
        let report = try scores.results(real: real, generated: generated)
        for (name, value) in try #require(row.json["scores"]?.object) {
            let found = report.scores[name]?.json ?? "missing"
            // Differences of large traces: absolute where they nearly cancel.
            #expect(
                found.isClose(to: value, relative: 1e-8),
                "\(name): \(value.text()) expected, \(found.text()) found")
        }
        for name in ["kid", "fid"] {
            let error = report.json["standard_errors"]?[name] ?? "missing"
            let expected = try #require(row.json["\(name)_standard_error"])
            #expect(error.isClose(to: expected, relative: 1e-6), "\(name): \(error.text())")
        }
        for (name, limits) in row.json["intervals"]?.object ?? [:] {
            for (index, limit) in ["low", "high"].enumerated() {
                let found = report.json["intervals"]?[name]?[limit] ?? "missing"
                #expect(found.isClose(to: limits[index] ?? .null, relative: 1e-8), "\(name)")
            }
        }
        if let error = row.json["inception_standard_error"]?.double {
            let mean = try #require(report["inception_score_mean"])
            let high = report.json["intervals"]?["inception_score_mean"]?["high"]?.double
            #expect(abs((high ?? 0) - mean - 1.959_963_984_540_054 * error) < 1e-8 * error)
        }
        if !isComplete {
            #expect(report["kid_mean"] != nil && report["kid_std"] != nil)
        }
    }

    @Test("subsets and order as torch-fidelity draws them", arguments: cases)
    func drawn(_ row: ScoreCase) throws {
        guard let expected = row.json["drawn"]?.object else { return }
        var scores = ImageSetScores(
            metrics: expected["inception_score_mean"] == nil ? [.kid] : [.kid, .inceptionScore])
        scores.kidSubsets = 7
        scores.kidSubsetSize = 15
        scores.drawsAsNumPy = true
        scores.shufflesInception = true
        scores.seed = 2020
        let (real, generated) = try sets(row)
        let report = try scores.results(real: real, generated: generated)
        for (name, value) in expected {
            let found = report.scores[name]?.json ?? "missing"
            #expect(found.isClose(to: value, relative: 1e-8), "\(name): \(found.text())")
        }
    }

    private func sets(_ row: ScoreCase) throws -> (ImageSet, ImageSet) {
        let real = try ImageSet(
            features: FeatureRows(row.required("real"), as: .real))
        var generated = try ImageSet(
            features: FeatureRows(row.required("generated"), as: .generated))
        generated.logits = try row.tensor("logits").map { try FeatureRows($0, as: .generated) }
        return (real, generated)
    }

    /// `count` rows of a mixture that is far from round.
    private func features(_ count: Int, _ width: Int, seed: UInt64, shift: Float = 0) throws
        -> Tensor
    {
        let random = CounterRandom(seed: seed)
        return try Tensor(
            (0..<count * width).map { index in
                random.normal(at: index) * Float(1 + index % width) + shift
            }, shape: Shape([count, width]))
    }

    @Test("batches and merged parts give the statistics of all", arguments: [7, 40, 300, 700])
    func moments(_ count: Int) throws {
        let all = try features(count, 20, seed: 1, shift: 3)
        var whole = try FeatureMoments(width: 20, as: .real)
        try whole.update(FeatureRows(all, as: .real))
        let other = try FeatureStatistics.of(features(50, 20, seed: 2))
        let expected = try whole.statistics().frechetDistance(to: other)
        for seed in 0..<4 {
            var merged = try FeatureMoments(width: 20, as: .real)
            for part in try all.split(at: cuts(of: count, seed: UInt64(seed)))
            where part.shape[0] > 0 {
                var state = try FeatureMoments(width: 20, as: .real)
                try state.update(FeatureRows(part, as: .real))
                try merged.merge(state)
            }
            #expect(merged.count == count)
            let found = try merged.statistics().frechetDistance(to: other)
            #expect(abs(found - expected) < 1e-9 * expected)
        }
    }

    @Test("a set is at no distance from itself", arguments: [5, 30, 200])
    func itself(_ count: Int) throws {
        let statistics = try FeatureStatistics.of(features(count, 24, seed: 3))
        let distance = try statistics.frechetDistance(to: statistics)
        #expect(distance < 1e-9 * Double(24 * 24 * 24))
    }

    @Test func savedStatisticsServeAsWell() throws {
        for count in [10, 100] {
            let a = try FeatureStatistics.of(features(count, 16, seed: 4))
            let b = try FeatureStatistics.of(features(90, 16, seed: 5, shift: 1))
            let stored = try FeatureStatistics(
                mean: Tensor(a.mean),
                covariance: Tensor(a.covariance, shape: [16, 16]), as: .real)
            let expected = try a.frechetDistance(to: b)
            let found = try stored.frechetDistance(to: b)
            #expect(abs(found - expected) < 1e-6 * expected)
        }
    }

    @Test func wideFeaturesTakeTheOtherWay() throws {
        // More than 1024 singular values are taken as roots of eigenvalues.
        let a = try features(1100, 1040, seed: 6)
        let b = try features(1200, 1040, seed: 7)
        let narrow = try FeatureStatistics.of(a).frechetDistance(to: .of(b))
        // The distance of axes that are independent of each other is close to the sum over the axes.
        #expect(narrow > 0 && narrow.isFinite)
        let itself = try FeatureStatistics.of(a)
        #expect(try itself.frechetDistance(to: itself) < 1e-5 * narrow)
    }

    @Test func subsetsOfOtherSizes() throws {
        var scores = ImageSetScores(metrics: [.kid])
        scores.kidSubsetSize = 20
        scores.kidSubsets = 30
        let real = try ImageSet(
            features: FeatureRows(features(60, 6, seed: 8), as: .real))
        let generated = try ImageSet(
            features: FeatureRows(features(50, 6, seed: 9), as: .generated))
        let report = try scores.results(real: real, generated: generated)
        let (mean, deviation) = (try #require(report["kid_mean"]), try #require(report["kid_std"]))
        let whole = try #require(report["kid"])
        // The subsets' estimates scatter about the one over all.
        #expect(deviation > 0)
        #expect(abs(mean - whole) < 4 * deviation)
        let again = try scores.results(real: real, generated: generated)
        #expect(again["kid_mean"] == mean)
        scores.seed = 1
        #expect(try scores.results(real: real, generated: generated)["kid_mean"] != mean)
    }

    @Test func copiesLieOnTheBallAndNotInIt() throws {
        let real = try FeatureRows(Tensor([0.0, 1, 3, 7], shape: [4, 1]), as: .real)
        let set = ImageSet(features: real)
        var scores = ImageSetScores(metrics: [.prdc])
        scores.nearestK = 1
        // Balls: (0 ± 1), (1 ± 1), (3 ± 2), (7 ± 4); on their surfaces lies 1 of 0, 0 of 1, 1 of 3, 3 of 7.
        let open = try scores.results(real: set, generated: set)
        #expect(open["density"] == 1)
        scores.ballsAreClosed = true
        #expect(try scores.results(real: set, generated: set)["density"] == 2)
    }

    @Test func whatIsNoSetIsRefused() throws {
        let one = try FeatureRows(features(1, 3, seed: 1), as: .real)
        let some = try FeatureRows(features(9, 3, seed: 1), as: .generated)
        let set = ImageSet(features: some)
        let alone = ImageSet(features: one)
        for metric in [ImageSetMetric.fid, .kid, .prdc] {
            #expect(throws: ScoreError.tooFew(.real, found: 1, needed: 2)) {
                try ImageSetScores(metrics: [metric]).results(real: alone, generated: set)
            }
        }
        let wide = try ImageSet(
            features: FeatureRows(features(9, 4, seed: 1), as: .real))
        for metric in [ImageSetMetric.fid, .kid, .prdc] {
            #expect(throws: ScoreError.self) {
                try ImageSetScores(metrics: [metric]).results(real: wide, generated: set)
            }
        }
        let error = #expect(throws: ScoreError.self) {
            _ = try FeatureRows(Tensor([1, 2, 3, Float.nan], shape: [2, 2]), as: .generated)
        }
        #expect(error?.description.hasPrefix("generated[1, 1]: a finite number needed") == true)
        #expect(throws: ScoreError.empty) {
            _ = try FeatureRows(Tensor(zeros: [0, 2]), as: .real)
        }
        #expect(throws: ScoreError.self) {
            _ = try FeatureRows(Tensor(zeros: [4]), as: .real)
        }
    }

    @Test func statisticsThatAreNoneAreRefused() throws {
        func statistics(_ mean: [Double], _ covariance: [Double]) throws {
            _ = try FeatureStatistics(
                mean: Tensor(mean), covariance: Tensor(covariance, shape: [2, 2]), as: .real)
        }
        try statistics([0, 1], [1, 0.5, 0.5, 1])
        #expect(throws: ScoreError.self) { try statistics([0, 1, 2], [1, 0, 0, 1]) }
        #expect(throws: ScoreError.self) { try statistics([0, 1], [1, 0.5, -0.5, 1]) }
        #expect(throws: ScoreError.self) { try statistics([0, 1], [1, 0, 0, -1]) }
        #expect(throws: ScoreError.self) { try statistics([0, .infinity], [1, 0, 0, 1]) }
    }

    /// The interval should hold the distance of another sample as often as it promises.
    @Test func theStandardErrorIsTheSpread() throws {
        var (errors, distances): ([Double], [Double]) = ([], [])
        for seed in 0..<60 as Range<UInt64> {
            // Also through the sample and Lanczos steps that large sets take.
            let real = try ImageSet(
                features: FeatureRows(features(700, 8, seed: 2 * seed), as: .real))
            let generated = try ImageSet(
                features: FeatureRows(
                    features(300, 8, seed: 2 * seed + 1, shift: 1), as: .generated))
            let report = try ImageSetScores(metrics: [.fid]).results(
                real: real, generated: generated)
            distances.append(try #require(report["fid"]))
            errors.append(try #require(report.json["standard_errors"]?["fid"]?.double))
        }
        let mean = distances.reduce(0, +) / 60
        let deviation = (distances.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 59).squareRoot()
        let error = errors.reduce(0, +) / 60
        // 60 values tell a deviation to some 10 %.
        #expect(abs(error - deviation) < 0.3 * deviation, "\(error) \(deviation)")
    }

    @Test func largeSetsEstimateTheirError() throws {
        // More than 512 features: Lanczos; a sample of 512 rows at most. Axes that are independent.
        let width = 520
        func set(_ count: Int, seed: UInt64, _ input: ScoreError.Input) throws -> ImageSet {
            let random = CounterRandom(seed: seed)
            let rows = try Tensor(
                (0..<count * width).map { index in
                    random.normal(at: index) * (1 + Float(index % width) / 100)
                }, shape: Shape([count, width]))
            return try ImageSet(features: FeatureRows(rows, as: input))
        }
        let scores = ImageSetScores(metrics: [.fid])
        func error(_ real: ImageSet, _ generated: ImageSet) throws -> Double {
            let report = try scores.results(real: real, generated: generated)
            return try #require(report.json["standard_errors"]?["fid"]?.double)
        }
        let real = try set(1100, seed: 1, .real)
        let large = try error(real, set(1500, seed: 2, .generated))
        let again = try error(real, set(1500, seed: 3, .generated))
        #expect(large > 0 && abs(large - again) < 0.3 * large)
    }

    @Test func theLimitIsBelowAndNearTheTruth() throws {
        let real = try ImageSet(
            features: FeatureRows(features(4000, 6, seed: 10), as: .real))
        let generated = try ImageSet(
            features: FeatureRows(features(300, 6, seed: 11), as: .generated))
        var scores = ImageSetScores(metrics: [.fid])
        scores.extrapolates = true
        let report = try scores.results(real: real, generated: generated)
        let limit = try #require(report.json["extrapolated"]?["fid"]?.double)
        let fid = try #require(report["fid"])
        // Both sets are of one distribution: the truth is 0.
        #expect(abs(limit) < fid)
    }
}

extension FeatureStatistics {
    fileprivate static func of(_ features: Tensor) throws -> FeatureStatistics {
        var moments = try FeatureMoments(width: features.shape[1], as: .real)
        try moments.update(FeatureRows(features, as: .real))
        return try moments.statistics()
    }
}
