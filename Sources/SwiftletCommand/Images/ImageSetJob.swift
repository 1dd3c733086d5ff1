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
        return scores
    }
}

/// Scores a set of generated images against a set of real ones.
struct ImageSetJob {
    let real: String?
    let generated: String
    let metrics: [ImageSetMetric]
    let network: FeatureOptions
    let options: ImageSetOptions
    let log: LogOptions

    func run() throws -> ScoreReport {
        try checkDestination(options.saveReal)
        try checkDestination(options.saveGenerated)
        var loader = ImageSetLoader(network: network, preset: options.preset, log: log)
        loader.needsFeatures = metrics.contains(where: \.needsFeatures)
        loader.opensLogits = metrics.contains(.inceptionScore)
        var sides: [ImageSet] = []
        for (path, input) in [(real, ScoreError.Input.real), (generated, .generated)] {
            let isGenerated = input == .generated
            loader.needsLogits = isGenerated && metrics.contains(.inceptionScore)
            loader.needsRows =
                metrics.contains(where: \.needsRows) || isGenerated && options.fidInfinity
            sides.append(try path.map { try loader.load($0, as: input) } ?? ImageSet())
        }
        if let path = options.saveReal { try sides[0].statistics.save(to: path) }
        if let path = options.saveGenerated { try sides[1].statistics.save(to: path) }
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
            ]
        }
        if let preset = options.preset { provenance["preset"] = .string(preset.rawValue) }
        report.details["provenance"] = .object(provenance)
        warn(report)
        return report
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

/// Reads a set: features, images that a network turns into features, or statistics.
struct ImageSetLoader {
    let options: FeatureOptions
    let preset: ImagePreset?
    let log: LogOptions
    var needsFeatures = true
    var needsRows = true
    var needsLogits = false
    /// Whether any of the sets that are still to be read needs logits.
    var opensLogits = false
    private(set) var provenance = JSONObject()
    /// Opened for the first set of images.
    private var opened: (network: FeatureNetwork, extraction: FeatureExtraction)?

    init(network: FeatureOptions, preset: ImagePreset?, log: LogOptions) {
        options = network
        self.preset = preset
        self.log = log
    }

    mutating func load(_ path: String, as input: ScoreError.Input) throws -> ImageSet {
        var set = ImageSet()
        var source = "images"
        if path.lowercased().hasSuffix(".npz"), PathKind(path) == .regular {
            let arrays = try NPZ(path)
            do {
                source = try read(arrays, of: path, into: &set, as: input)
            } catch let error as ScoreError {
                throw CommandError(path, error)
            }
        }
        let lacksFeatures = needsFeatures && set.features == nil && set.statistics == nil
        let lacksLogits = needsLogits && set.logits == nil
        if lacksFeatures || lacksLogits {
            try extract(path, features: lacksFeatures, logits: lacksLogits, into: &set, as: input)
        }
        if needsRows, needsFeatures, set.features == nil {
            throw CommandError(
                path, "statistics suffice for fid alone; the other scores need features or images")
        }
        let count =
            set.features?.count ?? set.statistics?.count ?? set.logits?.count
        provenance[input.rawValue] = [
            "path": .string(path), "source": .string(source),
            "images": count.map(JSON.int) ?? .null,
        ]
        return set
    }

    /// The features of images, whatever else their file holds.
    mutating func extracted(_ path: String, as input: ScoreError.Input) throws -> ImageSet {
        var set = ImageSet()
        try extract(path, features: true, logits: needsLogits, into: &set, as: input)
        return set
    }

    /// What an .npz has of what is needed.
    private func read(
        _ arrays: NPZ, of path: String, into set: inout ImageSet, as input: ScoreError.Input
    ) throws -> String {
        var source = "images"
        let lacksFeatures =
            needsFeatures && !arrays.names.contains("features") && !arrays.names.contains("mu")
        let lacksLogits = needsLogits && !arrays.names.contains("logits")
        if lacksFeatures || lacksLogits, !arrays.names.contains("images") {
            let wanted = lacksFeatures ? "'features', 'images' or 'mu'" : "'logits' or 'images'"
            throw CommandError(
                path,
                "no array \(wanted), but \(shortened(arrays.names, whole: log.details))")
        }
        if needsFeatures, arrays.names.contains("features") {
            set = try ImageSet(
                features: FeatureRows(arrays.read("features"), as: input), as: input)
            source = "features"
        } else if needsFeatures, arrays.names.contains("mu") {
            set.statistics = try FeatureStatistics(
                mean: arrays.read("mu"), covariance: arrays.read("sigma"), as: input)
            source = "statistics"
        }
        if needsLogits, arrays.names.contains("logits") {
            set.logits = try FeatureRows(arrays.read("logits"), as: input)
            if !needsFeatures { source = "logits" }
        }
        return source
    }

    private mutating func openNetwork() throws -> (FeatureNetwork, FeatureExtraction) {
        if let opened { return (opened.network, opened.extraction) }
        let network = try options.open(
            features: needsFeatures, logits: opensLogits || needsLogits, preset: preset, log: log)
        provenance["extractor"] = network.provenance
        let extraction = try naming(network.path) {
            try FeatureExtraction(
                network, batchSize: options.batchSize, threads: options.threads)
        }
        opened = (network, extraction)
        return (network, extraction)
    }

    /// Runs images through the network; features are kept only if every one of them is needed.
    private mutating func extract(
        _ path: String, features: Bool, logits: Bool, into set: inout ImageSet,
        as input: ScoreError.Input
    ) throws {
        let pictures = try Pictures(anyAt: path)
        pictures.warn(log)
        guard pictures.count > 0 else { throw CommandError(path, "no pictures") }
        let (opened, extraction) = try openNetwork()
        var rows = RowCollector()
        var logitRows = RowCollector()
        var moments: FeatureMoments?
        var progress = log.progress(fileName(of: path), total: pictures.count)
        try naming(path) {
            try extraction.run(pictures, progress: { progress.update(done: $0) }) { batch in
                if features, let batchFeatures = batch.features {
                    if needsRows { rows.add(batchFeatures) }
                    let part = try FeatureRows(batchFeatures, as: input)
                    if moments == nil {
                        moments = try FeatureMoments(width: part.width, as: input)
                    }
                    try moments?.update(part)
                }
                if logits, let batchLogits = batch.logits { logitRows.add(batchLogits) }
            }
        }
        progress.clear()
        if features {
            if needsRows { set.features = try FeatureRows(rows.tensor(), as: input) }
            if pictures.count > 1 { set.statistics = try moments?.statistics() }
        }
        if logits {
            set.logits = try FeatureRows(logitRows.tensor(), as: input)
            set.givesProbabilities = opened.givesProbabilities
        }
    }
}

/// Rows that arrive batch by batch.
struct RowCollector {
    private var values: [Float] = []
    private var width = 0

    mutating func add(_ batch: Tensor) {
        guard let batchValues = try? batch.floats() else { return }
        width = batch.shape[1]
        values += batchValues
    }

    func tensor() throws -> Tensor {
        try Tensor(values, shape: Shape([width == 0 ? 0 : values.count / width, width]))
    }
}
