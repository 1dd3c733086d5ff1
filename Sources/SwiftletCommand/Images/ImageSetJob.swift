internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

struct ImageSetOptions: ParsableArguments {
    @Option(help: "Which neighbour the balls of precision and recall reach to (5).")
    var nearestK: Int?

    @Option(help: "Random subsets that KID is averaged over.")
    var kidSubsets = 100

    @Option(help: "Images in a subset.")
    var kidSubsetSize = 1000

    @Option(help: "Parts that the Inception Score is averaged over.")
    var isSplits = 10

    @Option(help: "Decides which subsets are drawn (0).")
    var seed: UInt64?

    @Option(help: "Added to the variances before FID is taken; pytorch-fid's fallback is 1e-6.")
    var fidEpsilon = 0.0

    @Flag(help: "No 95 % intervals, which cost some time for FID.")
    var noIntervals = false

    @Flag(help: "Also FID as it would be of endlessly many images, from fits to subsets.")
    var fidInfinity = false

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Be exact to a library: "
                + ImagePreset.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "library"))
    var preset: ImagePreset?

    @Option(
        help: ArgumentHelp(
            "Keep mean and covariance of the real set (mu, sigma).", valueName: "npz"))
    var saveReal: String?

    @Option(help: ArgumentHelp("The same of the generated set.", valueName: "npz"))
    var saveGenerated: String?

    func validate() throws {
        for (value, flag) in [
            (nearestK ?? 1, "--nearest-k"), (kidSubsets, "--kid-subsets"),
            (isSplits, "--is-splits"),
            (kidSubsetSize - 1, "--kid-subset-size"),
        ] {
            guard (1...1_000_000).contains(value) else {
                throw ValidationError(
                    "\(flag) must be between \(flag == "--kid-subset-size" ? 2 : 1) and 1000000")
            }
        }
        guard fidEpsilon >= 0, fidEpsilon.isFinite else {
            throw ValidationError("--fid-epsilon must be at least 0")
        }
    }

    func scores(_ metrics: [ImageSetMetric]) -> ImageSetScores {
        var scores = ImageSetScores(metrics: metrics)
        preset?.apply(to: &scores)
        if let nearestK { scores.nearestK = nearestK }
        if let seed { scores.seed = seed }
        scores.kidSubsets = kidSubsets
        scores.kidSubsetSize = kidSubsetSize
        scores.inceptionSplits = isSplits
        scores.diagonal = fidEpsilon
        scores.extrapolates = fidInfinity
        scores.estimatesErrors = !noIntervals
        return scores
    }
}

/// Scores a set of generated images against a set of real ones.
struct ImageSetJob {
    let real: String?
    let generated: String
    let metrics: [ImageSetMetric]
    let pictures: PictureOptions
    let network: FeatureOptions
    let options: ImageSetOptions
    let log: LogOptions

    func run() throws -> (report: ScoreReport, galleries: [ImageSetGallery]) {
        try checkDestination(options.saveReal)
        try checkDestination(options.saveGenerated)
        var loader = ImageSetLoader(
            network: network, pictures: pictures, preset: options.preset, log: log)
        loader.needsFeatures = metrics.contains(where: \.needsFeatures)
        loader.opensLogits = metrics.contains(.inceptionScore)
        var sides: [ImageSet] = []
        for (path, input) in [(real, ScoreError.Input.real), (generated, .generated)] {
            let isGenerated = input == .generated
            loader.needsLogits = isGenerated && metrics.contains(.inceptionScore)
            loader.needsMoments =
                metrics.contains(.fid)
                || (isGenerated ? options.saveGenerated : options.saveReal) != nil
            loader.needsRows =
                metrics.contains(where: \.needsRows) || isGenerated && options.fidInfinity
            sides.append(try path.map { try loader.load($0, as: input) } ?? ImageSet())
        }
        if let path = options.saveReal { try sides[0].gaussian(as: .real).save(to: path) }
        if let path = options.saveGenerated { try sides[1].gaussian(as: .generated).save(to: path) }
        let scores = options.scores(metrics)
        var report: ScoreReport
        var progress = log.progress("subsets", total: options.kidSubsets)
        do {
            report = try scores.results(real: sides[0], generated: sides[1]) {
                progress.advance()
            }
        } catch {
            throw CommandError(file(of: error), error)
        }
        progress.clear()
        var provenance = loader.provenance
        if metrics.contains(.fid) {
            provenance["fid"] = [
                "formula": "trace of the root by singular values",
                "covariance_divisor": "n - 1", "diagonal": .double(options.fidEpsilon),
                "bias": "upward, about as 1 / images: --fid-infinity tells what is left of it",
            ]
        }
        if let preset = options.preset { provenance["preset"] = .string(preset.rawValue) }
        report.details["provenance"] = .object(provenance)
        warn(report)
        return (report, loader.galleries)
    }

    private func warn(_ report: ScoreReport) {
        for name in ["precision", "inception_score_mean"]
        where report.scores[name] == .undefined {
            StandardError.warn(
                "\(generated): too few images for "
                    + (name == "precision"
                        ? "precision, recall, density and coverage"
                        : "the "
                            + "Inception Score in \(options.isSplits) parts"))
        }
    }

    private func file(of error: ScoreError) -> String {
        switch error {
        case .shape(.real, _, _), .dtype(.real, _), .element(.real, _, _, _), .tooFew(.real, _, _):
            real ?? ""
        case .mismatch: real.map { "\($0), \(generated)" } ?? generated
        default: generated
        }
    }
}
