import Foundation
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

/// What `train` takes beside data in memory, and what it tells.
@Suite struct SampleCommandTests {
    private static let classifier = """
        input: [8, 8, 1]
        layers:
          - Normalization
          - Flatten
          - Dense: {units: 16, activation: relu}
          - Dense: {units: 10, activation: softmax}
        loss: sparse_categorical_crossentropy
        optimizer: {adam: {learning_rate: 0.01}}
        metrics: [accuracy]
        """

    private static func run(
        _ arguments: [String], in directory: String, model: String = classifier
    ) throws -> CommandRun {
        try AtomicFile.write(model, to: directory + "/m.yaml")
        return try CommandRun(
            [arguments[0], "m.yaml"] + arguments.dropFirst(), in: directory,
            shell: "export SOURCE_DATE_EPOCH=0")
    }

    private static let digits = fixture("digits.npz")

    // MARK: Memory

    #if os(Linux)
        /// The most memory in KiB that a process had, asked for until it ends.
        private static func peak(of process: Process) -> Int {
            var peak = 0
            while process.isRunning {
                let path = "/proc/\(process.processIdentifier)/status"
                let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
                    peak = max(peak, Int(line.filter(\.isNumber)) ?? 0)
                }
                Thread.sleep(forTimeInterval: 0.005)
            }
            return peak
        }

        @Test(
            "data on the disk take little memory and give the same weights",
            arguments: ["stored.npz", "deflated.npz", "table.csv"])
        func takesLittleMemory(_ name: String) throws {
            let (rows, columns) = name == "table.csv" ? (40_000, 100) : (40_000, 600)
            try withTemporaryDirectory { directory in
                try Self.write(rows, columns, to: "\(directory)/\(name)")
                try AtomicFile.write(
                    """
                    input: [\(columns)]
                    layers: [{Dense: {units: 1}}]
                    loss: mean_squared_error
                    optimizer: {sgd: {learning_rate: 0.00001}}
                    """, to: directory + "/m.yaml")
                func train(_ output: String, _ more: [String]) throws -> Int {
                    var peak = 0
                    let run = try CommandRun(
                        [
                            "train", "m.yaml", "--data", name, "--batch-size", "200", "--output",
                            output, "--validation-split", "0.1", "--threads", "1", "--quiet",
                        ] + more, in: directory
                    ) { peak = Self.peak(of: $0) }
                    #expect(run.status == 0, "\(run.errors)")
                    return peak
                }
                let inMemory = try train("memory.h5", [])
                let onDisk = try train("disk.h5", ["--on-disk"])
                #expect(
                    try readFile(directory + "/memory.h5") == readFile(directory + "/disk.h5"))
                let dataSize = rows * columns * 4 / 1024
                // What a run takes without data, and a few pieces of 16 MiB.
                #expect(onDisk < inMemory - dataSize / 3, "\(onDisk) and \(inMemory) KiB")
                #expect(onDisk < 140 << 10, "\(onDisk) KiB for data of \(dataSize)")
            }
        }

        private static func write(_ rows: Int, _ columns: Int, to path: String) throws {
            var state: UInt32 = 1
            func next() -> Float {
                state = state &* 1_664_525 &+ 1_013_904_223
                return Float(state >> 24) / 256
            }
            if path.hasSuffix(".csv") {
                var text = ""
                for row in 0..<rows {
                    for _ in 0..<columns { text += "\(next())," }
                    text += "\(row % 3)\n"
                }
                return try AtomicFile.write(text, to: path)
            }
            try NPZ.write(
                [
                    "x": Tensor((0..<rows * columns).map { _ in next() }, shape: [rows, columns]),
                    "y": Tensor((0..<rows).map { Float($0 % 3) }, shape: [rows, 1]),
                ], to: path, compressed: path.hasSuffix("deflated.npz"))
        }
    #endif

    // MARK: Samples

    @Test func crossValidates() throws {
        try withTemporaryDirectory { directory in
            let run = try Self.run(
                [
                    "train", "--data", Self.digits, "--epochs", "2", "--folds", "3", "--output",
                    "m.h5", "--history", "h.json", "--report", "r.html", "--class-weights",
                    "balanced",
                ], in: directory)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("3 folds, every class with its share"))
            #expect(run.output.contains("± sd"))
            let history = try JSON(parsing: readFile(directory + "/h.json"))
            let scores = history["cross_validation"]?["scores"]
            #expect(scores?["accuracy"]?["values"]?.array?.count == 3)
            #expect((scores?["accuracy"]?["mean"]?.double ?? 0) > 0.3)
            #expect(scores?["loss"]?["sd"]?.double != nil)
            #expect(history["epochs"]?.int == 2)
            #expect(
                run.errors.contains("adapted to the") && run.errors.contains("normalization"))
            let page = String(decoding: try readFile(directory + "/r.html"), as: UTF8.self)
            #expect(page.contains("Cross-validation"))
        }
    }

    @Test(
        "wrong usage",
        arguments: [
            ["--folds", "1"], ["--folds", "3", "--validation-split", "0.1"],
            ["--folds", "3", "--resume"], ["--stratify"], ["--class-weights", "heavy"],
            ["--class-weights", "0=1,0=2"], ["--class-weights", "0=-1"],
        ])
    func wrongUsage(_ more: [String]) throws {
        try withTemporaryDirectory { directory in
            let run = try Self.run(
                ["train", "--data", Self.digits, "--output", "m.h5"] + more, in: directory)
            #expect(run.status == 64)
            #expect(run.errorLines.count == 1)
        }
    }

    @Test func tooManyFoldsNameTheData() throws {
        try withTemporaryDirectory { directory in
            let run = try Self.run(
                ["train", "--data", Self.digits, "--output", "m.h5", "--folds", "100000"],
                in: directory)
            #expect(run.status == 1)
            #expect(run.errors.hasPrefix("error: \(Self.digits): no samples for the fold part"))
        }
    }

    // MARK: Insight

    @Test func findsALearningRate() throws {
        try withTemporaryDirectory { directory in
            let trained = try Self.run(
                ["train", "--data", Self.digits, "--output", "m.keras", "--quiet"], in: directory)
            #expect(trained.status == 0)
            let before = try readFile(directory + "/m.keras")
            let run = try CommandRun(
                [
                    "lr-find", "m.keras", "--data", Self.digits, "--json", "l.json", "--report",
                    "l.html", "--steps", "60", "--threads", "1",
                ], in: directory)
            #expect(run.status == 0, "\(run.errors)")
            #expect(try readFile(directory + "/m.keras") == before)
            let json = try JSON(parsing: readFile(directory + "/l.json"))
            let suggestion = try #require(json["suggestion"]?.double)
            #expect(suggestion > 1e-6 && suggestion < 10)
            #expect(json["rates"]?.array?.count == json["smoothed"]?.array?.count)
            #expect(run.output.contains("suggested learning rate"))
            let page = String(decoding: try readFile(directory + "/l.html"), as: UTF8.self)
            #expect(page.contains("Loss by learning rate") && page.contains("<polyline"))
            for wrong in [["--from", "0"], ["--from", "1", "--to", "0.1"], ["--steps", "3"]] {
                let run = try CommandRun(
                    ["lr-find", "m.keras", "--data", Self.digits] + wrong, in: directory)
                #expect(run.status == 64)
            }
        }
    }

    @Test func reportsGradientsWeightsAndTimes() throws {
        try withTemporaryDirectory { directory in
            let run = try Self.run(
                [
                    "train", "--data", Self.digits, "--epochs", "5", "--output", "m.h5",
                    "--report", "r.html", "--history", "h.json", "--profile",
                ], in: directory)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("a step of training"))
            #expect(run.output.contains("backward matmul"))
            let history = try JSON(parsing: readFile(directory + "/h.json"))
            let rows = try #require(history["profile"]?["rows"]?.array)
            #expect(rows.contains { $0["layer"]?.string == "dense" })
            let page = String(decoding: try readFile(directory + "/r.html"), as: UTF8.self)
            for part in [
                "gradient norm by layer", "learning rate", "dense/kernel", "Time by layer",
                "Time by operation",
            ] {
                #expect(page.contains(part), "\(part)")
            }
        }
    }
}
