internal import ArgumentParser
internal import SwiftletFeatures
internal import SwiftletScores

struct ScoreImages: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "score-images",
        abstract: "Score images against references of the same names, or a set against a real set.",
        discussion: """
            Pairs: --paired --reference DIR --candidate DIR. Sets: --real and --generated, each a folder, a \
            .zip or .tar of images, or an .npz with features, images, logits or saved statistics (mu, sigma).

            Examples:
              swiftlet score-images --real photos --generated samples \\
                --features inception.h5 --metrics fid,kid
              swiftlet score-images --paired --reference clean --candidate denoised \\
                --metrics psnr,ssim
            """)

    @Flag(help: "Compare every image with the one of the same name.")
    var paired = false

    @Option(help: ArgumentHelp("The perfect images.", valueName: "dir|npz"))
    var reference: String?

    @Option(help: ArgumentHelp("The images to score.", valueName: "dir|npz"))
    var candidate: String?

    @Option(help: ArgumentHelp("The set of real images.", valueName: "dir|npz"))
    var real: String?

    @Option(help: ArgumentHelp("The set of generated images.", valueName: "dir|npz"))
    var generated: String?

    @Option(
        help: ArgumentHelp(
            "With commas; of pairs \(ImagePairMetric.names), lpips; of sets \(ImageSetMetric.names).",
            valueName: "list"))
    var metrics: ImageMetrics?

    @OptionGroup(title: "Pictures") var pictures: PictureOptions
    @OptionGroup(title: "Perceptual distance") var perceptual: PerceptualOptions
    @OptionGroup(title: "Feature network") var network: FeatureOptions
    @OptionGroup(title: "Scores of sets") var set: ImageSetOptions
    @OptionGroup var output: ScoreOutput
    @OptionGroup var log: LogOptions

    func validate() throws {
        let metrics = metrics ?? ImageMetrics()
        if paired {
            guard reference != nil else { throw ValidationError("--reference expected") }
            guard candidate != nil else { throw ValidationError("--candidate expected") }
            guard real == nil, generated == nil, metrics.sets.isEmpty else {
                throw ValidationError("--real, --generated and their metrics go without --paired")
            }
            if let preset = set.preset, preset.window == nil {
                throw ValidationError("--as \(preset.rawValue) goes without --paired")
            }
            guard !set.noIntervals else {
                throw ValidationError("--no-intervals goes without --paired")
            }
            guard !metrics.lpips || perceptual.lpipsNet != nil else {
                throw ValidationError("lpips needs --lpips-net")
            }
        } else {
            guard generated != nil else {
                throw ValidationError("--generated expected, or --paired")
            }
            guard reference == nil, candidate == nil, metrics.pairs.isEmpty, !metrics.lpips else {
                throw ValidationError(
                    "--reference, --candidate and their metrics go with --paired")
            }
            if let preset = set.preset, !preset.scoresSets {
                throw ValidationError("--as \(preset.rawValue) goes with --paired")
            }
            let needsReal = metrics.sets.isEmpty || metrics.sets.contains(where: \.needsFeatures)
            guard real != nil || !needsReal else { throw ValidationError("--real expected") }
        }
    }

    func run() throws {
        try output.check()
        if paired, let reference, let candidate {
            var metrics = metrics ?? ImageMetrics()
            if metrics.pairs.isEmpty, !metrics.lpips { metrics.pairs = [.psnr, .ssim] }
            let job = ImagePairJob(
                reference: reference, candidate: candidate, metrics: metrics,
                pictures: pictures, perceptual: perceptual, preset: set.preset,
                threads: network.threads, log: log)
            let (report, gallery) = try job.run()
            try output.write(report, title: "\(candidate) against \(reference)") {
                try gallery.add(to: &$0, report)
            }
        } else if let generated {
            let metrics = metrics?.sets ?? [.fid]
            let job = ImageSetJob(
                real: real, generated: generated, metrics: metrics, pictures: pictures,
                network: network, options: set, log: log)
            let (report, galleries) = try job.run()
            try output.write(
                report, title: real.map { "\(generated) against \($0)" } ?? generated
            ) { page in
                for gallery in galleries { try gallery.add(to: &page) }
            }
        }
    }
}

/// `psnr,ssim`, as it stands behind `--metrics`.
struct ImageMetrics: ExpressibleByArgument {
    var pairs: [ImagePairMetric] = []
    var lpips = false
    var sets: [ImageSetMetric] = []

    init() {}

    static let allValueStrings =
        ImageSetMetric.allCases.map(\.rawValue) + ImagePairMetric.allCases.map(\.rawValue)
        + ["lpips"]

    init?(argument: String) {
        for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let name = String(name)
            if let metric = ImagePairMetric(rawValue: name) {
                if !pairs.contains(metric) { pairs.append(metric) }
            } else if let metric = ImageSetMetric(rawValue: name) {
                if !sets.contains(metric) { sets.append(metric) }
            } else if name == "lpips" {
                lpips = true
            } else {
                return nil
            }
        }
    }
}

extension ImagePairMetric {
    fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension ImageSetMetric {
    fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
