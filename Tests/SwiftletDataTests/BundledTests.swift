import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

/// Against sums that NumPy made of scikit-learn's copies, see `tools/make-bundled-data`.
@Suite struct BundledTests {
    let summary: JSON

    init() throws { summary = try JSON(parsing: readFile(fixture("bundled.json"))) }

    @Test func digits() throws {
        let digits = try Digits.load()
        let parts = [digits.train, digits.validation, digits.test]
        #expect(parts.map(\.count) == [1258, 180, 359])
        #expect(parts.allSatisfy { $0.x.shape.dimensions.dropFirst() == [8, 8, 1] })
        let ink = try parts.flatMap { try $0.x.elements(of: Float.self) }
        #expect(ink.allSatisfy { (0...1).contains($0) })
        #expect(ink.reduce(0) { $0 + Int($1 * 16) } == summary["digits"]?["sum"]?.int)
        let labels = try parts.map { try #require($0.y).elements(of: Int32.self) }
        let counts = (0..<10).map { digit in labels.joined().count { $0 == digit } }
        #expect(counts == summary["digits"]?["labels"]?.array?.compactMap(\.int))
        for (part, fraction) in zip(labels, [0.7, 0.1, 0.2]) {
            for digit in 0..<10 {
                let share = Double(part.count { $0 == digit }) / Double(counts[digit])
                #expect(abs(share - fraction) < 2 / Double(counts[digit]))
            }
        }
    }

    @Test func theSameSeedGivesTheSameParts() throws {
        #expect(try Digits.load().test.x.isIdentical(to: Digits.load().test.x))
        #expect(try !Digits.load().test.x.isIdentical(to: Digits.load(seed: 1).test.x))
    }

    @Test func diabetes() throws {
        let raw = try Diabetes.load()
        #expect([raw.train, raw.validation, raw.test].map(\.count) == [310, 44, 88])
        #expect(
            raw.featureNames == ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"])
        let whole = try Diabetes.load(validation: 0, test: 0)
        let fitted = try Standardization(fitting: whole.train.x)
        for (found, expected) in [
            (fitted.mean, numbers(summary["diabetes"]?["means"])),
            (fitted.deviation, numbers(summary["diabetes"]?["deviations"])),
        ] {
            #expect(expected.count == 10)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 * abs($1) })
        }
        let targets = try #require(whole.train.y).doubles()
        let mean = try #require(summary["diabetes"]?["target mean"]?.double)
        #expect(abs(targets.reduce(0, +) / 442 - mean) < 1e-9)
        #expect(whole.test.count == 0)
    }

    @Test func standardizationKnowsTheTrainingPartOnly() throws {
        let data = try Diabetes.load(standardized: true)
        let train = try Standardization(fitting: data.train.x)
        #expect(train.mean.allSatisfy { abs($0) < 1e-6 })
        #expect(train.deviation.allSatisfy { abs($0 - 1) < 1e-6 })
        let test = try Standardization(fitting: data.test.x)
        #expect(test.mean.contains { abs($0) > 1e-3 })
        let raw = try Diabetes.load()
        let again = try #require(data.standardization).applied(to: raw.test.x)
        #expect(try zip(again.doubles(), data.test.x.doubles()).allSatisfy { abs($0 - $1) < 1e-4 })
    }
}
