internal import ArgumentParser
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletScores
internal import SwiftletTensor

/// The network that features come from, and how it gets its pictures.
struct FeatureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "pt_inception-2015-12-05-6726825d.pth, any Keras model, or 'digits'.",
            discussion: """
                'digits', which is also what serves without a file, trains a small classifier of \
                handwritten digits on the spot: for small pictures, and to compare with each other alone.
                """, valueName: "model"))
    var features: String?

    @Option(
        help:
            "Whose output the features are: 64, 192, 768, 2048, 2023 (spatial), or a Keras layer's name."
    )
    var layer: String?

    @Option(
        help: ArgumentHelp(
            "How pictures get the network's size: \(ResizeMethod.names).", valueName: "filter"))
    var resize: ResizeMethod?

    @Option(
        help: ArgumentHelp(
            "What pixels become for a Keras model: 255 (0 … 255), 1 (0 … 1) or -1 (-1 … 1).",
            valueName: "range"))
    var pixels: PixelScale?

    @Option(
        help: ArgumentHelp(
            "Keep what was computed so far; the same command goes on where it was broken off.",
            valueName: "file"))
    var state: String?

    @Option(help: "Pictures that are computed at once.")
    var batchSize = 16

    @Option(help: "Threads that take part; one per processor otherwise.")
    var threads: Int?

    func validate() throws {
        guard (1...4096).contains(batchSize) else {
            throw ValidationError("--batch-size must be between 1 and 4096")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be between 1 and 1024")
        }
    }

    /// - Parameters:
    ///   - features, logits: what is wanted of the network.
    func open(features: Bool, logits: Bool, preset: ImagePreset?, log: LogOptions) throws
        -> FeatureNetwork
    {
        let path = self.features ?? "digits"
        if self.features == nil {
            StandardError.warn(
                "no --features: the small classifier of handwritten digits looks at the images; its "
                    + "scores compare with each other, not with published ones")
        }
        var network: FeatureNetwork
        if path == "digits", PathKind(path) == .missing {
            let model = try DigitsClassifier.trained(log: log)
            network = try FeatureNetwork(
                model, path: path, layer: layer ?? DigitsClassifier.featureLayer,
                features: features, logits: logits)
            network.preprocessing.factor = 1 / 255
        } else {
            network = try naming(path) {
                try FeatureNetwork(path, layer: layer, features: features, logits: logits)
            }
        }
        if let warning = network.warning { StandardError.warn(warning) }
        if let preset, let own = preset.preprocessing { network.preprocessing = own }
        if let resize { network.preprocessing.resizing = resize }
        if let pixels {
            (network.preprocessing.factor, network.preprocessing.offset) = pixels.line
        }
        return network
    }
}

/// What 0 … 255 becomes.
enum PixelScale: String, ExpressibleByArgument, CaseIterable {
    case bytes = "255"
    case unit = "1"
    case symmetric = "-1"

    var line: (factor: Float, offset: Float) {
        switch self {
        case .bytes: (1, 0)
        case .unit: (1 / 255, 0)
        case .symmetric: (2 / 255, -1)
        }
    }
}

extension ResizeMethod {
    fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension FeatureNetwork {
    /// Where features came from, for the report.
    var provenance: JSON {
        [
            "file": .string(path), "sha256": .string(digest), "layer": .string(layer),
            "resize": .string(preprocessing.resizing.rawValue),
            "pixel_factor": .double(Double(preprocessing.factor)),
            "pixel_offset": .double(Double(preprocessing.offset)),
            "input": inputSize.map { .array([.int($0.height), .int($0.width)]) } ?? .null,
        ]
    }
}
