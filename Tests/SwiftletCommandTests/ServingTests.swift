import Foundation
import TestSupport
import Testing

/// `swiftlet serve` asked by Triton's Python client, which `tools/test` installs, and an application of one's
/// own; both need the trait `Serve`.
@Suite struct ServingTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let python = root + "/.venv-recipes/bin/python"

    #if Serve
        @Test(
            .enabled(if: FileManager.default.isExecutableFile(atPath: python)),
            arguments: ["clients", "hostile", "load", "example"])
        func client(_ part: String) throws {
            try withTemporaryDirectory { directory in
                let run = try CommandRun(
                    [
                        Self.root + "/tools/check-serving", "--swiftlet",
                        builtProgram("swiftlet"), "--only", part,
                    ], executable: Self.python, in: directory)
                #expect(run.status == 0, "\(run.output)\(run.errors)")
            }
        }
    #else
        @Test func saysHowToBuildTheServer() throws {
            try withTemporaryDirectory { directory in
                let run = try CommandRun(["serve", "m.keras"], in: directory)
                #expect(run.status == 1 && run.errorLines.count == 1)
                #expect(run.errors.contains("--traits Serve"))
            }
        }
    #endif

    @Test(
        "wrong usage",
        arguments: [
            [], ["a.keras", "b/a.keras"], ["a.keras", "--port", "70000"],
            ["a.keras", "--max-batch", "0"], ["a.keras", "--max-body", "many"],
            ["a.keras", "--timeout", "0"], ["=a.keras"], ["a.keras", "--limit", "time=3"],
        ])
    func wrongUsage(_ arguments: [String]) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(["serve"] + arguments, in: directory)
            #expect(run.status == 64 && run.errorLines.count == 1, "\(run.errors)")
        }
    }
}
