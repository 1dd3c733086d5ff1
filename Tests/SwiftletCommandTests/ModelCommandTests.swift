import Foundation
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletHDF5
import SwiftletTensor
import TestSupport
import Testing

private func keras(_ name: String) -> String { fixture("keras/" + name) }

/// Every subcommand that takes a model, on files that Keras wrote; see `tools/make-keras-files`.
@Suite struct ModelCommandTests {
    @Test(
        "predictions as Keras's",
        arguments: [
            ["cnn-keras3.keras"], ["cnn-keras2.h5"], ["graph-keras3.h5"], ["lstm-keras2.keras"],
            ["cnn-keras2.json", "--weights", keras("cnn-keras2-weights-only.h5")],
            ["graph-keras3.json", "--weights", keras("graph-keras3.weights.h5")],
        ])
    func predicts(_ arguments: [String]) throws {
        let stem = arguments[0].split(separator: ".")[0]
        let reference = try NPZ.read(keras("\(stem).npz"))
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                ["predict", keras(arguments[0])] + arguments.dropFirst()
                    + ["--input", keras("\(stem).npz"), "--output", "p.npz", "--quiet"],
                in: directory)
            #expect(run.errors.isEmpty)
            #expect(run.status == 0)
            let outputs = try NPZ.read(directory + "/p.npz")
            #expect(outputs.names == reference.names.filter { $0.hasPrefix("output_") })
            for (name, output) in outputs {
                let wanted = try #require(reference[name]).elements(of: Float.self)
                let found = try output.elements(of: Float.self)
                #expect(found.count == wanted.count)
                #expect(zip(found, wanted).allSatisfy { abs($0 - $1) <= 1e-4 * (1 + abs($1)) })
            }
        }
    }

    @Test("all kinds of outputs hold the same", arguments: ["npy", "csv", "h5"])
    func outputs(_ suffix: String) throws {
        let data = keras("cnn-keras3.npz")
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                [
                    "predict", keras("cnn-keras3.keras"), "--input", data, "--output",
                    "p.\(suffix)", "--batch-size", "2", "--threads", "1", "--quiet",
                ], in: directory)
            #expect(run.status == 0)
            let found = try DataSource.loadInputs("\(directory)/p.\(suffix)")[0].tensor
            let wanted = try NPZ(data).read("output_0")
            #expect(found.shape == wanted.shape)
            let pairs = try zip(
                found.converted(to: .float32).elements(of: Float.self),
                wanted.elements(of: Float.self))
            #expect(pairs.allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    @Test func trainingWritesModelHistoryAndReport() throws {
        try withTemporaryDirectory { directory in
            func train(_ output: String, _ more: [String]) throws -> CommandRun {
                try CommandRun(
                    [
                        "train", keras("cnn-keras3.keras"), "--data", keras("cnn-keras3.npz"),
                        "--batch-size", "4", "--output", output,
                    ] + more, in: directory)
            }
            let run = try train(
                "t.keras",
                [
                    "--epochs", "2", "--validation-split", "0.25", "--history", "h.json",
                    "--report", "r.html", "--seed", "3",
                ])
            #expect(run.status == 0)
            #expect(run.errorLines.isEmpty)
            let history = try JSON(parsing: readFile(directory + "/h.json"))
            #expect(history["epochs"]?.int == 2)
            #expect(
                history["history"]?.object?.keys
                    == ["loss", "accuracy", "val_loss", "val_accuracy"])
            #expect(history["history"]?["loss"]?.array?.count == 2)
            let files = try contents(directory)
            #expect(files == ["h.json", "r.html", "t.keras"])

            // The threads and the order of runs change nothing, the seed does.
            let options = ["--epochs", "2", "--quiet"]
            #expect(try train("a.h5", options + ["--threads", "1", "--seed", "1"]).errors.isEmpty)
            #expect(try train("b.h5", options + ["--threads", "2", "--seed", "1"]).status == 0)
            #expect(try train("c.h5", options + ["--threads", "1", "--seed", "2"]).status == 0)
            let weights = try ["a.h5", "b.h5", "c.h5"].map { name in
                try HDF5File(directory + "/" + name).root.group("model_weights").allDatasets()
                    .map { try $0.read() }
            }
            #expect(!weights[0].isEmpty)
            #expect(zip(weights[0], weights[1]).allSatisfy { $0.isIdentical(to: $1) })
            #expect(!zip(weights[0], weights[2]).allSatisfy { $0.isIdentical(to: $1) })
        }
    }

    @Test func architecturesAreTrainedWithFlags() throws {
        try withTemporaryDirectory { directory in
            let arguments = [
                "train", keras("cnn-keras3.json"), "--data", keras("cnn-keras3.npz"), "--output",
                "t.h5", "--quiet",
            ]
            let bare = try CommandRun(arguments, in: directory)
            #expect(bare.status == 1)
            #expect(bare.errors.hasPrefix("error: \(keras("cnn-keras3.json")): loss: "))
            let run = try CommandRun(
                arguments + [
                    "--loss", "categorical_crossentropy", "--optimizer", "sgd", "--learning-rate",
                    "0.01", "--metrics", "accuracy,mae", "--history", "h.json",
                ], in: directory)
            #expect(run.errors.isEmpty)
            #expect(run.status == 0)
            let history = try JSON(parsing: readFile(directory + "/h.json"))["history"]?.object
            #expect(history?.keys == ["loss", "accuracy", "mae"])
            let inspected = try CommandRun(["inspect", "t.h5", "--json"], in: directory)
            let model = try JSON(parsing: inspected.output)
            #expect(model["compiled"]?["optimizer"]?["class_name"]?.string == "SGD")
        }
    }

    @Test func descriptionsAreTrained() throws {
        try withTemporaryDirectory { directory in
            let yaml = """
                input: [8, 8, 1]
                layers:
                  - Flatten
                  - Dense: {units: 3, activation: softmax}
                loss: categorical_crossentropy
                optimizer: {sgd: {learning_rate: 0.5}}
                """
            try AtomicFile.write(yaml, to: directory + "/m.yaml")
            let arguments = ["--data", keras("cnn-keras3.npz"), "--output", "t.keras", "--quiet"]
            let run = try CommandRun(["train", "m.yaml"] + arguments, in: directory)
            #expect(run.status == 0, "\(run.errors)")
            let listing = try CommandRun(["inspect", "t.keras"], in: directory)
            #expect(listing.output.contains("SGD"))
            try AtomicFile.write("layers: [Dense: {units: }", to: directory + "/m.yaml")
            let failed = try CommandRun(["train", "m.yaml"] + arguments, in: directory)
            #expect(failed.status == 1)
            #expect(failed.errors.hasPrefix("error: m.yaml: YAML: "))
            #expect(failed.errors.count { $0 == "\n" } == 1)
        }
    }

    @Test func controlCSavesWhatWasLearned() throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                [
                    "train", keras("cnn-keras3.keras"), "--data", keras("cnn-keras3.npz"),
                    "--epochs", "1000000", "--output", "t.keras",
                ], in: directory
            ) { process in
                // Long enough to be in the middle of it, on a busy machine too.
                Thread.sleep(forTimeInterval: 3)
                process.interrupt()
            }
            #expect(run.status == 130)
            #expect(run.errorLines.isEmpty)
            #expect(run.errors.contains("\nwarning: interrupted in epoch "))
            let again = try CommandRun(["inspect", "t.keras"], in: directory)
            #expect(again.status == 0)
            let files = try contents(directory)
            #expect(files == ["t.keras"])
        }
    }

    @Test func evaluatesWithScoresAndReport() throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                [
                    "evaluate", keras("cnn-keras3.keras"), "--data", keras("cnn-keras3.npz"),
                    "--task", "classification", "--json", "s.json", "--report", "r.html",
                ], in: directory)
            #expect(run.status == 0)
            #expect(run.output.contains("confusion matrix"))
            let scores = try JSON(parsing: readFile(directory + "/s.json"))
            #expect(scores["kind"]?.string == "multiclass")
            #expect(scores["samples"]?.int == 12)

            let graph = [
                "evaluate", keras("graph-keras3.keras"), "--data", keras("graph-keras3.npz"),
                "--task", "regression",
            ]
            let several = try CommandRun(graph, in: directory)
            #expect(
                several.errors
                    == "error: \(keras("graph-keras3.keras")): 2 outputs ('kind', 'size'); choose one "
                    + "with --output-name\n")
            let chosen = try CommandRun(graph + ["--output-name", "size"], in: directory)
            #expect(chosen.status == 0)
            #expect(chosen.output.contains("rmse"))
        }
    }

    @Test func converts() throws {
        let data = keras("cnn-keras3.npz")
        try withTemporaryDirectory { directory in
            for (name, format) in [
                ("a.h5", []), ("b.keras", []), ("c.h5", ["--to", "keras3-h5"]),
            ] {
                let run = try CommandRun(
                    ["convert", keras("cnn-keras3.keras"), name] + format, in: directory)
                #expect(run.status == 0)
                #expect(run.errors.isEmpty)
                let predicted = try CommandRun(
                    ["predict", name, "--input", data, "--output", "p.npz", "--quiet"],
                    in: directory)
                #expect(predicted.status == 0)
                let found = try NPZ(directory + "/p.npz").read("output_0").elements(of: Float.self)
                let wanted = try NPZ(data).read("output_0").elements(of: Float.self)
                #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-5 })
            }
        }
    }

    @Test func inspectsModelsWeightsAndData() throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                ["inspect", keras("cnn-keras2.h5"), "--json"], in: directory)
            let model = try JSON(parsing: run.output)
            #expect(model["keras_version"]?.string == "2.21.0")
            #expect(model["layers"]?[1]?["class_name"]?.string == "Conv2D")
            #expect(model["layers"]?[1]?["output_shapes"]?[0] == [nil, 8, 8, 4])
            #expect(model["parameters"]?.int == 180)
            let table = try CommandRun(["inspect", keras("cnn-keras2.h5")], in: directory)
            #expect(table.output.contains("180 parameters, 8 of them not trained"))
            let weights = try CommandRun(
                ["inspect", keras("cnn-keras3.weights.h5")], in: directory)
            #expect(weights.output.contains("/layers/conv2d/vars/0"))
            let data = try CommandRun(
                ["inspect", keras("cnn-keras3.npz"), "--json"], in: directory)
            #expect(try JSON(parsing: data.output)["arrays"]?[0]?["shape"] == [3, 8, 8, 1])
        }
    }

    @Test func tellsTheMemoryBeforePredicting() throws {
        try withTemporaryDirectory { directory in
            func bytes(_ batchSize: Int) throws -> [String: Int] {
                let run = try CommandRun(
                    [
                        "inspect", keras("cnn-keras2.h5"), "--memory", "--batch-size",
                        "\(batchSize)", "--json",
                    ], in: directory)
                let object = try JSON(parsing: run.output).object
                return Dictionary(
                    uniqueKeysWithValues: (object?.members ?? []).map {
                        ($0.key, $0.value.int ?? 0)
                    }
                )
            }
            let (one, many) = (try bytes(1), try bytes(64))
            #expect(one["weights_bytes"] == many["weights_bytes"])
            #expect(one["arena_bytes"] ?? 0 < many["arena_bytes"] ?? 0)
            let parts = ["weights_bytes", "arena_bytes", "data_bytes"].compactMap { many[$0] }
            #expect(parts.count == 3 && many["total_bytes"] == parts.reduce(0, +))
        }
    }

    @Test func benchWritesItsFigures() throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                [
                    "bench", keras("cnn-keras3.keras"), "--batch-size", "2", "--threads", "1",
                    "--repeats", "3", "--json", "b.json",
                ], in: directory)
            #expect(run.status == 0)
            let figures = try JSON(parsing: readFile(directory + "/b.json"))
            for key in [
                "median_ms", "min_ms", "load_ms", "first_ms", "cpu_ms", "peak_rss_mib", "gflops",
            ] {
                #expect(try #require(figures[key]?.double) > 0)
            }
            // 3 × 3 to 4 filters, separable 3 × 3 of 4 and 4 to 5 on 2 × 2, dense 20 to 3; two rows.
            let products = 64 * 9 * 4 + 4 * (9 * 4 + 4 * 5) + 20 * 3
            #expect(figures["multiply_adds"]?.int == 2 * products)
        }
    }

    /// A limit of 2 KiB per file meets every write as a full disk does.
    @Test(
        "a full disk",
        arguments: [
            ["convert", keras("cnn-keras3.keras"), "out.keras"],
            ["convert", keras("cnn-keras3.keras"), "out.h5"],
            [
                "train", keras("cnn-keras3.keras"), "--data", keras("cnn-keras3.npz"), "--output",
                "out.keras", "--quiet",
            ],
        ])
    func fullDisk(_ arguments: [String]) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(arguments, in: directory, shell: "ulimit -f 4")
            #expect(run.status == 1)
            #expect(run.errors.hasPrefix("error: out."))
            #expect(run.errors.hasSuffix(": File too large\n"))
            #expect(run.errors.count { $0 == "\n" } == 1)
            let left = try contents(directory)
            #expect(left.isEmpty)
        }
    }

    @Test(
        "hostile files", arguments: try contents(keras("hostile")).filter { $0 != "index.json" })
    func hostile(_ name: String) throws {
        try withTemporaryDirectory { directory in
            for arguments in [
                ["inspect", keras("hostile/\(name)")],
                [
                    "predict", keras("hostile/\(name)"), "--input", keras("cnn-keras3.npz"),
                    "--output", "p.npz", "--quiet",
                ],
            ] {
                let run = try CommandRun(arguments, in: directory)
                #expect(run.status == 0 || run.status == 1)
                #expect(run.errors.count { $0 == "\n" } == Int(run.status))
                #expect(run.errors.utf8.count <= 500)
                #expect(run.errorLines.count == Int(run.status))
                if arguments[0] == "predict" { #expect(run.status == 1) }
            }
            let left = try contents(directory)
            #expect(left.isEmpty)
        }
    }

    struct Failure: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let error: String
        var testDescription: String { error }

        init(_ arguments: String, _ error: String) {
            self.arguments = arguments.split(separator: " ").map(String.init)
            self.error = error
        }
    }

    /// `@` stands for the folder of fixtures.
    @Test(
        "one line, status 1 and nothing left behind",
        arguments: [
            Failure(
                "predict none.keras --input @cnn-keras3.npz --output p.npz",
                "none.keras: No such file or directory"),
            Failure(
                "predict @cnn-keras3.keras --input none.npz --output p.npz",
                "none.npz: No such file or directory"),
            Failure(
                "predict @cnn-keras3.keras --input @cnn-keras3.npz --output none/p.npz",
                "none/p.npz: No such file or directory"),
            Failure(
                "predict @cnn-keras3.keras --input @cnn-keras3.npz --output p.png",
                "p.png: not the name of a .npz, .npy, .csv or .h5 file"),
            Failure(
                "predict @graph-keras3.keras --input @graph-keras3.npz --output p.csv",
                "p.csv: .csv holds one array, not 2; use .npz"),
            Failure(
                "predict @graph-keras3.keras --input @cnn-keras3.npz --output p.npz",
                "@cnn-keras3.npz: 2 inputs expected, 1 found: 'input_0'"),
            Failure(
                "predict @cnn-keras3.keras --input @lstm-keras3.npz --output p.npz",
                "@lstm-keras3.npz: input 'image': shape [any, 8, 8, 1] expected, [3, 6] found"),
            Failure(
                "predict @hostile/lambda.keras --input @cnn-keras3.npz --output p.npz",
                "@hostile/lambda.keras: layer 'dense': a Lambda layer holds Python code, which is not "
                    + "run; register a Swift implementation with "
                    + "LayerRegistry.register(_:forLambda: \"dense\")"),
            Failure(
                "train @cnn-keras3.keras --data @lstm-keras3.npz --output t.keras",
                "@lstm-keras3.npz: 'image': "),
            Failure(
                "train @cnn-keras3.keras --data @cnn-keras3.npz --output t.txt",
                "t.txt: the name of a .keras or .h5 file expected"),
            Failure(
                "train @cnn-keras3.keras --data @cnn-keras3.npz --output t.keras "
                    + "--loss sparse_categorical_crossentropy",
                "@cnn-keras3.npz: 'classes': class numbers of shape [12, 3] do not fit "
                    + "predictions of shape [12, 3]"),
            Failure(
                "convert @cnn-keras3.keras t.txt",
                "t.txt: a name that ends in .keras, .h5, .weights.h5, .json, .safetensors or .npz "
                    + "expected, or --to"),
            Failure("inspect @hostile/cut-50.keras", "@hostile/cut-50.keras: "),
            Failure("bench @hostile/empty.h5", "@hostile/empty.h5: "),
            Failure(
                "evaluate @cnn-keras3.keras --data @cnn-keras3.keras --task regression",
                "@cnn-keras3.keras: not a NumPy .npz file"),
        ])
    func failures(_ row: Failure) throws {
        try withTemporaryDirectory { directory in
            func placed(_ text: String) -> String {
                text.replacingOccurrences(of: "@", with: keras(""))
            }
            let run = try CommandRun(row.arguments.map(placed), in: directory)
            #expect(run.status == 1)
            let expected = "error: \(placed(row.error))"
            if row.error.hasSuffix(" ") {
                #expect(run.errors.hasPrefix(expected))
            } else {
                #expect(run.errors == expected + "\n")
            }
            #expect(run.errors.count { $0 == "\n" } == 1)
            #expect(run.errors.utf8.count <= 500)
            #expect(run.output.isEmpty)
            let left = try contents(directory)
            #expect(left.isEmpty)
        }
    }

    @Test(
        "wrong usage is status 64",
        arguments: [
            "train m.keras --data d.npz --output t.keras --epochs 0",
            "train m.keras --data d.npz --output t.keras --batch-size 0",
            "train m.keras --data d.npz --output t.keras --validation-split 1.5",
            "train m.keras --data d.npz --output t.keras --validation-split 0.1 --validation-data v",
            "train m.keras --data d.npz --output t.keras --learning-rate -1",
            "train m.keras --data d.npz --output t.keras --loss frob",
            "train m.keras --data d.npz --output t.keras --optimizer frob",
            "train m.keras --data d.npz --output t.keras --metrics accuracy,frob",
            "predict m.keras --input d.npz", "predict --input d.npz --output p.npz",
            "predict m.keras --input d.npz --output p.npz --threads 0",
            "bench m.keras --repeats 0", "convert m.keras", "inspect",
            "evaluate m.keras --data d.npz",
            "convert m.keras n.h5 --to frob",
        ])
    func usage(_ arguments: String) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                arguments.split(separator: " ").map(String.init), in: directory)
            #expect(run.status == 64)
            #expect(run.errorLines.count == 1)
            #expect(run.errors.count { $0 == "\n" } == 1)
        }
    }
}
