import Foundation
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

/// `train --resume`, whose process is killed for good.
@Suite struct ResumeCommandTests {
    private static let description = """
        input: [8, 8, 1]
        layers:
          - Conv2D: {filters: 6, kernel_size: 3, activation: relu}
          - BatchNormalization
          - Flatten
          - Dropout: {rate: 0.3}
          - Dense: {units: 10, activation: softmax}
        loss: sparse_categorical_crossentropy
        optimizer: {adam: {learning_rate: 0.01}}
        metrics: [accuracy]
        """

    static func write(in directory: String) throws {
        let random = CounterRandom(seed: 11)
        let x = try Tensor((0..<300 * 64).map { random.normal(at: $0) }, shape: [300, 8, 8, 1])
        let y = try Tensor((0..<300).map { Int32(random.bits(at: $0) % 10) }, shape: [300])
        try NPZ.write(["x": x, "y": y], to: directory + "/d.npz")
        try AtomicFile.write(description, to: directory + "/m.yaml")
    }

    private static func train(
        _ output: String, _ more: [String], epochs: Int = 60, in directory: String,
        meanwhile: (Process) throws -> Void = { _ in }
    ) throws -> CommandRun {
        try CommandRun(
            [
                "train", "m.yaml", "--data", "d.npz", "--epochs", "\(epochs)", "--batch-size", "16",
                "--validation-split", "0.2", "--seed", "3", "--threads", "1", "--output", output,
                "--history", output + ".json",
            ] + more, in: directory, shell: "export SOURCE_DATE_EPOCH=0", meanwhile: meanwhile)
    }

    /// Until the training has saved its state (anew); or ended.
    private static func wait(for state: String, of process: Process) {
        func stamp() -> String? { (try? FileStamp(state))?.description }
        let before = stamp()
        while process.isRunning, stamp() == before || stamp() == nil {
            Thread.sleep(forTimeInterval: 0.002)
        }
    }

    @Test(
        "twenty kills leave no trace",
        arguments: [
            ("m.keras", "0", []), ("m.h5", "0.05", []),
            (
                "m.h5", "0",
                [
                    "--early-stopping", "val_loss", "--patience", "12", "--restore-best",
                    "--reduce-on-plateau", "val_loss", "--plateau-patience", "2",
                ]
            ),
        ] as [(String, String, [String])])
    func kills(_ row: (output: String, seconds: String, callbacks: [String])) throws {
        try withTemporaryDirectory { directory in
            try Self.write(in: directory)
            let start = ContinuousClock.now
            let whole = try Self.train(
                "whole-" + row.output, ["--quiet"] + row.callbacks, in: directory)
            // As long as a whole training takes here, whatever else the machine does.
            let duration = (ContinuousClock.now - start) / .seconds(1)
            #expect(whole.status == 0, "\(whole.errors)")
            let random = CounterRandom(seed: 20)
            let options = ["--resume", "--state-every", row.seconds] + row.callbacks
            var (kills, resumed) = (0, 0)
            // On a busy machine many are killed before there is anything to go on with.
            while kills < 20 || (resumed < 3 && kills < 200) {
                // From before the first batch to several epochs later.
                let pause = Double(random.uniform(at: kills)) * duration * 0.8
                let run = try Self.train(row.output, options, in: directory) { process in
                    Thread.sleep(forTimeInterval: pause)
                    kill(process.processIdentifier, SIGKILL)
                }
                if run.errors.contains("going on in epoch") { resumed += 1 }
                guard run.status == 0 else {
                    #expect(run.status == SIGKILL, "\(run.errors)")
                    kills += 1
                    continue
                }
                // It was faster than the kill.
                try FileManager.default.removeItem(atPath: "\(directory)/\(row.output)")
                kills += 1
            }
            let last = try Self.train(row.output, options, in: directory)
            #expect(last.status == 0, "\(last.errors)")
            #expect(resumed >= 3)
            for suffix in ["", ".json"] {
                let found = try readFile("\(directory)/\(row.output)\(suffix)")
                #expect(try found == readFile("\(directory)/whole-\(row.output)\(suffix)"))
            }
            let files = try contents(directory).filter { !$0.hasSuffix(".tmp") }
            #expect(!files.contains { $0.hasSuffix(".state") })
        }
    }

    @Test func controlCKeepsTheState() throws {
        try withTemporaryDirectory { directory in
            try Self.write(in: directory)
            _ = try Self.train("whole.h5", ["--quiet"], in: directory)
            var interruptions = 0
            for pause in [0.0, 0.03, 0.1] {
                let run = try Self.train(
                    "m.h5", ["--resume", "--state-every", "0"], in: directory
                ) { process in
                    Self.wait(for: directory + "/m.h5.state", of: process)
                    Thread.sleep(forTimeInterval: pause)
                    process.interrupt()
                }
                guard run.status == 130 else { continue }
                interruptions += 1
                #expect(run.errorLines.isEmpty)
                #expect(run.errors.contains("the same command goes on from m.h5.state"))
                #expect(try contents(directory).contains("m.h5"))
            }
            #expect(interruptions > 0)
            _ = try Self.train("m.h5", ["--resume"], in: directory)
            #expect(try readFile(directory + "/m.h5") == readFile(directory + "/whole.h5"))
            #expect(try !contents(directory).contains("m.h5.state"))
        }
    }

    /// The model is its own output: the state belongs to the model as it was.
    @Test func trainsInPlace() throws {
        try withTemporaryDirectory { directory in
            try Self.write(in: directory)
            _ = try Self.train("first.h5", ["--quiet"], in: directory)
            func train(
                _ path: String, _ more: [String], meanwhile: (Process) -> Void = { _ in }
            ) throws -> CommandRun {
                try CommandRun(
                    ["train", path, "--data", "d.npz", "--epochs", "80", "--output", path] + more,
                    in: directory, meanwhile: meanwhile)
            }
            func copyOfFirst(_ name: String) throws -> [UInt8] {
                let first = try readFile(directory + "/first.h5")
                try AtomicFile.write(first, to: "\(directory)/\(name)")
                return first
            }
            _ = try copyOfFirst("a.h5")
            #expect(try train("a.h5", ["--quiet"]).status == 0)
            let before = try copyOfFirst("b.h5")
            let run = try train("b.h5", ["--resume", "--state-every", "0"]) { process in
                Self.wait(for: directory + "/b.h5.state", of: process)
                process.interrupt()
            }
            try #require(run.status == 130)
            #expect(run.errors.contains("b.h5 is as it was"))
            #expect(try readFile(directory + "/b.h5") == before)
            // Killed between the model's file and the end: what was done is done.
            let end = try readFile(directory + "/b.h5.state")
            #expect(try train("b.h5", ["--resume"]).status == 0)
            #expect(try readFile(directory + "/a.h5") == readFile(directory + "/b.h5"))
            try AtomicFile.write(end, to: directory + "/b.h5.state")
            let other = try train("b.h5", ["--resume"])
            #expect(
                other.errors.contains("the model's first weights are others"), "\(other.errors)")
        }
    }

    @Test func anotherJobIsRefused() throws {
        try withTemporaryDirectory { directory in
            try Self.write(in: directory)
            let run = try Self.train("m.h5", ["--resume", "--state-every", "0"], in: directory) {
                Self.wait(for: directory + "/m.h5.state", of: $0)
                kill($0.processIdentifier, SIGKILL)
            }
            try #require(run.status == SIGKILL)
            try #require(try contents(directory).contains("m.h5.state"))
            for (more, cause) in [
                (["--seed", "4"], "the model's first weights are others or have changed"),
                (["--learning-rate", "0.1"], "optimizer is {"),
                (["--no-shuffle"], "shuffle is true there and false here"),
            ] {
                let run = try Self.train("m.h5", ["--resume"] + more, in: directory)
                #expect(run.status == 1)
                #expect(
                    run.errors.hasPrefix("error: m.h5.state: the state of another job: \(cause)"),
                    "\(run.errors)")
                #expect(run.errors.count { $0 == "\n" } == 1)
            }
            for wrong in [
                ["--state", "s"], ["--state-every", "1"], ["--resume", "--state-every", "-1"],
            ] {
                #expect(try Self.train("m.h5", wrong, in: directory).status == 64)
            }
        }
    }
}
