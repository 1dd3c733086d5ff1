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
