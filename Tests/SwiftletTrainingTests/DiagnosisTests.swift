import SwiftletTraining
import Testing

@Suite struct DiagnosisTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let loss: [Double]
        var validation: [Double]?
        let verdict: LearningDiagnosis.Verdict
        var epoch: Int?
    }

    /// `from · factorⁿ + floor`.
    private static func falling(
        _ count: Int, from start: Double, by factor: Double, floor: Double = 0
    ) -> [Double] {
        var value = start
        return (0..<count).map { _ in
            defer { value *= factor }
            return value + floor
        }
    }

    /// Lowest in epoch 10 of 30.
    private static let turning: [Double] = (0..<30).map { epoch -> Double in
        let distance = Double(epoch - 9)
        return 0.5 + 0.004 * distance * distance
    }

    private static let noisy: [Double] = falling(40, from: 2, by: 0.6, floor: 0.35).enumerated()
        .map { epoch, value -> Double in epoch % 2 == 0 ? value + 0.004 : value - 0.004 }

    private static let flat: [Double] = (0..<20).map { epoch -> Double in
        0.693 - 0.0005 * Double(epoch)
    }

    static let rows: [Row] = [
        Row(testDescription: "one epoch", loss: [1], verdict: .undecided),
        Row(testDescription: "no epoch", loss: [], verdict: .undecided),
        Row(
            testDescription: "infinite", loss: [1, 2, .infinity, .nan], verdict: .diverged, epoch: 3
        ),
        Row(testDescription: "rises", loss: [1, 0.9, 2, 5, 9], verdict: .diverged, epoch: 2),
        Row(
            testDescription: "still falls", loss: falling(20, from: 2, by: 0.9),
            verdict: .improving),
        Row(
            testDescription: "has settled", loss: falling(40, from: 2, by: 0.6, floor: 0.3),
            verdict: .converged, epoch: 9),
        Row(
            testDescription: "hardly falls",
            loss: flat, verdict: .underfitting),
        Row(
            testDescription: "validation turns", loss: falling(30, from: 2, by: 0.8),
            validation: turning,
            verdict: .overfitting, epoch: 10),
        Row(
            testDescription: "validation is noisy", loss: falling(40, from: 2, by: 0.6, floor: 0.3),
            validation: noisy, verdict: .converged, epoch: 9),
        Row(
            testDescription: "both still fall", loss: falling(20, from: 2, by: 0.9),
            validation: falling(20, from: 2.2, by: 0.92), verdict: .improving),
    ]

    @Test(arguments: rows) func judges(_ row: Row) {
        let diagnosis = LearningDiagnosis(loss: row.loss, validationLoss: row.validation)
        #expect(diagnosis.verdict == row.verdict, "\(diagnosis)")
        #expect(diagnosis.epoch == row.epoch)
        #expect(!diagnosis.evidence.isEmpty && !diagnosis.evidence.contains("\n"))
    }

    @Test func givesNumbers() {
        let diagnosis = LearningDiagnosis(
            loss: [2, 1, 0.5, 0.25, 0.125, 0.0625], validationLoss: [2, 1.5, 1, 1.5, 2, 2.5])
        #expect(
            diagnosis.evidence
                == "validation loss was lowest in epoch 3, 1.0, and is 2.25 now; training loss "
                + "fell on from 0.5 to 0.09375")
    }
}
