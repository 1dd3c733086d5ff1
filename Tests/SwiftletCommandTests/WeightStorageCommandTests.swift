import SwiftletFiles
import TestSupport
import Testing

/// `--weights bf16`, which is no file.
@Suite struct WeightStorageCommandTests {
    private let model = fixture("keras/cnn-keras3.keras")

    @Test(arguments: ["bf16", "f16"]) func benchTellsTheError(_ word: String) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                [
                    "bench", model, "--batch-size", "2", "--repeats", "2", "--weights", word,
                    "--json", "b.json",
                ], in: directory)
            #expect(run.status == 0, "\(run.errors)")
            let figures = try JSON(parsing: readFile(directory + "/b.json"))
            #expect(figures["weights"]?.string == (word == "f16" ? "float16" : "bfloat16"))
            #expect(try #require(figures["weight_error"]?.double) < 0.05)
        }
    }

    @Test(arguments: [
        ["convert", "MODEL", "x.h5", "--weights", "bf16"],
        ["bench", "MODEL", "--weights", "bf16", "--weights", "f16"],
        ["inspect", "MODEL", "--weights", "bf16"],
        ["inspect", "MODEL", "--memory", "--weights", "bf17"],
        ["trace", "MODEL", "--input", "x.npz", "--output", "y.npz", "--weights", "f16"],
    ])
    func wrongUseIsRefused(_ arguments: [String]) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                arguments.map { $0 == "MODEL" ? model : $0 }, in: directory)
            #expect(run.status == 64, "\(run.errors)")
            #expect(run.errors.contains("weights"), "\(run.errors)")
        }
    }
}
