import SwiftletFiles
import TestSupport
import Testing

/// What holds for every subcommand: statuses, one line for an error, nothing left behind.
@Suite struct FrameTests {
    @Test(arguments: [[], ["--help"], ["help", "score"], ["score", "--help"], ["--version"]])
    func helpSucceeds(_ arguments: [String]) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(arguments, in: directory)
            #expect(run.status == 0)
            #expect(!run.output.isEmpty)
            #expect(run.errors.isEmpty)
        }
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let arguments: String
        let status: Int32
        let error: String
        var testDescription: String { "\(arguments) → \(error)" }

        init(_ arguments: String, _ status: Int32, _ error: String) {
            (self.arguments, self.status, self.error) = (arguments, status, error)
        }
    }

    @Test(
        "one line that names the cause, and the status for it",
        arguments: [
            Row("frobnicate", 64, "Unexpected argument 'frobnicate'"),
            Row("score", 64, "Missing expected argument '--task <task>'"),
            Row(
                "score --task regression --truth a --predicted b --colour", 64,
                "Unknown option '--colour'"
            ),
            Row(
                "score --task guess --truth a --predicted b", 64,
                "The value 'guess' is invalid for '--task <task>'. Please provide one of "
                    + "'classification' and 'regression'."
            ),
            Row(
                "score --task regression --truth a --predicted b --kind binary", 64,
                "--kind is for --task classification"
            ),
            Row(
                "score --task classification --truth a --predicted b --predictors 3", 64,
                "--predictors is for --task regression"
            ),
            Row(
                "score --task regression --truth a --predicted b --predictors 0", 64,
                "--predictors must be at least 1"
            ),
            Row("score-images", 64, "--generated expected, or --paired"),
            Row("score-images --paired --reference a", 64, "--candidate expected"),
            Row(
                "score-images --paired --reference a --candidate b --metrics psnr,blur", 64,
                "The value 'psnr,blur' is invalid for '--metrics <list>'"
            ),
            Row(
                "score --task regression --truth a.npy --predicted b.npy", 1,
                "a.npy: No such file or directory"
            ),
            Row(
                "score --task regression --truth a.npy --predicted b.npy --json none/s.json", 1,
                "none/s.json: No such file or directory"
            ),
            Row(
                "score --task regression --truth a.npy --predicted b.npy --report .", 1,
                ".: Is a directory"
            ),
        ])
    func failures(_ row: Row) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                row.arguments.split(separator: " ").map(String.init), in: directory)
            #expect(run.status == row.status)
            #expect(run.errors == "error: \(row.error)\n")
            #expect(run.output.isEmpty)
            let left = try contents(directory)
            #expect(left.isEmpty)
        }
    }

    @Test func longLinesAreCutUnlessDetailsAreAskedFor() throws {
        try withTemporaryDirectory { directory in
            // Every character takes three bytes; the file's name even holds a line end.
            let path = String(repeating: "数", count: 240) + "\n.npy"
            let arguments = ["score", "--task", "regression", "--truth", path, "--predicted", path]
            let run = try CommandRun(arguments, in: directory)
            #expect(run.status == 1)
            #expect(run.errors.hasPrefix("error: 数"))
            #expect(run.errors.hasSuffix("…\n"))
            #expect(run.errors.utf8.count <= 500)
            #expect(run.errors.count { $0 == "\n" } == 1)
            let whole = try CommandRun(arguments + ["--details"], in: directory)
            #expect(whole.errors.hasSuffix(" .npy: File name too long\n"))
            #expect(whole.errors.count { $0 == "\n" } == 1)
        }
    }

    #if os(Linux)
        @Test func resultsThatCannotBeShownAreAnError() throws {
            let array = fixture("data/sources/array.npy")
            try withTemporaryDirectory { directory in
                let run = try CommandRun(
                    ["score", "--task", "regression", "--truth", array, "--predicted", array],
                    in: directory, standardOutput: "/dev/full")
                #expect(run.status == 1)
                #expect(run.errors == "error: standard output: No space left on device\n")
            }
        }
    #endif
}
