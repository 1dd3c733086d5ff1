import SwiftletFiles
import TestSupport
import Testing

@Suite struct CompareCommandTests {
    @Test func comparisonOfPredictions() throws {
        let truth = fixture("data/sources/array.npy")
        let bools = fixture("data/npy/bool.npy")
        try withTemporaryDirectory { directory in
            let same = try CommandRun(
                [
                    "compare", truth, truth, "--truth", truth, "--task", "regression", "--json",
                    "c.json",
                ], in: directory)
            #expect(same.status == 0)
            #expect(same.output.contains("No difference: A and B do equally well on every row"))
            let json = try JSON(parsing: readFile(directory + "/c.json"))
            #expect(json["scores"]?["rmse"]?["difference"]?.double == 0)
            #expect(json["scores"]?["rmse"]?["p_value"]?.double == 1)
            let labels = try CommandRun(
                ["compare", bools, bools, "--truth", bools, "--task", "classification"],
                in: directory)
            #expect(labels.output.contains("A and B are right on the same rows"))
            for arguments in [
                ["compare", truth, truth, "--task", "regression"],
                [
                    "compare", truth, truth, "--task", "regression", "--truth", truth, "--data",
                    truth,
                ],
                [
                    "score", "--task", "regression", "--truth", truth, "--predicted", truth,
                    "--from", "logits",
                ],
                [
                    "score", "--task", "classification", "--truth", bools, "--predicted", bools,
                    "--threshold", "2",
                ],
            ] {
                let wrong = try CommandRun(arguments, in: directory)
                #expect(wrong.status == 64)
                #expect(wrong.errorLines.count == 1)
            }
            let raw = try CommandRun(
                ["score", "--task", "classification", "--truth", bools, "--predicted", "x.npy"],
                in: directory, shell: "cp \(truth) x.npy")
            #expect(raw.status == 1)
            #expect(raw.errorLines.count == 1)
        }
    }
}
