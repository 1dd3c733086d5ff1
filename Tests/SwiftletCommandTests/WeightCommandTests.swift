import Foundation
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

private func file(_ name: String) -> String { fixture("weights/\(name)") }

/// Weights of other frameworks, options of loading, and the tools around files.
@Suite struct WeightCommandTests {
    private static func predictions(
        _ arguments: [String], in directory: String
    ) throws -> (run: CommandRun, values: [Float]) {
        let run = try CommandRun(
            ["predict"] + arguments
                + ["--input", file("reference.npz"), "--output", "p.npz", "--quiet"], in: directory)
        guard run.status == 0 else { return (run, []) }
        let output = try NPZ(directory + "/p.npz").read("output_0")
        return (run, try output.elements(of: Float.self))
    }

    private static func wanted() throws -> [Float] {
        try NPZ(file("reference.npz")).read("output_0").elements(of: Float.self)
    }

    @Test(
        "weights of other frameworks",
        arguments: [
            ["state.pth"], ["state.safetensors"], ["saved"], ["shards.weights.json"],
            ["net.params", "--mapping", file("net.params.map.json")],
        ])
    func foreignWeights(_ arguments: [String]) throws {
        try withTemporaryDirectory { directory in
            let options = ["--weights", file(arguments[0])] + arguments.dropFirst()
            let (run, values) = try Self.predictions([file("model.json")] + options, in: directory)
            #expect(run.errors.isEmpty)
            #expect(zip(values, try Self.wanted()).allSatisfy { abs($0 - $1) < 1e-5 })
            let converted = try CommandRun(
                ["convert", file("model.json"), "m.keras"] + options, in: directory)
            #expect(converted.status == 0)
            let (_, again) = try Self.predictions(["m.keras"], in: directory)
            #expect(again == values)
        }
    }

    @Test func notesAreWarnings() throws {
        try withTemporaryDirectory { directory in
            let (run, values) = try Self.predictions(
                [file("model.json"), "--weights", file("numbered.pth")], in: directory)
            #expect(run.status == 0)
            #expect(run.errors.hasPrefix("warning: "))
            #expect(run.errors.contains("by their order"))
            #expect(zip(values, try Self.wanted()).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    @Test func namedArraysWithoutAModel() throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(["convert", file("state.pth"), "s.npz"], in: directory)
            #expect(run.status == 0)
            let names = try NPZ(directory + "/s.npz").names
            #expect(names.contains("conv.weight"))
            let back = try CommandRun(["convert", "s.npz", "s.safetensors"], in: directory)
            #expect(back.status == 0)
            let diff = try CommandRun(["diff", file("state.pth"), "s.safetensors"], in: directory)
            #expect(diff.status == 0)
        }
    }

    /// A file of another network: named, counted, and all of it with `--details` and `--json`.
    @Test func mismatchesAreTold() throws {
        let arguments = [
            "convert", fixture("keras/cnn-keras3.json"), "m.keras", "--weights",
            file("plain.weights.h5"),
        ]
        try withTemporaryDirectory { directory in
            let run = try CommandRun(arguments, in: directory)
            #expect(run.status == 1)
            #expect(run.errorLines.count == 1 && run.errors.utf8.count <= 500)
            #expect(run.errors.contains("weights found"))
            let whole = try CommandRun(arguments + ["--details"], in: directory)
            #expect(whole.errorLines.count == 1)
            #expect(whole.errors.contains("not in the model: layers/depthwise_conv2d/vars/0"))
            let json = try CommandRun(arguments + ["--json"], in: directory)
            #expect(json.status == 1)
            let report = try JSON(parsing: json.output)
            #expect(report["complete"] == false)
            #expect((report["layers"]?.array?.count ?? 0) > 2)
            let skipped = try CommandRun(arguments + ["--skip-mismatch"], in: directory)
            #expect(skipped.status == 0)
            #expect(skipped.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("warning: ") })
            #expect(skipped.errors.contains("skipped"))
            let files = try contents(directory)
            #expect(files == ["m.keras"])
        }
    }

    @Test(
        "options that need weights",
        arguments: ["--by-name", "--skip-mismatch", "--mapping m.json"])
    func usage(_ option: String) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                ["convert", file("model.keras"), "m.h5"]
                    + option.split(separator: " ").map(String.init),
                in: directory)
            #expect(run.status == 64)
        }
    }

    @Test func goldenIsStoredAndVerified() throws {
        try withTemporaryDirectory { directory in
            for name in ["g.keras", "g.h5"] {
                let stored = try CommandRun(
                    ["convert", file("model.keras"), name, "--golden", file("reference.npz")],
                    in: directory)
                #expect(stored.status == 0)
                let good = try CommandRun(["verify", name], in: directory)
                #expect(good.status == 0 && good.errors.isEmpty)
                let strict = try CommandRun(
                    [
                        "verify", name, "--weights", fixture("weights/numbered.npz"), "--tolerance",
                        "0",
                    ],
                    in: directory)
                #expect(strict.status == 1)
            }
            let none = try CommandRun(["verify", file("model.keras")], in: directory)
            #expect(none.status == 1)
            #expect(none.errors.contains("--reference"))
            let reference = try CommandRun(
                [
                    "verify", file("legacy.h5"), "--reference", file("reference.npz"), "--store",
                    "s.keras",
                ], in: directory)
            #expect(reference.status == 0)
            #expect(try CommandRun(["verify", "s.keras"], in: directory).status == 0)

            // Another answer is told, with how far it is.
            var arrays = try NPZ.read(file("reference.npz"))
            let output = try #require(arrays["output_0"])
            arrays["output_0"] = try Tensor(repeating: 5 as Float, shape: output.shape)
            try NPZ.write(arrays, to: directory + "/wrong.npz")
            let wrong = try CommandRun(
                ["verify", file("model.keras"), "--reference", "wrong.npz"], in: directory)
            #expect(wrong.status == 1)
            #expect(wrong.errors.contains("output 'answer' is not the known one"))
        }
    }

    @Test func tracesAreCompared() throws {
        try withTemporaryDirectory { directory in
            for (model, trace) in [("model.keras", "a.npz"), ("legacy.h5", "b.npz")] {
                let run = try CommandRun(
                    ["trace", file(model), "--input", file("reference.npz"), "--output", trace],
                    in: directory)
                #expect(run.status == 0)
            }
            let names = try NPZ(directory + "/a.npz").names
            #expect(
                names == [
                    "image", "conv", "norm", "relu", "depthwise", "flatten", "hidden", "answer",
                ])
            #expect(try CommandRun(["diff", "a.npz", "b.npz"], in: directory).status == 0)
            var arrays = try NPZ.read(directory + "/b.npz")
            for name in ["depthwise", "hidden"] {
                let shape = try #require(arrays[name]).shape
                arrays[name] = try Tensor(zeros: shape)
            }
            try NPZ.write(arrays, to: directory + "/c.npz")
            let run = try CommandRun(["diff", "a.npz", "c.npz"], in: directory)
            #expect(run.status == 1)
            #expect(
                run.errors.hasPrefix("error: c.npz: layer 'depthwise' is the first that differs"))
        }
    }

    @Test func modelsAreCompared() throws {
        try withTemporaryDirectory { directory in
            let same = try CommandRun(
                ["diff", file("model.keras"), file("recompressed.keras"), "--json"], in: directory)
            #expect(same.status == 1)
            let found = try JSON(parsing: same.output)
            // The recompressed one has labels of its own, which is all.
            #expect(found["differences"]?.array?.count == 1)
            #expect(found["differences"]?[0]?["kind"] == "metadata")
            #expect(found["weights_compared"] == 12)
            let other = try CommandRun(
                ["diff", file("model.keras"), fixture("keras/cnn-keras3.keras")], in: directory)
            #expect(other.status == 1)
            #expect(other.errorLines.count == 1)
        }
    }

    @Test(
        "inspect",
        arguments: [
            "npz.keras", "folder", "sharded.keras", "shards.weights.json", "state.pth", "saved",
            "net.params", "state.safetensors", "plain.weights.h5", "legacy.h5", "custom.keras",
            "lambda.keras", "lambda.h5", "custom.h5",
        ])
    func inspects(_ name: String) throws {
        try withTemporaryDirectory { directory in
            let table = try CommandRun(["inspect", file(name)], in: directory)
            #expect(table.status == 0 && table.errors.isEmpty && !table.output.isEmpty)
            let run = try CommandRun(["inspect", file(name), "--json"], in: directory)
            let json = try JSON(parsing: run.output)
            #expect((json["arrays"]?.array?.count ?? 0) >= 2)
            #expect(json["arrays"]?[0]?["mean"]?.double != nil)
            #expect(json["damage"] == [])
            if name.hasPrefix("custom") {
                #expect(json["limits"]?[0]?.string?.contains("my_package>Scale") == true)
                let scale = json["layers"]?.array?.first { $0["name"] == "scale" }
                #expect(scale?["known"] == false)
                #expect(table.output.contains("unknown"))
            }
            if name.hasPrefix("lambda") {
                #expect(json["limits"]?[0]?.string?.contains("Lambda") == true)
            }
        }
    }

    @Test func inspectGoesAsFarAsItCan() throws {
        try withTemporaryDirectory { directory in
            // The weights are damaged, the architecture is not.
            var bytes = try readFile(file("folder/model.weights.h5"))
            for index in 600..<min(bytes.count, 9000) { bytes[index] ^= 0x5a }
            try FileManager.default.createDirectory(
                atPath: directory + "/m", withIntermediateDirectories: true)
            for name in ["config.json", "metadata.json"] {
                try AtomicFile.write(readFile(file("folder/" + name)), to: directory + "/m/" + name)
            }
            try AtomicFile.write(bytes, to: directory + "/m/model.weights.h5")
            let run = try CommandRun(["inspect", "m"], in: directory)
            #expect(run.status == 1)
            #expect(run.errorLines.count == 1)
            #expect(run.output.contains("DepthwiseConv2D"))
        }
    }

    @Test func valuesThatAreNoNumbersAreWarnedOf() throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(["convert", file("model.keras"), "w.npz"], in: directory)
            #expect(run.status == 0)
            var arrays = try NPZ.read(directory + "/w.npz")
            arrays["answer/bias"] = try Tensor([Float.nan, 1])
            try NPZ.write(arrays, to: directory + "/bad.npz")
            let bad = try CommandRun(
                ["convert", file("model.json"), "m.keras", "--weights", "bad.npz"], in: directory)
            #expect(bad.status == 0)
            #expect(bad.errors.hasPrefix("warning: bad.npz: NaN or infinite values in 1 weight"))
            let shown = try CommandRun(["inspect", "m.keras"], in: directory)
            #expect(shown.output.contains("NaN or infinite values in 1 array"))
        }
    }
}
