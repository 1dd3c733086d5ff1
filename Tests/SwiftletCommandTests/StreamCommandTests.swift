import Foundation
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletKeras
import SwiftletLayers
import SwiftletTensor
import TestSupport
import Testing

/// Work that is larger than memory, broken off, in parts, or under a scheduler.
@Suite struct StreamCommandTests {
    /// A model that takes its time, and rows with classes for it.
    static func prepare(_ directory: String, rows: Int) throws {
        var model = try Sequential {
            Input(32)
            Dense(1024, activation: .relu)
            Dense(1024, activation: .relu)
            Dense(10, activation: .softmax)
        }
        try model.initialize(seed: 3)
        try model.save(to: directory + "/m.keras")
        let random = CounterRandom(seed: 1)
        let x = try Tensor(
            (0..<rows * 32).map { UInt8(truncatingIfNeeded: random.bits(at: $0)) },
            shape: Shape([rows, 32]))
        let y = try Tensor((0..<rows).map { Int32(random.bits(at: rows * 32 + $0) % 10) })
        try NPZ.write(["x": x, "y": y], to: directory + "/test.npz")
        try NPZ.write(["x": x], to: directory + "/x.npz")
    }

    /// Runs a command and kills it once its journal holds something; goes on if it was too fast.
    private static func runKilled(
        _ arguments: [String], journal: String, in directory: String, atBytes: Int = 20_000
    ) throws {
        _ = try CommandRun(arguments, in: directory) { process in
            while process.isRunning {
                let size =
                    try? FileManager.default
                    .attributesOfItem(atPath: directory + "/" + journal)[.size] as? Int
                if (size ?? 0) > atBytes {
                    kill(process.processIdentifier, SIGKILL)
                    return
                }
                usleep(500)
            }
        }
    }

    private static let rows = 12_000

    @Test func killedPredictionsGoOn() throws {
        try withTemporaryDirectory { directory in
            try Self.prepare(directory, rows: Self.rows)
            let whole = try CommandRun(
                [
                    "predict", "m.keras", "--input", "x.npz", "--output", "whole.npz", "--quiet",
                ], in: directory)
            #expect(whole.status == 0, "\(whole.errors)")
            #expect(whole.output == "output_0  float32  [12000, 10]\n")
            let command = [
                "predict", "m.keras", "--input", "x.npz", "--output", "o.npz", "--resume",
            ]
            try Self.runKilled(command, journal: "o.npz.journal", in: directory)
            let left = try contents(directory)
            #expect(left.contains("o.npz.journal") && !left.contains("o.npz"))
            let other = try CommandRun(command + ["--batch-size", "64"], in: directory)
            #expect(other.status == 1)
            #expect(
                other.errorLines == [
                    "error: o.npz.journal: the journal of another job: batch_size is 32 there and 64 here; "
                        + "delete it to begin anew"
                ])
            let rest = try CommandRun(command, in: directory)
            #expect(rest.status == 0, "\(rest.errors)")
            let words = rest.errors.split(separator: "\n").last?.split(separator: " ") ?? []
            let count = words.first.flatMap { Int($0) } ?? Self.rows
            #expect(count < Self.rows, "\(rest.errors)")
            #expect(rest.errors.contains("rows/s"))
            try #expect(readFile(directory + "/o.npz") == readFile(directory + "/whole.npz"))
            try #expect(contents(directory).contains("o.npz.journal") == false)
        }
    }

    @Test func killedPartsAreJoinedToTheFileOfOneRun() throws {
        try withTemporaryDirectory { directory in
            try Self.prepare(directory, rows: Self.rows)
            let predict = ["predict", "m.keras", "--input", "x.npz", "--quiet"]
            let parts = (1...3).map { "part\($0).npz" }
            for (number, part) in zip(1..., parts) {
                let command = predict + ["--output", part, "--shard", "\(number)/3", "--resume"]
                if number == 2 {
                    try Self.runKilled(command, journal: part + ".journal", in: directory)
                }
                let run = try CommandRun(command, in: directory)
                #expect(run.status == 0, "\(run.errors)")
            }
            for suffix in ["npz", "h5", "csv"] {
                let whole = try CommandRun(predict + ["--output", "w.\(suffix)"], in: directory)
                let joined = try CommandRun(
                    ["merge", parts[2], parts[0], parts[1], "--output", "j.\(suffix)"],
                    in: directory)
                #expect(joined.status == 0, "\(joined.errors)")
                #expect(joined.output == whole.output && whole.status == 0)
                try #expect(
                    readFile("\(directory)/j.\(suffix)") == readFile("\(directory)/w.\(suffix)"))
            }
            for (arguments, words) in [
                ([parts[0], parts[2], "--output", "n.npz"], "shard 2 of 3 missing beside it"),
                ([parts[0]], "a part of a prediction; --output says where the whole is to go"),
                (["w.npz", "--output", "n.npz"], "no part of a prediction"),
            ] {
                let run = try CommandRun(["merge"] + arguments, in: directory)
                #expect(run.status == 1)
                #expect(run.errorLines.count == 1 && run.errors.contains(words), "\(run.errors)")
            }
            let left = try contents(directory)
            #expect(!left.contains { $0.hasSuffix(".journal") || $0.hasPrefix("n.") })
        }
    }

    @Test func killedPartsAreMergedToTheScoresOfOneRun() throws {
        try withTemporaryDirectory { directory in
            try Self.prepare(directory, rows: Self.rows)
            let evaluate = [
                "evaluate", "m.keras", "--data", "test.npz", "--task", "classification",
            ]
            let whole = try CommandRun(
                evaluate + ["--json", "whole.json", "--report", "whole.html", "--quiet"],
                in: directory)
            #expect(whole.status == 0, "\(whole.errors)")
            let parts = (1...3).map { "part\($0).h5" }
            for (number, part) in zip(1..., parts) {
                let command = evaluate + ["--shard", "\(number)/3", "--state", part, "--resume"]
                if number == 2 {
                    try Self.runKilled(command, journal: part + ".journal", in: directory)
                }
                let run = try CommandRun(command, in: directory)
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.output.hasPrefix("\(part): shard \(number)/3, rows "))
            }
            let merged = try CommandRun(
                ["merge", parts[2], parts[0], parts[1], "--json", "s.json", "--report", "s.html"],
                in: directory)
            #expect(merged.status == 0, "\(merged.errors)")
            #expect(merged.output == whole.output)
            for (a, b) in [("s.json", "whole.json"), ("s.html", "whole.html")] {
                try #expect(readFile("\(directory)/\(a)") == readFile("\(directory)/\(b)"))
            }
            let missing = try CommandRun(["merge", parts[0], parts[2]], in: directory)
            #expect(missing.status == 1)
            #expect(missing.errors == "error: part1.h5: shard 2 of 3 missing beside it\n")
            let foreign = try CommandRun(["merge", "test.npz"], in: directory)
            #expect(foreign.status == 1)
            #expect(foreign.errorLines.count == 1)
            let left = try contents(directory)
            #expect(!left.contains { $0.hasSuffix(".journal") || $0.hasPrefix(".") })
        }
    }

    @Test(arguments: [
        (["--shard", "1/2"], "--shard needs --state"),
        (["--resume"], "--resume needs --state, --json or --report"),
        (["--shard", "1/2", "--state", "s.h5", "--json", "s.json"], "a part has no scores"),
        (["--shard", "3/2", "--state", "s.h5"], "--shard"),
    ])
    func wrongUsage(_ options: [String], _ cause: String) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                ["evaluate", "m.keras", "--data", "d.npz", "--task", "regression"] + options,
                in: directory)
            #expect(run.status == 64)
            #expect(run.errors.contains(cause), "\(run.errors)")
        }
    }

    #if os(Linux)
        /// The most memory of a prediction, looked at while it runs, in MiB.
        private static func peak(_ arguments: [String], in directory: String) throws -> Double {
            var peak = 0
            let run = try CommandRun(arguments, in: directory) { process in
                while process.isRunning {
                    let status =
                        (try? String(
                            contentsOfFile: "/proc/\(process.processIdentifier)/status",
                            encoding: .utf8)) ?? ""
                    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
                        let fields = line.split(whereSeparator: \.isWhitespace)
                        peak = max(peak, fields.count > 1 ? Int(fields[1]) ?? 0 : 0)
                    }
                    usleep(1000)
                }
            }
            #expect(run.status == 0, "\(run.errors)")
            return Double(peak) / 1024
        }

        /// `tools/check-streaming` does it with a million rows and 20,000 pictures.
        @Test(arguments: ["x.npz", "stored.npz", "x.h5", "x.csv"])
        func memoryDoesNotGrowWithTheRows(_ name: String) throws {
            try withTemporaryDirectory { directory in
                var model = try Sequential {
                    Input(40)
                    Dense(8, activation: .softmax)
                }
                try model.initialize(seed: 1)
                try model.save(to: directory + "/m.keras")
                var peaks: [Double] = []
                let unit = name == "x.csv" ? 50_000 : 200_000
                for rows in [unit, 3 * unit] {
                    // 30 MiB, then 92; about as much of text.
                    let random = CounterRandom(seed: 1)
                    let x = try Tensor(
                        (0..<rows * 40).map { Float(random.bits(at: $0) % 1000) / 8 },
                        shape: Shape([rows, 40]))
                    let path = directory + "/" + name
                    switch name {
                    case "x.h5":
                        try DataDestination(path, arrayCount: 1).write(["x": x])
                    case "x.csv": try CSV.write(x, to: path)
                    default: try NPZ.write(["x": x], to: path, compressed: name == "x.npz")
                    }
                    peaks.append(
                        try Self.peak(
                            [
                                "predict", "m.keras", "--input", name, "--output", "o.npz",
                                "--threads", "1", "--quiet",
                            ], in: directory))
                }
                // Pages of the input and of the answers are given back every 16 MiB each.
                #expect(peaks[1] < peaks[0] + 36, "\(peaks)")
            }
        }
    #endif
}

/// The recipes under `tools/recipes`, with the schedulers' part played by hand or by the real one.
@Suite struct RecipeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let python = root + "/.venv-recipes/bin/python"

    private static var swiftlet: String {
        get throws { try builtProgram("swiftlet") }
    }

    private static func run(
        _ arguments: [String], in directory: String, environment: [String: String] = [:]
    ) throws -> (status: Int32, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: directory, directoryHint: .isDirectory)
        process.environment = ProcessInfo.processInfo.environment
            .merging(environment) { $1 }
        let errors = directory + "/errors.txt"
        _ = FileManager.default.createFile(atPath: errors, contents: nil)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        process.waitUntilExit()
        let text = try String(contentsOfFile: errors, encoding: .utf8)
        try FileManager.default.removeItem(atPath: errors)
        return (process.terminationStatus, text)
    }

    @Test func slurmArray() throws {
        try withTemporaryDirectory { directory in
            try StreamCommandTests.prepare(directory, rows: 3000)
            let whole = try CommandRun(
                [
                    "evaluate", "m.keras", "--data", "test.npz", "--task", "classification",
                    "--json",
                    "whole.json", "--quiet", "--batch-size", "16",
                ], in: directory)
            #expect(whole.status == 0, "\(whole.errors)")
            let script = Self.root + "/tools/recipes/slurm-evaluate.sh"
            let environment = try [
                "MODEL": "m.keras", "DATA": "test.npz", "TASK": "classification", "SHARDS": "3",
                "WORK": "parts", "SCORES": "s.json", "SWIFTLET": Self.swiftlet,
                "OPTIONS": "--batch-size 16",
            ]
            // The second one twice, as after --requeue.
            for task in [2, 3, 2, 1] {
                let run = try Self.run(
                    ["bash", script], in: directory,
                    environment: environment.merging([
                        "SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_CPUS_PER_TASK": "2",
                    ]) { $1 })
                #expect(run.status == 0, "\(run.errors)")
            }
            let merge = try Self.run(["bash", script], in: directory, environment: environment)
            #expect(merge.status == 0, "\(merge.errors)")
            try #expect(readFile(directory + "/s.json") == readFile(directory + "/whole.json"))
        }
    }

    /// A cluster of several processes, one of which is killed half-way; `tools/test` installs Dask.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: python)))
    func daskCluster() throws {
        try withTemporaryDirectory { directory in
            try StreamCommandTests.prepare(directory, rows: 40_000)
            let run = try Self.run(
                [
                    Self.python, Self.root + "/tools/recipes/check-dask", "--swiftlet",
                    Self.swiftlet, "--model", "m.keras", "--data", "test.npz", "--task",
                    "classification", "--shards", "3", "--workers", "2",
                ], in: directory)
            #expect(run.status == 0, "\(run.errors)")
        }
    }
}
