import Foundation
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletKeras
import SwiftletLayers
import SwiftletTensor
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

    /// Rows of ink from 0 to 1 in a file under the name that scores look for.
    private func write(_ directory: String, _ name: String, _ array: String, _ tensor: Tensor)
        throws
    {
        try NPZ.write(NamedTensors([(name: array, tensor: tensor)]), to: "\(directory)/\(name)")
    }

    private func features(_ rows: Int, seed: UInt64) throws -> Tensor {
        let random = CounterRandom(seed: seed)
        return try Tensor(
            (0..<rows * 4).map { random.normal(at: $0) }, shape: Shape([rows, 4]))
    }

    @Test func setsOfFeatures() throws {
        try withTemporaryDirectory { directory in
            try write(directory, "r.npz", "features", features(30, seed: 1))
            try write(directory, "g.npz", "features", features(25, seed: 2))
            func run(_ real: String, _ metrics: String, _ more: [String] = []) throws -> JSON {
                let run = try CommandRun(
                    [
                        "score-images", "--real", real, "--generated", "g.npz", "--metrics",
                        metrics,
                        "--json", "s.json", "--quiet",
                    ] + more, in: directory)
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.errors.isEmpty)
                return try JSON(parsing: readFile(directory + "/s.json"))
            }
            let json = try run("r.npz", "fid,kid,prdc", ["--save-real", "stats.npz"])
            #expect(json["task"]?.string == "image-sets")
            #expect(json["samples"]?.int == 25)
            #expect(json["provenance"]?["real"]?["source"]?.string == "features")
            #expect(
                Set((json["scores"]?.object ?? [:]).map(\.key)) == [
                    "fid", "kid", "kid_mean", "kid_std", "precision", "recall", "density",
                    "coverage",
                ])
            let fid = try #require(json["scores"]?["fid"]?.double)
            let stored = try run("stats.npz", "fid")
            #expect(abs((stored["scores"]?["fid"]?.double ?? 0) - fid) < 1e-9)
            #expect(stored["provenance"]?["real"]?["source"]?.string == "statistics")
            let alone = try CommandRun(
                [
                    "score-images", "--real", "stats.npz", "--generated", "g.npz", "--metrics",
                    "kid",
                ], in: directory)
            #expect(alone.status == 1)
            #expect(alone.errors.hasPrefix("error: stats.npz: statistics suffice for fid alone"))
        }
    }

    @Test func setsOfImagesThroughAModel() throws {
        var model = try Sequential {
            Input(4, 4, 1)
            Flatten()
            Dense(3, activation: .softmax)
        }
        try model.initialize(seed: 1)
        try withTemporaryDirectory { directory in
            try model.save(to: directory + "/m.keras")
            let random = CounterRandom(seed: 3)
            let images = try Tensor(
                (0..<12 * 25).map { UInt8(random.uniform(at: $0) * 255) }, shape: [12, 5, 5, 1])
            try write(directory, "i.npz", "images", images)
            let features = try CommandRun(
                ["features", "i.npz", "--output", "f.npz", "--features", "m.keras", "--quiet"],
                in: directory)
            #expect(features.status == 0, "\(features.errors)")
            let kept = try NPZ(directory + "/f.npz").read("features")
            #expect(Array(kept.shape) == [12, 3])
            let run = try CommandRun(
                [
                    "score-images", "--real", "f.npz", "--generated", "i.npz", "--metrics",
                    "fid,is",
                    "--features", "m.keras", "--json", "s.json", "--is-splits", "2", "--quiet",
                ], in: directory)
            #expect(run.status == 0, "\(run.errors)")
            let json = try JSON(parsing: readFile(directory + "/s.json"))
            #expect((json["scores"]?["fid"]?.double ?? 1) < 1e-9)
            #expect((json["scores"]?["inception_score_mean"]?.double ?? 0) >= 1)
            let extractor = json["provenance"]?["extractor"]
            #expect(extractor?["sha256"]?.string?.count == 64)
            #expect(extractor?["resize"]?.string == "bilinear")
        }
    }

    @Test func setsThatCannotBeScored() throws {
        try withTemporaryDirectory { directory in
            try write(directory, "r.npz", "features", features(9, seed: 1))
            try write(directory, "one.npz", "features", features(1, seed: 1))
            let broken = try Tensor([1, .nan, 3, 4, 5, 6, 7, 8] as [Float], shape: [2, 4])
            try write(directory, "nan.npz", "features", broken)
            try write(
                directory, "wide.npz", "features", Tensor(zeros: [5, 3], dtype: .float64))
            try write(
                directory, "images.npz", "images", Tensor(zeros: [3, 2, 2, 3], dtype: .uint8))
            try FileManager.default.createDirectory(
                atPath: directory + "/empty", withIntermediateDirectories: false)
            for (generated, cause) in [
                ("one.npz", "error: one.npz: generated: at least 2 images needed, 1 found"),
                ("nan.npz", "error: nan.npz: generated[0, 1]: a finite number needed, nan found"),
                ("wide.npz", "error: r.npz, wide.npz: 4 features per image in the real set, 3"),
                ("empty", "error: empty: no pictures"), ("none", "error: none: "),
                (
                    "images.npz",
                    "warning: no --features: the small classifier of handwritten digits"
                ),
            ] {
                let run = try CommandRun(
                    ["score-images", "--real", "r.npz", "--generated", generated], in: directory)
                #expect(run.status != 0)
                #expect(run.errors.hasPrefix(cause), "\(generated): \(run.errors)")
                #expect(run.errorLines.count == 1)
                #expect(run.output.isEmpty)
            }
        }
    }

    /// Killed as it is, without a chance to clean up; what it knew it need not learn again.
    @Test func aBrokenOffScoringGoesOn() throws {
        var model = try Sequential {
            Input(64, 64, 1)
            Conv2D(48, kernel: 3, activation: .relu)
            Conv2D(48, kernel: 3, activation: .relu)
            GlobalAveragePooling2D()
            Dense(5, activation: .softmax)
        }
        try model.initialize(seed: 1)
        try withTemporaryDirectory { directory in
            try model.save(to: directory + "/m.keras")
            let random = CounterRandom(seed: 3)
            for (name, seed) in [("r.npz", 0), ("g.npz", 5000)] {
                let images = try Tensor(
                    (0..<90 * 4096).map { UInt8(random.uniform(at: $0 / 3 + seed) * 255) },
                    shape: [90, 64, 64, 1])
                try write(directory, name, "images", images)
            }
            func command(_ json: String, _ more: [String] = []) -> [String] {
                [
                    "score-images", "--real", "r.npz", "--generated", "g.npz", "--metrics",
                    "fid,kid,is", "--is-splits", "3", "--features", "m.keras", "--batch-size", "2",
                    "--json", json, "--quiet",
                ] + more
            }
            let whole = try CommandRun(command("whole.json"), in: directory)
            #expect(whole.status == 0, "\(whole.errors)")
            let state = directory + "/state"
            func size() -> Int { (try? readFile(state).count) ?? 0 }
            // Once among the first images, once among the second.
            for records in [9, 62] {
                let killed = try CommandRun(
                    command("part.json", ["--state", "state"]), in: directory
                ) { process in
                    while process.isRunning, size() < records * 68 { usleep(500) }
                    kill(process.processIdentifier, SIGKILL)
                }
                #expect(killed.status == SIGKILL)
                #expect(try contents(directory).contains("part.json") == false)
            }
            let known = size()
            let rest = try CommandRun(
                command("part.json", ["--state", "state"]), in: directory)
            #expect(rest.status == 0, "\(rest.errors)")
            #expect(size() > known)
            #expect(try readFile(directory + "/part.json") == readFile(directory + "/whole.json"))

            let other = try CommandRun(
                command("part.json", ["--state", "state", "--resize", "pil-box"]), in: directory)
            #expect(other.status == 1)
            #expect(other.errors.hasPrefix("error: state: the state of another job: real: resize"))
            #expect(other.errorLines.count == 1)
        }
    }

    @Test func imagesOfFloats() throws {
        try withTemporaryDirectory { directory in
            let random = CounterRandom(seed: 9)
            let images = try Tensor(
                (0..<3 * 12 * 12 * 3).map { Double(random.uniform(at: $0)) },
                shape: [3, 12, 12, 3])
            let other = try Tensor(
                images.elements(of: Double.self).map { $0 * 0.5 }, shape: images.shape)
            try write(directory, "a.npz", "images", images)
            try write(directory, "b.npz", "images", other)
            let command = [
                "score-images", "--paired", "--reference", "a.npz", "--candidate", "b.npz",
                "--json",
                "s.json", "--quiet",
            ]
            let refused = try CommandRun(command, in: directory)
            #expect(
                refused.errors
                    == "error: a.npz: images: float64 images need --data-range (1 for values of 0 … 1)\n"
            )
            let run = try CommandRun(
                command + ["--data-range", "1", "--report", "r.html"], in: directory)
            #expect(run.status == 0, "\(run.errors)")
            let found = try JSON(parsing: readFile(directory + "/s.json"))["scores"]?["psnr"]
            var sum = 0.0
            let values = try images.elements(of: Double.self)
            for image in 0..<3 {
                let own = values[image * 432..<(image + 1) * 432]
                sum -= 10 * log10(own.reduce(0) { $0 + $1 * $1 / 4 } / 432) / 3
            }
            #expect(abs((found?.double ?? 0) - sum) < 1e-9)
            let page = try String(contentsOfFile: directory + "/r.html", encoding: .utf8)
            // Three pairs of three pictures, whole PNG files.
            #expect(page.components(separatedBy: "src=\"data:image/png;base64,iVBOR").count == 10)
            #expect(page.contains("The worst by psnr"))
        }
    }

    @Test func shardsAreParts() throws {
        try withTemporaryDirectory { directory in
            let random = CounterRandom(seed: 3)
            let images = try Tensor(
                (0..<21 * 64).map { UInt8(random.uniform(at: $0) * 255) }, shape: [21, 8, 8, 1])
            try write(directory, "i.npz", "images", images)
            var model = try Sequential {
                Input(8, 8, 1)
                Flatten()
                Dense(4)
            }
            try model.initialize(seed: 1)
            try model.save(to: directory + "/m.keras")
            func features(_ more: [String]) throws {
                let run = try CommandRun(
                    ["features", "--features", "m.keras", "--quiet"] + more, in: directory)
                #expect(run.status == 0, "\(run.errors)")
            }
            try features(["i.npz", "--output", "all.npz"])
            try features(["i.npz", "--output", "stats.npz", "--statistics"])
            for kind in [[], ["--statistics"]] {
                for part in 1...3 {
                    try features(
                        ["i.npz", "--output", "p\(part).npz", "--shard", "\(part)/3"] + kind)
                }
                try features(["p1.npz", "p2.npz", "p3.npz", "--output", "joined.npz"] + kind)
                let joined = try NPZ(directory + "/joined.npz")
                if kind.isEmpty {
                    let all = try NPZ(directory + "/all.npz").read("features")
                    #expect(try joined.read("features").isIdentical(to: all))
                } else {
                    let whole = try NPZ(directory + "/stats.npz")
                    for name in ["mu", "sigma"] {
                        let pairs = zip(
                            try joined.read(name).elements(of: Double.self),
                            try whole.read(name).elements(of: Double.self))
                        #expect(pairs.allSatisfy { abs($0 - $1) < 1e-9 * (1 + abs($1)) })
                    }
                }
            }
        }
    }
}
