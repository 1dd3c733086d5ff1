internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletScores
internal import SwiftletTensor
internal import SwiftletTraining

/// An autoencoder that takes the noise from digits it has never seen.
struct DenoisingDemo {
    private static let noise: Float = 0.3

    func run(in folder: inout DemoFolder) throws {
        folder.section("Noisy digits: a denoising autoencoder")
        let digits = try Digits.load()
        let train = try noisy(digits.train, stream: 1)
        let validation = try noisy(digits.validation, stream: 2)
        let test = try noisy(digits.test, stream: 3)
        var model = try Sequential(name: "denoiser") {
            Input(8, 8, 1)
            Conv2D(32, kernel: 3, padding: .same, activation: .relu)
            MaxPooling2D(2)
            Conv2D(32, kernel: 3, padding: .same, activation: .relu)
            UpSampling2D(2)
            Conv2D(32, kernel: 3, padding: .same, activation: .relu)
            Conv2D(1, kernel: 3, padding: .same, activation: .sigmoid)
        }
        model.compile(TrainingSetup(optimizer: .adam(), loss: .meanSquaredError))
        let history = try model.fit(
            train, options: FitOptions(epochs: 15, seed: 1), validation: validation,
            callbacks: [TrainingProgress(folder.log)])
        print(HistoryTable(history).text(for: .standardOutput))
        try model.save(to: folder.file("denoiser.keras", "the autoencoder"))
        try compare(model, test, in: &folder)
    }

    /// Inputs with noise, the clean pictures as targets.
    private func noisy(_ digits: Dataset, stream: UInt64) throws -> Dataset {
        let random = CounterRandom(seed: 7, stream: stream)
        let pixels = try digits.x.elements(of: Float.self).enumerated().map { index, ink in
            min(max(ink + Self.noise * random.normal(at: index), 0), 1)
        }
        return try Dataset(x: Tensor(pixels, shape: digits.x.shape), y: digits.x)
    }

    private func compare(_ model: Model, _ test: Dataset, in folder: inout DemoFolder) throws {
        guard let clean = test.y else { return }
        let denoised = try Predictor(model)(test.x)
        // The digits are smaller than SSIM's window, so the one over all pixels is taken.
        var results: [ScoreReport] = []
        for pictures in [test.x, denoised] {
            var scores = ImagePairScores(metrics: [.psnr, .fullSSIM])
            try scores.update(
                name: "digit", reference: DigitSheet.bytes(clean),
                candidate: DigitSheet.bytes(pictures))
            results.append(try scores.results())
        }
        var table = TextTable(
            title: "\(test.count) held-out digits",
            columns: [.init("score", .left), .init("noisy"), .init("denoised")])
        for name in ["psnr", "ssim_full"] {
            table.add([name] + results.map { HistoryTable.text($0[name] ?? .nan) })
        }
        print("\n" + table.text(for: .standardOutput))
        try AtomicFile.write(
            results[1].json.text(pretty: true) + "\n",
            to: folder.file("denoising-scores.json", "the scores of every denoised digit"))
        try ImageFile.writePNG(
            DigitSheet.sheet([clean, test.x, denoised], columns: 12),
            to: folder.file("denoising.png", "digits: clean, noisy, denoised"))
        try compareSets(clean, noisy: test.x, denoised, in: &folder)
        for name in ["psnr", "ssim_full"] {
            guard let before = results[0][name], let after = results[1][name], after > before else {
                throw CommandError(folder.path, "denoising: \(name) has not become better")
            }
        }
    }

    /// How like real digits they are as a set, to the eyes of the digits' classifier.
    private func compareSets(
        _ clean: Tensor, noisy: Tensor, _ denoised: Tensor, in folder: inout DemoFolder
    ) throws {
        let eyes = try DigitEyes(folder.path + "/digits.keras")
        let scores = ImageSetScores(metrics: [.fid, .kid, .prdc])
        let real = try eyes.set(clean, .real)
        let results = try [noisy, denoised].map {
            try scores.results(real: real, generated: eyes.set($0, .generated))
        }
        var table = TextTable(
            title: "the same as sets, beside the clean ones",
            columns: [.init("score", .left), .init("noisy"), .init("denoised")])
        for name in ["fid", "kid", "precision", "recall", "density", "coverage"] {
            table.add([name] + results.map { HistoryTable.text($0[name] ?? .nan) })
        }
        print("\n" + table.text(for: .standardOutput))
        try AtomicFile.write(
            results[1].json.text(pretty: true) + "\n",
            to: folder.file(
                "denoising-set-scores.json", "the scores of the denoised digits as a set"))
        // The mean of what a noisy digit may have been is more like a digit than the noisy one, but
        // means differ less among each other than digits do: precision rises, recall falls.
        guard let before = results[0]["precision"], let after = results[1]["precision"],
            after > before
        else { throw CommandError(folder.path, "denoising: precision has not become better") }
    }
}
