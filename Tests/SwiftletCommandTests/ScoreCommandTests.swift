import Foundation
import SwiftletFiles
import TestSupport
import Testing

@Suite struct ScoreCommandTests {
    @Test func regression() throws {
        let truth = fixture("data/sources/array.npy")
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                [
                    "score", "--task", "regression", "--truth", truth, "--predicted", truth,
                    "--predictors", "1", "--json", "s.json", "--report", "r.html",
                ], in: directory)
            #expect(run.status == 0)
            #expect(run.errors.isEmpty)
            #expect(run.output.contains("adjusted_r2"))
            let json = try JSON(parsing: readFile(directory + "/s.json"))
            #expect(json["task"]?.string == "regression")
            #expect(json["samples"]?.int == 3)
            #expect(json["scores"]?["mse"]?.double == 0)
            #expect(json["scores"]?["adjusted_r2"]?.double == 1)
            let page = try String(contentsOfFile: directory + "/r.html", encoding: .utf8)
            #expect(page.hasPrefix("<!DOCTYPE html>"))
            let files = try contents(directory)
            #expect(files == ["r.html", "s.json"])
        }
    }

    @Test func classificationOfDecidedClasses() throws {
        let classes = fixture("data/npy/int32.npy")  // [min, 0, 1, max]
        let bools = fixture("data/npy/bool.npy")
        try withTemporaryDirectory { directory in
            let same = try CommandRun(
                ["score", "--task", "classification", "--truth", bools, "--predicted", bools],
                in: directory)
            #expect(same.status == 0)
            #expect(same.output.contains("accuracy"))
            let wild = try CommandRun(
                [
                    "score", "--task", "classification", "--truth", classes, "--predicted", classes,
                    "--json", "s.json",
                ], in: directory)
            #expect(wild.status == 1)
            #expect(wild.errors.hasPrefix("error: \(classes): truth[0]"))
            #expect(wild.errorLines.count == 1)
            let files = try contents(directory)
            #expect(files.isEmpty)
        }
    }

    @Test func errorsNameTheFileThatIsWrong() throws {
        let three = fixture("data/sources/array.npy")
        let two = fixture("data/npy/fortran.npy")
        let words = fixture("data/npy/bytes.npy")
        try withTemporaryDirectory { directory in
            func errors(_ truth: String, _ predicted: String, _ weights: String) throws -> String {
                try CommandRun(
                    [
                        "score", "--task", "regression", "--truth", truth, "--predicted",
                        predicted, "--sample-weight", weights,
                    ], in: directory
                ).errors
            }
            let lengths = try errors(three, two, three)
            #expect(
                lengths == "error: \(three), \(two): truth has 3 rows, predicted has 2\n")
            let text = try errors(words, words, three)
            #expect(text == "error: \(words): truth: numbers needed, string found\n")
            let weights = try errors(three, three, three)
            #expect(weights.hasPrefix("error: \(three): weights: shape"))
        }
    }

    @Test func pairedImages() throws {
        let images = fixture("data/sets/classes")
        try withTemporaryDirectory { directory in
            let same = try CommandRun(
                [
                    "score-images", "--paired", "--reference", images + "/dogs", "--candidate",
                    images + "/dogs", "--json", "s.json", "--quiet",
                ], in: directory)
            #expect(same.status == 0)
            #expect(same.errors.isEmpty)
            let json = try JSON(parsing: readFile(directory + "/s.json"))
            #expect(json["scores"]?["psnr"]?.string == "inf")
            #expect(json["scores"]?["ssim"]?.isNull == true)  // 2 × 3 pixels hold no window
            #expect(json["per_image"]?[0]?["name"]?.string == "a.png")

            // dogs/a.png is 10 everywhere, mixed/a.png is 0: 10 · log₁₀(255² / 10²).
            let mixed = fixture("data/sets/mixed")
            try FileManager.default.createDirectory(
                atPath: directory + "/one", withIntermediateDirectories: false)
            try FileManager.default.copyItem(
                atPath: mixed + "/a.png", toPath: directory + "/one/a.png")
            let other = try CommandRun(
                [
                    "score-images", "--paired", "--reference", "one", "--candidate",
                    images + "/dogs", "--metrics", "psnr", "--json", "s.json", "--quiet",
                ], in: directory)
            #expect(other.status == 0)
            #expect(
                other.errors
                    == "warning: \(images)/dogs: 1 images are not in one and not scored: 'b.PNG'\n")
            let psnr = try JSON(parsing: readFile(directory + "/s.json"))["scores"]?["psnr"]?.double
            #expect(abs(try #require(psnr) - 28.130_803_608_679_1) < 1e-9)

            let missing = try CommandRun(
                [
                    "score-images", "--paired", "--reference", mixed, "--candidate",
                    images + "/dogs",
                ], in: directory)
            #expect(missing.status == 1)
            #expect(
                missing.errors
                    == "error: \(images)/dogs: 1 of the 2 images in \(mixed) are missing: 'b.png'\n"
            )
        }
    }
}
