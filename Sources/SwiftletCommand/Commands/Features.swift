internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

struct Features: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Run images through a feature network and keep what it says of them.",
        discussion: """
            The .npz serves `score-images` as --real or --generated. It holds features [images, width], and, \
            with --logits, logits; or, with --statistics, mean and covariance alone (mu, sigma). Several \
            such files, those of shards say, become one.

            Examples:
              swiftlet features photos --features inception.h5 --output photos.npz
              swiftlet features photos --features inception.h5 --shard 1/4 \\
                --output part1.npz
            """)

    @Argument(
        help: "A folder, .zip or .tar of images, an .npz with images, or several .npz to join.")
    var images: [String]

    @Option(help: ArgumentHelp("Only the k-th of n parts of the images.", valueName: "k/n"))
    var shard: Shard?

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

    @OptionGroup var pictures: PictureOptions
    @OptionGroup var network: FeatureOptions
    @OptionGroup var json: JSONOutput
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard output.lowercased().hasSuffix(".npz") else {
            throw ValidationError("--output must be the name of an .npz file")
        }
        guard !(logits && statistics) else {
            throw ValidationError("--statistics keeps no logits")
        }
        guard !images.isEmpty else { throw ValidationError("images expected") }
        guard shard == nil || images.count == 1 else {
            throw ValidationError("--shard is of one set of images")
        }
    }

    func run() throws {
        try checkDestination(output)
        try json.check()
        let set: ImageSet
        if images.count > 1 {
            set = try FeatureJoining(paths: images, statistics: statistics).joined()
        } else {
            var loader = ImageSetLoader(
                network: network, pictures: pictures, preset: preset, log: log)
            loader.needsRows = !statistics
            loader.needsMoments = statistics
            loader.needsLogits = logits
            loader.shard = shard
            set = try loader.extracted(images[0], as: .generated)
        }
        guard let features = set.features, !statistics else {
            try write(try set.statistics.arrays(for: output))
            return
        }
        var arrays = [(name: "features", tensor: features.tensor)]
        if let logits = set.logits { arrays.append((name: "logits", tensor: logits.tensor)) }
        try write(arrays)
    }

    private func write(_ arrays: [(name: String, tensor: Tensor)]) throws {
        try NPZ.write(NamedTensors(arrays), to: output, compressed: false)
        let written = arrays.map { WrittenArray($0.name, $0.tensor) }
        try json.write(["arrays": written.json])
        for array in written { print(array.line) }
    }
}

extension FeatureStatistics? {
    /// Writes them as an .npz file.
    func save(to path: String) throws {
        try NPZ.write(NamedTensors(arrays(for: path)), to: path, compressed: false)
    }

    /// As pytorch-fid keeps them: `mu` and `sigma`; beside them, so that parts can be joined, `count`.
    func arrays(for path: String) throws -> [(name: String, tensor: Tensor)] {
        guard let self else {
            throw CommandError(path, "no statistics: two images or more are needed")
        }
        let sigma = try Tensor(self.covariance, shape: Shape([self.width, self.width]))
        var arrays = [(name: "mu", tensor: try Tensor(self.mean)), (name: "sigma", tensor: sigma)]
        if let count = self.count {
            arrays.append((name: "count", tensor: try Tensor([Int64(count)])))
        }
        return arrays
    }
}
