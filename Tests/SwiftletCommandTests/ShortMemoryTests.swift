import Foundation
import SwiftletFiles
import TestSupport
import Testing

/// With ever less memory a command works or says in one line that it cannot. `tools/check-durability` does
/// the same in finer steps, with all commands and in control groups.
#if os(Linux)
    @Suite struct ShortMemoryTests {
        private static let commands = [
            "inspect model.keras", "convert model.keras o.h5", "convert model.keras o.keras",
            "predict model.keras --input d.npz --output o.npz",
            "evaluate model.keras --data d.npz --task classification --json o.json --report o.html",
            "train m.yaml --data d.npz --epochs 1 --quiet --output o.h5",
        ]

        private static func run(
            _ command: String, in directory: String, mebibytes: Int? = nil
        ) throws -> CommandRun {
            try CommandRun(
                command.split(separator: " ").map(String.init), in: directory,
                shell: mebibytes.map { "ulimit -c 0; ulimit -v \($0 << 10)" } ?? "true")
        }

        @Test(arguments: commands) func worksOrSaysSo(_ command: String) throws {
            guard Allocations.areCounted else { return }  // Sanitizers take terabytes of addresses.
            try withTemporaryDirectory { directory throws in
                try DurabilityTests.prepare(directory)
                var (refused, lowest) = (0, 0)
                // From what nothing can start with to what everything works with.
                for step in 0..<24 {
                    let limit = 80 + step * 5
                    if lowest == 0 {
                        guard try Self.run("--version", in: directory, mebibytes: limit).status == 0
                        else { continue }
                        lowest = limit
                    }
                    let run = try Self.run(command, in: directory, mebibytes: limit)
                    guard run.status != 0 else { continue }
                    refused += 1
                    #expect(run.status == 1, "\(limit) MiB: \(run.errors)")
                    let lines = run.errors.split(separator: "\n")
                    #expect(
                        lines.count == 1 && lines[0].hasPrefix("error: "),
                        "\(limit) MiB: \(run.errors)")
                    let left = try contents(directory).filter { $0.hasPrefix(".") }
                    #expect(left.isEmpty, "\(limit) MiB: \(run.errors)")
                }
                #expect(refused > 0)
                #expect(try Self.run(command, in: directory).status == 0)
            }
        }
    }
#endif
