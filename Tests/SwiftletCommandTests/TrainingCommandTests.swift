import Foundation
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

/// `new`, and the options of `train` that watch, steer and change what is trained.
@Suite struct TrainingCommandTests {
    /// Bundled data: digits as pictures, or as pictures of themselves.
    private func writeDigits(_ directory: String, asTargets: Bool = false) throws {
        let digits = try NPZ.read(fixture("digits.npz"))
        let x = try #require(digits["x"]).rows(0..<300).converted(to: .float32)
        let y =
            asTargets
            ? try x.reshaped(to: [300, 8, 8, 1]) : try #require(digits["y"]).rows(0..<300)
        try NPZ.write(NamedTensors([("x", x), ("y", y)]), to: directory + "/digits.npz")
    }

    private func history(_ directory: String) throws -> JSON {
        try JSON(parsing: readFile(directory + "/h.json"))
    }

    @Test("every description trains as it is", arguments: ["mlp", "cnn", "lstm", "autoencoder"])
    func newNetworksTrain(_ kind: String) throws {
        try withTemporaryDirectory { directory in
            let made = try CommandRun(["new", kind], in: directory)
            #expect(made.status == 0)
            #expect(try CommandRun(["new", kind], in: directory).status == 1)
            #expect(
                try CommandRun(["new", kind, "--output", "other.yaml"], in: directory).status == 0)
            #expect(
                try readFile(directory + "/other.yaml") == readFile(directory + "/\(kind).yaml"))
            try writeDigits(directory, asTargets: kind == "autoencoder")
            let run = try CommandRun(
                [
                    "train", "\(kind).yaml", "--data", "digits.npz", "--validation-split", "0.2",
                    "--epochs", "4", "--output", "m.keras", "--history", "h.json", "--quiet",
                ], in: directory)
            #expect(run.errors == "")
            #expect(run.status == 0)
            let losses = try #require(
                try history(directory)["history"]?["loss"]?.array?.compactMap(\.double))
            #expect(losses.count == 4 && losses[3] < 0.8 * losses[0], "\(losses)")
        }
    }

    @Test func watchesAndSteers() throws {
        try withTemporaryDirectory { directory in
            try writeDigits(directory)
            _ = try CommandRun(["new", "mlp"], in: directory)
            let run = try CommandRun(
                [
                    "train", "mlp.yaml", "--data", "digits.npz", "--validation-split", "0.2",
                    "--epochs", "6", "--output", "m.keras", "--history", "h.json", "--quiet",
                    "--checkpoint", "best-{epoch}.weights.h5", "--checkpoint-best", "val_loss",
                    "--early-stopping", "--patience", "1", "--restore-best",
                    "--reduce-on-plateau", "loss", "--plateau-patience", "0", "--plateau-factor",
                    "0.5", "--terminate-on-nan", "--csv-log", "log.csv", "--tensorboard", "logs",
                ], in: directory)
            #expect(run.errors == "")
            #expect(run.status == 0)
            let epochs = try #require(try history(directory)["epochs"]?.int)
            let rows = String(decoding: try readFile(directory + "/log.csv"), as: UTF8.self)
            #expect(rows.split(separator: "\n").count == epochs + 1)
            let files = try directoryContents(directory)
            #expect(files.contains("best-1.weights.h5") && files.contains("logs"))
            #expect(
                try directoryContents(directory + "/logs").sorted() == ["train", "validation"])
        }
    }

    @Test func finetunes() throws {
        try withTemporaryDirectory { directory in
            try writeDigits(directory)
            _ = try CommandRun(["new", "cnn"], in: directory)
            func train(_ model: String, _ more: [String]) throws -> CommandRun {
                try CommandRun(
                    ["train", model, "--data", "digits.npz", "--quiet", "--threads", "1"] + more,
                    in: directory)
            }
            #expect(try train("cnn.yaml", ["--output", "base.keras"]).status == 0)
            let run = try train(
                "base.keras",
                [
                    "--replace-head", "12", "--freeze", "conv*", "--freeze", "batch*",
                    "--schedule", "exponential_decay,decay_steps=5,decay_rate=0.9",
                    "--output", "tuned.keras",
                ])
            #expect(run.errors == "")
            #expect(run.status == 0)
            let listing = try CommandRun(["inspect", "tuned.keras"], in: directory).output
            #expect(listing.contains("12"))
            // Frozen weights are the same, bit for bit.
            let diff = try CommandRun(["diff", "base.keras", "tuned.keras"], in: directory)
            #expect(!diff.output.contains("conv2d/kernel"), "\(diff.output)")
            try Data(
                """
                layers:
                  - Dense: {units: 16, activation: relu, name: more}
                  - Dense: {units: 10, activation: softmax, name: scores}
                """.utf8
            ).write(to: URL(filePath: directory + "/head.yaml"))
            let own = try train(
                "base.keras",
                ["--head", "head.yaml", "--head-after", "dropout", "--output", "own.keras"])
            #expect(own.errors == "")
            #expect(own.status == 0)
            let refused = try train(
                "base.keras", ["--freeze", "nothing", "--output", "x.keras"])
            #expect(refused.errorLines == ["error: base.keras: no layer is named like 'nothing'"])
        }
    }

    @Test(
        "wrong usage",
        arguments: [
            ["--checkpoint-best", "loss"], ["--patience", "3"], ["--restore-best"],
            ["--checkpoint", "c.png"], ["--replace-head", "0"],
            ["--replace-head", "2", "--head", "h.yaml"], ["--head-after", "x"],
            ["--schedule", "sometimes"], ["--schedule", "cosine_decay,decay_steps"],
            ["--csv-append"], ["--tensorboard-batches", "2"],
            ["--reduce-on-plateau", "--plateau-factor", "2"],
        ])
    func refuses(_ arguments: [String]) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                ["train", "m.keras", "--data", "d.npz", "--output", "o.keras"] + arguments,
                in: directory)
            #expect(run.status == 64)
            #expect(run.errorLines.count == 1)
        }
    }
}
