import SwiftletFiles
import SwiftletScores
import SwiftletTensor
import Testing

@Suite struct ImagePairTests {
    static let cases = ScoreCase.all(in: "image-pairs")

    @Test func fixturesAreThere() { #expect(Self.cases.count > 8) }

    @Test("as scikit-image, SciPy and TensorFlow", arguments: cases)
    func reference(_ row: ScoreCase) throws {
        var scores = ImagePairScores()
        try scores.update(
            name: row.testDescription, reference: row.image("reference"),
            candidate: row.image("candidate"))
        // TensorFlow's own rounding: its MS-SSIM is in single precision.
        try row.check(scores.results(), relative: 1e-5)
    }

    @Test("scikit-image's own window, and 16 bits", arguments: cases)
    func otherWindowsAndDepths(_ row: ScoreCase) throws {
        var pair = [try row.image("reference"), try row.image("candidate")]
        var scores = ImagePairScores(metrics: [.ssim], window: .uniform)
        try scores.update(name: "x", reference: pair[0], candidate: pair[1])
        let uniform = try scores.results().scores["ssim"]?.json ?? "missing"
        let expected = try #require(row.json["uniform_ssim"])
        #expect(uniform.isClose(to: expected, relative: 1e-9))
        guard let deep = row.json["deep"] else { return }
        pair = try pair.map { image in
            try Tensor(
                image.elements(of: UInt8.self).map { UInt16($0) * 200 + 77 }, shape: image.shape)
        }
        scores = ImagePairScores(metrics: [.psnr, .ssim])
        try scores.update(name: "x", reference: pair[0], candidate: pair[1])
        let found = try scores.results()
        for name in ["psnr", "ssim"] {
            let value = found.scores[name]?.json ?? "missing"
            #expect(value.isClose(to: deep[name] ?? .null, relative: 1e-5), "\(name)")
        }
    }

    @Test func theMeanIsOverImages() throws {
        let gray = Self.cases.filter { $0.testDescription.hasPrefix("rgb 24") }
        let row = try #require(gray.first)
        let reference = try row.image("reference")
        let candidate = try row.image("candidate")
        func report(_ pairs: [(String, Tensor, Tensor)]) throws -> ScoreReport {
            var scores = ImagePairScores(metrics: [.psnr, .ssim])
            for (name, a, b) in pairs { try scores.update(name: name, reference: a, candidate: b) }
            return try scores.results()
        }
        let one = try report([("a", reference, candidate)])
        let two = try report([("a", reference, candidate), ("b", reference, reference)])
        #expect(two.samples == 2)
        #expect(two.scores.names == ["psnr", "ssim"])
        #expect(two.scores["psnr"]?.json == "inf")
        let single = try #require(one["ssim"])
        #expect(two["ssim"] == (single + 1) / 2)
        #expect(two.json["per_image"]?[1]?["name"] == "b")
        #expect(two.json["per_image"]?[0]?["ssim"]?.double == one["ssim"])
    }

    @Test func aBatchIsItsImages() throws {
        let row = try #require(Self.cases.first)
        let image = try row.image("reference").elements(of: UInt8.self)
        let other = try row.image("candidate").elements(of: UInt8.self)
        var scores = ImagePairScores(metrics: [.psnr])
        try scores.update(
            name: "x", reference: Tensor(image + image, shape: [2, 24, 31, 3]),
            candidate: Tensor(image + other, shape: [2, 24, 31, 3]))
        let report = try scores.results()
        #expect(report.perImage.map(\.name) == ["x[0]", "x[1]"])
        #expect(report.perImage[0].scores["psnr"] == .infinite(isNegative: false))
        let expected = try #require(row.json["scores"]?["psnr"]?.double)
        #expect(abs((report.perImage[1].scores["psnr"]?.double ?? 0) - expected) < 1e-9)
    }

    @Test(
        "the mean's interval is Student's",
        arguments: [  // scipy.stats.t.ppf(0.975, count - 1)
            (2, 12.706_204_736_174_698), (3, 4.302_652_729_749_464), (6, 2.570_581_835_636_314),
            (31, 2.042_272_456_301_238), (402, 1.965_897_465_336_516),
        ])
    func interval(_ count: Int, _ quantile: Double) throws {
        var scores = ImagePairScores(metrics: [.psnr])
        let values = (0..<count).map { UInt8(1 + $0 % 5) }
        try scores.update(
            name: "x", reference: Tensor(zeros: Shape([count, 1, 1, 1]), dtype: .uint8),
            candidate: Tensor(values, shape: Shape([count, 1, 1, 1])))
        let report = try scores.results()
        let found = report.perImage.compactMap { $0.scores["psnr"]?.double }
        let mean = try #require(report["psnr"])
        let squares = found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let half = quantile * (squares / Double(count - 1) / Double(count)).squareRoot()
        let interval = report.json["intervals"]?["psnr"]
        #expect(abs((interval?["low"]?.double ?? 0) - (mean - half)) < 1e-9 * half + 1e-12)
        #expect(abs((interval?["high"]?.double ?? 0) - (mean + half)) < 1e-9 * half + 1e-12)
    }

    @Test func infiniteAndSingleValuesHaveNoInterval() throws {
        let image = try Tensor(zeros: [2, 2, 3], dtype: .uint8)
        var scores = ImagePairScores(metrics: [.psnr])
        try scores.update(name: "a", reference: image, candidate: image)
        #expect(try scores.results().json["intervals"]?["psnr"]?.isNull == true)
        try scores.update(name: "b", reference: image, candidate: image)
        #expect(try scores.results().json["intervals"]?["psnr"]?.isNull == true)
    }

    @Test("floats of 0 … 255 are the bytes they equal", arguments: cases)
    func floats(_ row: ScoreCase) throws {
        let pair = [try row.image("reference"), try row.image("candidate")]
        var (bytes, floats) = (ImagePairScores(), ImagePairScores())
        try bytes.update(name: "x", reference: pair[0], candidate: pair[1])
        let converted = try pair.map { try $0.converted(to: .float32) }
        try floats.update(name: "x", reference: converted[0], candidate: converted[1])
        let (expected, found) = (try bytes.results(), try floats.results())
        for name in expected.scores.names { #expect(found.scores[name] == expected.scores[name]) }
    }

    @Test func alphaDoesNotCount() throws {
        let random = CounterRandom(seed: 4)
        let colours = try Tensor(
            (0..<12 * 13 * 3).map { UInt8(random.uniform(at: $0) * 255) }, shape: [12, 13, 3])
        let values = try colours.elements(of: UInt8.self)
        var four: [UInt8] = []
        for pixel in 0..<12 * 13 {
            four += values[pixel * 3..<pixel * 3 + 3] + [UInt8(pixel)]
        }
        let veiled = try Tensor(four, shape: [12, 13, 4])
        let other = try Tensor(values.map { $0 / 2 }, shape: colours.shape)
        func report(_ a: Tensor, _ b: Tensor) throws -> ScoreReport {
            var scores = ImagePairScores(metrics: [.psnr, .ssim])
            try scores.update(name: "x", reference: a, candidate: b)
            return try scores.results()
        }
        let expected = try report(colours, other)
        let found = try report(veiled, other)
        for name in ["psnr", "ssim"] {
            #expect(abs((found[name] ?? 0) - (expected[name] ?? 1)) < 1e-12)
        }
        let gray = try Tensor(zeros: [12, 13, 1], dtype: .uint8)
        let error = #expect(throws: ScoreError.self) { _ = try report(gray, colours) }
        #expect(error?.description == "x: the reference is gray, the candidate coloured")
    }

    @Test func whatIsNoPairIsRefused() throws {
        var scores = ImagePairScores()
        let small = try Tensor(zeros: [4, 4, 3], dtype: .uint8)
        let large = try Tensor(zeros: [4, 5, 3], dtype: .uint8)
        let error = #expect(throws: ScoreError.self) {
            try scores.update(name: "a.png", reference: small, candidate: large)
        }
        #expect(
            error?.description == "a.png: reference [4, 4, 3] and candidate [4, 5, 3] differ")
        #expect(throws: ScoreError.self) {
            try scores.update(
                name: "a.png", reference: small, candidate: Tensor(zeros: [4, 4, 3]))
        }
        #expect(throws: ScoreError.empty) { try scores.results() }
    }
}
