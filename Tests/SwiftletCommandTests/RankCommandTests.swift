import Foundation
import SwiftletFiles
import SwiftletKeras
import SwiftletLayers
import SwiftletTensor
import TestSupport
import Testing

/// Where Open MPI's program is; nil without it.
private let mpirun = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin")
    .split(separator: ":").map { "\($0)/mpirun" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

/// `train` and `evaluate` under Open MPI's `mpirun`, which `tools/setup` installs.
@Suite(.serialized, .enabled(if: mpirun != nil)) struct RankCommandTests {
    /// More processes than processors, as whoever the tests run as.
    private static let environment = """
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 SOURCE_DATE_EPOCH=0
        export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
        export OMPI_MCA_mpi_yield_when_idle=1
        """

    private static func run(
        _ ranks: Int, _ arguments: [String], in directory: String,
        meanwhile: (Process) throws -> Void = { _ in }
    ) throws -> CommandRun {
        guard ranks > 1, let mpirun else {
            return try CommandRun(arguments, in: directory, shell: environment)
        }
        return try CommandRun(
            ["-n", "\(ranks)", builtProgram("swiftlet")] + arguments, executable: mpirun,
            in: directory, shell: environment, meanwhile: meanwhile)
    }

    private static func training(_ output: String, _ more: [String] = []) -> [String] {
        [
            "train", "m.yaml", "--data", "d.npz", "--epochs", "3", "--batch-size", "16",
            "--validation-split", "0.2", "--seed", "3", "--threads", "1", "--output", output,
            "--history", output + ".json",
        ] + more
    }

    private static func weights(_ path: String) throws -> [(name: String, numbers: [Float])] {
        let model = try Model(contentsOf: path)
        return try model.weightNames().map { name in
            (name, try #require(model[weight: name]).floats())
        }
    }

    #if MPI
        /// Batch normalisation, dropout, shuffling, validation and a last batch that is smaller.
        @Test(arguments: [2, 4]) func trainsAsOneProcess(ranks: Int) throws {
            try withTemporaryDirectory { directory in
                try ResumeCommandTests.write(in: directory)
                let one = try Self.run(1, Self.training("one.keras"), in: directory)
                #expect(one.status == 0, "\(one.errors)")
                for output in ["several.keras", "again.keras"] {
                    let run = try Self.run(ranks, Self.training(output), in: directory)
                    #expect(run.status == 0, "\(run.errors)")
                    #expect(run.errors.contains("\(ranks) ranks; each sent"))
                    #expect(
                        run.output.split(separator: "\n").count { $0.contains("val_loss") } == 1)
                }
                let expected = try Self.weights(directory + "/one.keras")
                for (name, numbers) in try Self.weights(directory + "/several.keras") {
                    let other = try #require(expected.first { $0.name == name }).numbers
                    let size = other.reduce(1e-3) { max($0, abs($1)) }
                    let largest = zip(numbers, other).reduce(0) { max($0, abs($1.0 - $1.1)) }
                    #expect(largest <= 1e-5 * size, "\(name): \(largest) of \(size)")
                }
                for suffix in ["", ".json"] {
                    #expect(
                        try readFile("\(directory)/several.keras\(suffix)")
                            == readFile("\(directory)/again.keras\(suffix)"))
                }
            }
        }

        /// A rank that is killed ends all; the same command goes on to the same weights.
        @Test func goesOnAfterAKill() throws {
            try withTemporaryDirectory { directory in
                try ResumeCommandTests.write(in: directory)
                let more = ["--epochs", "40", "--resume", "--state-every", "0"]
                let whole = try Self.run(2, Self.training("whole.h5", more), in: directory)
                #expect(whole.status == 0, "\(whole.errors)")
                let state = directory + "/m.h5.state"
                let killed = try Self.run(2, Self.training("m.h5", more), in: directory) {
                    process in
                    while process.isRunning, PathKind(state) == .missing {
                        Thread.sleep(forTimeInterval: 0.002)
                    }
                    let killer = Process()
                    killer.executableURL = URL(filePath: "/bin/sh")
                    let children = "^PPid:[[:space:]]*\(process.processIdentifier)$"
                    killer.arguments = [
                        "-c",
                        "kill -9 $(grep -ls '\(children)' /proc/[0-9]*/status | tail -n 1 | cut -d/ -f3)",
                    ]
                    try killer.run()
                    killer.waitUntilExit()
                }
                #expect(killed.status != 0 && PathKind(directory + "/m.h5") == .missing)
                let resumed = try Self.run(2, Self.training("m.h5", more), in: directory)
                #expect(resumed.status == 0, "\(resumed.errors)")
                #expect(resumed.errors.contains("going on in epoch"))
                #expect(try readFile(directory + "/m.h5") == readFile(directory + "/whole.h5"))
            }
        }

        /// The recipe for Slurm, whose part the test plays: a job, and the same job put back in the queue.
        @Test func slurmRecipe() throws {
            try withTemporaryDirectory { directory in
                try ResumeCommandTests.write(in: directory)
                let script = URL(filePath: #filePath).deletingLastPathComponent()
                    .deletingLastPathComponent().deletingLastPathComponent()
                    .appending(path: "tools/recipes/slurm-train.sh").path
                let job = try """
                \(Self.environment)
                export SLURM_NTASKS=2 SLURM_CPUS_PER_TASK=1 SWIFTLET='\(builtProgram("swiftlet"))'
                export MODEL=m.yaml DATA=d.npz OUTPUT=m.keras OPTIONS="--epochs 2 --batch-size 16"
                """
                let first = try CommandRun([], executable: script, in: directory, shell: job)
                #expect(first.status == 0, "\(first.errors)")
                #expect(first.errors.contains("2 ranks"))
                let trained = try readFile(directory + "/m.keras")
                let again = try CommandRun([], executable: script, in: directory, shell: job)
                #expect(again.status == 0 && again.output.contains("there already"))
                #expect(try readFile(directory + "/m.keras") == trained)
            }
        }

        /// More ranks than batches too.
        @Test(arguments: [2, 4]) func evaluatesAsOneProcess(ranks: Int) throws {
            try withTemporaryDirectory { directory in
                try ResumeCommandTests.write(in: directory)
                _ = try Self.run(1, Self.training("m.keras"), in: directory)
                let evaluation = [
                    "evaluate", "m.keras", "--data", "d.npz", "--task", "classification",
                    "--batch-size", "128", "--json",
                ]
                for (count, path) in [(1, "one.json"), (ranks, "several.json")] {
                    let run = try Self.run(count, evaluation + [path], in: directory)
                    #expect(run.status == 0, "\(run.errors)")
                }
                #expect(
                    try readFile(directory + "/several.json") == readFile(directory + "/one.json"))
            }
        }

        /// What is wrong is said once, and nothing is written.
        @Test(
            "refusals",
            arguments: [
                (["--data", "none.npz"], "none.npz"), (["--batch-size", "0"], "batch"),
            ])
        func refusals(_ row: (arguments: [String], message: String)) throws {
            try withTemporaryDirectory { directory in
                try ResumeCommandTests.write(in: directory)
                let run = try Self.run(
                    3, Self.training("m.keras", row.arguments), in: directory)
                #expect(run.status != 0 && run.errors.contains(row.message))
                #expect(PathKind(directory + "/m.keras") == .missing)
            }
        }

        @Test(arguments: [
            ["predict", "m.keras", "--data", "d.npz", "--output", "p.npz"],
            ["evaluate", "m.keras", "--data", "d.npz", "--shard", "1/2", "--state", "s.h5"],
        ])
        func otherWorkIsRefused(_ arguments: [String]) throws {
            try withTemporaryDirectory { directory in
                let run = try Self.run(2, arguments, in: directory)
                #expect(run.status != 0 && run.errors.contains("mpirun"))
            }
        }
    #else
        @Test func saysHowToBuildForRanks() throws {
            try withTemporaryDirectory { directory in
                let run = try Self.run(2, Self.training("m.keras"), in: directory)
                #expect(run.status != 0 && run.errors.contains("trait MPI"))
            }
        }
    #endif
}
