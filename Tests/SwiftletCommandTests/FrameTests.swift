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
            Row("frobnicate", 64, "there is no command 'frobnicate'; see swiftlet --help"),
            Row(
                "trian m.keras", 64,
                "there is no command 'trian'; did you mean \"train\"?; see swiftlet --help"),
            Row(
                "score", 64,
                "Missing expected argument '--task <task>'; see swiftlet help score"),
            Row(
                "score --task regression --truth a --predicted b --colour", 64,
                "unknown option '--colour'; see swiftlet help score"
            ),
            Row(
                "train --epoch=3", 64,
                "unknown option '--epoch'; did you mean \"--epochs\"?; see swiftlet help train"
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
                "The value 'psnr,blur' is invalid for '--metrics <list>'. Please provide one of "
                    + "the following: - fid - kid - is - prdc - psnr - ssim - ssim-full - ms-ssim - lpips"
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

    /// Every subcommand shows how it is called, in lines that the parser takes.
    @Test func examplesOfHelpAreSound() throws {
        try withTemporaryDirectory { directory in
            let help = try CommandRun(["--help"], in: directory).output
            let commands = help.split(separator: "\n").drop { !$0.hasPrefix("SUBCOMMANDS:") }
                .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.contains("swiftlet") }
                .map { $0.split(separator: " ")[0] }
            #expect(commands.count >= 17)
            for command in commands {
                let help = try CommandRun([String(command), "--help"], in: directory).output
                let lines = help.replacing("\\\n", with: " ").split(separator: "\n")
                let examples = lines.filter { $0.hasPrefix("  swiftlet ") }
                #expect(!examples.isEmpty, "\(command)")
                for example in examples where command != "demo" {
                    let words = example.split(separator: " ").dropFirst().map(String.init)
                    let run = try CommandRun(words, in: directory)
                    #expect(run.status != 64, "\(example): \(run.errors)")
                }
            }
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
