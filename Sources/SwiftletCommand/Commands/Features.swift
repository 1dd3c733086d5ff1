internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

struct Features: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run images through a feature network and keep what it says of them.",
        discussion: """
            The .npz serves `score-images` as --real or --generated. It holds features [images, width], and, \
            with --logits, logits; or, with --statistics, mean and covariance alone (mu, sigma).
            """)

    @Argument(help: "A folder, .zip or .tar of images, or an .npz with images.")
    var images: String

    @Option(help: ArgumentHelp("Where the features go.", valueName: "npz"))
    var output: String

    @Flag(help: "Also keep the logits, for the Inception Score.")
    var logits = false

    @Flag(help: "Keep mean and covariance alone, whose size does not grow with the images.")
    var statistics = false

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Prepare pictures as a library does.", valueName: "library"))
    var preset: ImagePreset?

    @OptionGroup var network: FeatureOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard output.lowercased().hasSuffix(".npz") else {
            throw ValidationError("--output must be the name of an .npz file")
        }
        guard !(logits && statistics) else {
            throw ValidationError("--statistics keeps no logits")
        }
    }

    func run() throws {
        try checkDestination(output)
        var loader = ImageSetLoader(network: network, preset: preset, log: log)
        loader.needsRows = !statistics
        loader.needsLogits = logits
        let set = try loader.extracted(images, as: .generated)
        if statistics {
            try set.statistics.save(to: output)
        } else {
            var arrays: [(name: String, tensor: Tensor)] = []
            if let features = set.features {
                arrays.append((name: "features", tensor: features.tensor))
            }
            if let logits = set.logits { arrays.append((name: "logits", tensor: logits.tensor)) }
            try NPZ.write(NamedTensors(arrays), to: output, compressed: false)
            for (name, tensor) in arrays { print("\(name)  \(tensor.dtype)  \(tensor.shape)") }
        }
    }
}

extension FeatureStatistics? {
    /// As pytorch-fid keeps them: `mu` and `sigma`.
    func save(to path: String) throws {
        guard let self else {
            throw CommandError(path, "no statistics: two images or more are needed")
        }
        let sigma = try Tensor(self.covariance, shape: Shape([self.width, self.width]))
        try NPZ.write(
            NamedTensors([
                (name: "mu", tensor: try Tensor(self.mean)), (name: "sigma", tensor: sigma),
            ]),
            to: path, compressed: false)
    }
}
