internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletScores
internal import SwiftletTensor
internal import SwiftletTraining

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A diffusion model that invents digits out of noise, and how like real ones they are.
struct GenerationDemo {
    /// Noise from nearly none to far above the ink.
    private static let noise: ClosedRange<Float> = 0.02...8
    private static let copies = 8
    private static let epochs = 10
    private static let steps = 32

    func run(in folder: inout DemoFolder) throws {
        folder.section("Invented digits: a diffusion model")
        let digits = try Digits.load()
        var model = try Self.model()
        let history = try model.fit(
            Self.lessons(digits.train), options: FitOptions(epochs: Self.epochs, seed: 1),
            callbacks: [TrainingProgress(folder.log)])
        print(HistoryTable(history).text(for: .standardOutput))
        try model.save(to: folder.file("generator.keras", "the diffusion model"))
        let generated = try invent(digits.test.count, model, log: folder.log)
        try Self.write(generated, to: folder.file("generated.npz", "digits that it invented"))
        try Self.write(digits.test.x, to: folder.file("real.npz", "the held-out digits as images"))
        try ImageFile.writePNG(
            DigitSheet.sheet(of: generated, rows: 6, columns: 16),
            to: folder.file("generated.png", "some of them"))
        try score(generated, digits, in: &folder)
    }

    /// Finds the digit in noise: a picture and, as a second channel, how strong its noise is.
    private static func model() throws -> Model {
        let input = Input(8, 8, 2)
        let fine = Conv2D(24, kernel: 3, padding: .same, activation: .relu)(input)
        let coarse = Conv2D(48, kernel: 3, padding: .same, activation: .relu)(
            MaxPooling2D(2)(fine))
        let deep = Conv2D(48, kernel: 3, padding: .same, activation: .relu)(coarse)
        let joined = Concatenate()([UpSampling2D(2)(deep), fine])
        let last = Conv2D(24, kernel: 3, padding: .same, activation: .relu)(joined)
        let clean = Conv2D(1, kernel: 3, padding: .same, activation: .sigmoid)(last)
        var model = try Model(inputs: [input], outputs: [clean], name: "generator")
        model.compile(
            TrainingSetup(optimizer: .adam(learningRate: 0.002), loss: .meanSquaredError))
        return model
    }

    /// Every digit several times, under noise of many strengths.
    private static func lessons(_ digits: Dataset) throws -> Dataset {
        let pixels = try digits.x.elements(of: Float.self)
        let random = CounterRandom(seed: 11, stream: 1)
        let strengths = CounterRandom(seed: 11, stream: 2)
        let count = digits.count * copies
        var inputs: [Float] = []
        var targets: [Float] = []
        for lesson in 0..<count {
            let strength = strength(strengths.uniform(at: lesson))
            let start = lesson % digits.count * 64
            for pixel in 0..<64 {
                let ink = pixels[start + pixel]
                targets.append(ink)
                let noisy = ink + strength * random.normal(at: lesson * 64 + pixel)
                inputs += channels(noisy, strength)
            }
        }
        return try Dataset(
            x: Tensor(inputs, shape: Shape([count, 8, 8, 2])),
            y: Tensor(targets, shape: Shape([count, 8, 8, 1])))
    }

    private static func strength(_ share: Float) -> Float {
        noise.lowerBound * pow(noise.upperBound / noise.lowerBound, share)
    }

    /// What the network gets of a pixel; the noisy picture is brought to about one strength.
    private static func channels(_ pixel: Float, _ strength: Float) -> [Float] {
        [pixel / (strength * strength + 0.2).squareRoot(), log(strength) / 4]
    }

    /// Noise becomes digits step by step: each takes away a part of what the network thinks is noise,
    /// and adds some fresh.
    private func invent(_ count: Int, _ model: Model, log: LogOptions) throws -> Tensor {
        let predictor = try Predictor(model)
        let random = CounterRandom(seed: 12, stream: 0)
        var pixels = (0..<count * 64).map { random.normal(at: $0) * Self.noise.upperBound }
        var progress = log.progress("inventing", total: Self.steps)
        for step in 0..<Self.steps {
            let last = Float(Self.steps - 1)
            let (now, next) = (
                Self.strength(1 - Float(step) / last), Self.strength(1 - Float(step + 1) / last)
            )
            let input = try Tensor(
                pixels.flatMap { Self.channels($0, now) }, shape: Shape([count, 8, 8, 2]))
            let clean = try predictor(input)
            progress.advance()
            if step == Self.steps - 1 {
                progress.finish()
                return clean
            }
            let fresh = next * (1 - next * next / (now * now)).squareRoot()
            let kept = (next * next - fresh * fresh).squareRoot() / now
            let noise = CounterRandom(seed: 12, stream: UInt64(step + 1))
            for (index, ink) in try clean.elements(of: Float.self).enumerated() {
                pixels[index] =
                    ink + kept * (pixels[index] - ink) + fresh * noise.normal(at: index)
            }
        }
        return try Tensor(pixels, shape: Shape([count, 8, 8, 1]))
    }

    private static func write(_ pictures: Tensor, to path: String) throws {
        let bytes = try DigitSheet.bytes(pictures)
        try NPZ.write(NamedTensors([(name: "images", tensor: bytes)]), to: path)
    }

    /// Beside the test set, to the eyes of the digits' classifier; and what digits from other sets and
    /// plain noise of the digits' own means and deviations would get.
    private func score(
        _ generated: Tensor, _ digits: Digits, in folder: inout DemoFolder
    ) throws {
        let eyes = try DigitEyes(folder.path + "/digits.keras")
        let real = try eyes.set(digits.test.x, .real)
        let scores = ImageSetScores(metrics: [.fid, .kid, .prdc])
        let results = try [generated, digits.validation.x, Self.noise(like: digits.train.x)].map {
            try scores.results(real: real, generated: eyes.set($0, .generated))
        }
        var table = TextTable(
            title: "\(generated.shape[0]) invented digits beside \(digits.test.count) real ones",
            columns: [
                .init("score", .left), .init("invented"), .init("other real ones"), .init("noise"),
            ])
        for name in ["fid", "kid", "precision", "recall", "density", "coverage"] {
            table.add([name] + results.map { HistoryTable.text($0[name] ?? .nan) })
        }
        print("\n" + table.text(for: .standardOutput))
        try AtomicFile.write(
            results[0].json.text(pretty: true) + "\n",
            to: folder.file("generated-scores.json", "their scores as a set"))
        var page = ReportPage(title: "Scores", subtitle: "invented digits beside real ones")
        page.add(results[0])
        page.add(heading: "Beside other sets", table: table)
        for (title, pictures) in [("Real digits", digits.test.x), ("Invented digits", generated)] {
            let gallery = ImageSetGallery(
                title: title, pictures: try Pictures(DigitSheet.bytes(pictures), path: "the demo"))
            try gallery.add(to: &page)
        }
        try AtomicFile.write(
            page.html, to: folder.file("generated-scores.html", "the same with pictures"))
        guard let found = results[0]["fid"], let noise = results[2]["fid"], found < noise / 2 else {
            throw CommandError(folder.path, "the invented digits are hardly better than noise")
        }
    }

    /// Every pixel on its own, with its mean and deviation.
    private static func noise(like pictures: Tensor) throws -> Tensor {
        let pixels = try pictures.elements(of: Float.self)
        let count = Float(pictures.shape[0])
        let random = CounterRandom(seed: 13, stream: 0)
        var means = [Float](repeating: 0, count: 64)
        for (index, ink) in pixels.enumerated() { means[index % 64] += ink / count }
        var variances = [Float](repeating: 0, count: 64)
        for (index, ink) in pixels.enumerated() {
            let difference = ink - means[index % 64]
            variances[index % 64] += difference * difference / count
        }
        let values = pixels.indices.map { index -> Float in
            let spread = variances[index % 64].squareRoot() * random.normal(at: index)
            return min(max(means[index % 64] + spread, 0), 1)
        }
        return try Tensor(values, shape: pictures.shape)
    }
}
