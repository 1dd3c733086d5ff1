import Foundation
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

/// A file that a command writes is the old one or the new one, whole, however the command ends. The
/// long form of this, over all commands, is `tools/check-durability`.
@Suite struct DurabilityTests {
    private static let description = """
        input: [28, 28, 1]
        layers:
          - Flatten
          - Dense: {units: 300, activation: relu}
          - Dense: {units: 10, activation: softmax}
        loss: sparse_categorical_crossentropy
        optimizer: adam
        """

    /// Fills a directory with what the commands read.
    static func prepare(_ directory: String) throws {
        let random = CounterRandom(seed: 11)
        let x = try Tensor(
            (0..<200 * 784).map { random.uniform(at: $0) }, shape: [200, 28, 28, 1])
        let y = try Tensor((0..<200).map { Int32(random.bits(at: $0) % 10) }, shape: [200])
        try NPZ.write(["x": x, "y": y], to: directory + "/d.npz")
        try AtomicFile.write(description, to: directory + "/m.yaml")
        try run("train m.yaml --data d.npz --quiet --output model.keras", in: directory)
    }

    private static func start(
        _ command: String, in directory: String, shell: String = "true",
        meanwhile: (Process) throws -> Void = { _ in }
    ) throws -> CommandRun {
        try CommandRun(
            command.split(separator: " ").map(String.init), in: directory,
            shell: "export SOURCE_DATE_EPOCH=0 TMPDIR=.; \(shell)", meanwhile: meanwhile)
    }

    private static func run(_ command: String, in directory: String) throws {
        let run = try start(command, in: directory)
        try #require(run.status == 0, "\(command): \(run.errors)")
    }

    // MARK: Kills

    private static let jobs = [
        (
            "train m.yaml --data d.npz --epochs 2 --seed 3 --output o.keras --history h.json",
            ["o.keras", "h.json"]
        ),
        ("train m.yaml --data d.npz --epochs 2 --output o.h5 --resume --state-every 0", ["o.h5"]),
        ("convert model.keras o.h5", ["o.h5"]),
        ("predict model.keras --input d.npz --output o.npz", ["o.npz"]),
        (
            "evaluate model.keras --data d.npz --task classification --json s.json --report r.html",
            ["s.json", "r.html"]
        ),
    ]

    @Test("killed at random moments: the old file or the new file", arguments: jobs)
    func kills(_ command: String, _ targets: [String]) throws {
        try withTemporaryDirectory { directory throws in
            try Self.prepare(directory)
            let inputs = try contents(directory)
            let begin = ContinuousClock.now
            try Self.run(command, in: directory)
            let duration = (ContinuousClock.now - begin) / .seconds(1)
            func bytes() -> [[UInt8]?] { targets.map { try? readFile("\(directory)/\($0)") } }
            let new = bytes()
            #expect(try contents(directory) == (inputs + targets).sorted())
            let random = CounterRandom(seed: 7)
            for number in 0..<6 {
                let old = Array("old".utf8)
                for target in targets { try AtomicFile.write(old, to: "\(directory)/\(target)") }
                let signal = number % 3 == 2 ? SIGTERM : SIGKILL
                let pause = duration * Double(random.uniform(at: number))
                let killed = try Self.start(command, in: directory) { process in
                    Thread.sleep(forTimeInterval: pause)
                    kill(process.processIdentifier, signal)
                }
                let end = "signal \(signal) after \(pause) s, status \(killed.status)"
                for (found, new) in zip(bytes(), new) {
                    // A training that is asked to end saves the weights that it has.
                    let isEarly = signal == SIGTERM && command.hasPrefix("train")
                    #expect(found == old || found == new || isEarly, "\(end)")
                }
                if signal == SIGTERM {
                    let left = try contents(directory).filter { $0.hasPrefix(".") }
                    #expect(left.isEmpty, "\(end)")
                }
                try Self.run(command, in: directory)
                #expect(bytes() == new, "\(end)")
                #expect(try contents(directory) == (inputs + targets).sorted(), "\(end)")
            }
        }
    }

    // MARK: Faults

    private static let destinations = [
        "train m.yaml --data d.npz --output o.keras", "convert model.keras o.h5",
        "predict model.keras --input d.npz --output o.csv",
        "evaluate model.keras --data d.npz --task classification --json o.json",
    ]

    /// The limit on the size of files stands in for a full disk; the error itself goes to a file too.
    @Test func aFullDisk() throws {
        try withTemporaryDirectory { directory throws in
            try Self.prepare(directory)
            let before = try contents(directory)
            for command in Self.destinations {
                let run = try Self.start(command + " --quiet", in: directory, shell: "ulimit -f 1")
                let target = command.split(separator: " ").first { $0.hasPrefix("o.") } ?? ""
                #expect(run.status == 1)
                #expect(run.errors == "error: \(target): File too large\n")
                #expect(try contents(directory) == before)
            }
        }
    }

    /// Found out before the work, not after it.
    @Test(.enabled(if: getuid() != 0 || FileManager.default.isExecutableFile(atPath: setpriv)))
    func aReadOnlyFolder() throws {
        try withTemporaryDirectory { directory throws in
            try Self.prepare(directory)
            let before = try contents(directory)
            chmod(directory, 0o555)
            defer { chmod(directory, 0o755) }
            let user =
                getuid() == 0
                ? "exec \(Self.setpriv) --reuid 65534 --regid 65534 --clear-groups \"$0\" \"$@\""
                : "true"
            for command in Self.destinations {
                let run = try Self.start(command, in: directory, shell: user)
                let target = command.split(separator: " ").first { $0.hasPrefix("o.") } ?? ""
                #expect(run.status == 1)
                #expect(run.errors == "error: \(target): Permission denied\n")
                #expect(try contents(directory) == before)
            }
        }
    }
    private static let setpriv = "/usr/bin/setpriv"

    @Test("nobody reads: done all the same, and status 141", arguments: ["closed pipe", "closed"])
    func nobodyReads(_ kind: String) throws {
        try withTemporaryDirectory { directory throws in
            try Self.prepare(directory)
            for command in [
                "--help", "inspect model.keras", Self.destinations[3] + " --quiet",
            ] {
                // A pipe whose reader has ended, or no stream at all.
                let shell =
                    kind == "closed"
                    ? "exec >&-" : "mkfifo p; (: < p) & exec > p; wait $!; rm p"
                let run = try Self.start(command, in: directory, shell: shell)
                #expect(run.status == 141, "\(command)")
                #expect(run.errors.isEmpty, "\(command)")
            }
            #expect(try JSON(parsing: readFile(directory + "/o.json")).object != nil)
            #expect(try contents(directory) == ["d.npz", "m.yaml", "model.keras", "o.json"])
        }
    }

    @Test func errorsThatNobodyReadsChangeNothing() throws {
        try withTemporaryDirectory { directory throws in
            try Self.prepare(directory)
            for shell in ["exec 2>&-", "mkfifo p; (: < p) & exec 2> p; wait $!; rm p"] {
                let run = try Self.start(Self.destinations[0], in: directory, shell: shell)
                #expect(run.status == 0)
                #expect(run.output.contains("loss"))
            }
            let closed = try Self.start(
                Self.destinations[0], in: directory, shell: "exec <&- >&- 2>&-")
            #expect(closed.status == 141)
        }
    }

    // MARK: Writers

    @Test func theSecondOfTwoWritersIsRefused() throws {
        try withTemporaryDirectory { directory throws in
            try Self.prepare(directory)
            let train = "train m.yaml --data d.npz --quiet --epochs 100000 --output o.h5"
            let first = try Self.start(train, in: directory) { process in
                while try contents(directory).count < 4 { Thread.sleep(forTimeInterval: 0.01) }
                let second = try Self.start("convert model.keras o.h5", in: directory)
                #expect(second.status == 1)
                #expect(second.errors == "error: o.h5: in use by another process\n")
                try Self.run("convert model.keras other.h5", in: directory)
                kill(process.processIdentifier, SIGKILL)
            }
            #expect(first.status == SIGKILL)
            try Self.run("convert model.keras o.h5", in: directory)
            let files = ["d.npz", "m.yaml", "model.keras", "o.h5", "other.h5"]
            #expect(try contents(directory) == files)
        }
    }
}
