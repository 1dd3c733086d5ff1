internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletWeights

/// A PyTorch state dictionary and the file it came from.
package struct TorchWeights: Sendable {
    package let path: String
    private(set) var arrays: [String: NamedArray]

    /// - Throws: ``FeatureError`` if the file is missing, no file of weights, or not the one that
    ///   its name says.
    package init(_ path: String) throws {
        guard PathKind(path) != .missing else {
            throw FeatureError(path, KnownFile.advice(fileName(of: path)) ?? "no such file")
        }
        guard let file = try WeightFile(path) else {
            throw FeatureError(path, "no PyTorch file of weights")
        }
        self.path = path
        arrays = Dictionary(file.arrays.map { ($0.name, $0) }) { first, _ in first }
    }

    init(path: String, arrays: [String: NamedArray]) {
        self.path = path
        self.arrays = arrays
    }

    func contains(_ name: String) -> Bool { arrays[name] != nil }

    func shape(_ name: String) -> [Int]? { arrays[name].map { Array($0.shape) } }

    func renamed(_ rename: (String) -> String) -> TorchWeights {
        TorchWeights(
            path: path,
            arrays: Dictionary(
                arrays.map { (rename($0.key), $0.value) }, uniquingKeysWith: { first, _ in first }))
    }

    func merging(_ other: TorchWeights) -> TorchWeights {
        TorchWeights(path: path, arrays: arrays.merging(other.arrays) { first, _ in first })
    }

    func read(_ name: String) throws -> Tensor {
        guard let array = arrays[name] else {
            throw FeatureError(path, "no array '\(name)' in the file")
        }
        return try array.read().converted(to: .float32)
    }

    private static let names = [
        "kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias",
        "moving_mean": "running_mean", "moving_variance": "running_var",
    ]

    /// Gives a model whose layers are called as PyTorch's modules are its weights.
    func fill(_ model: inout Model) throws {
        for spec in try model.network.shapes().weights {
            let parts = spec.path.split(separator: "/")
            guard parts.count == 2, let suffix = Self.names[String(parts[1])] else {
                throw FeatureError(path, "no rule for weight '\(spec.path)'")
            }
            let name = "\(parts[0]).\(suffix)"
            var tensor = try read(name)
            // PyTorch has the output first: [out, in, height, width].
            if parts[1] == "kernel" {
                guard tensor.rank == spec.shape.rank else {
                    throw FeatureError(
                        path, "\(name): \(spec.shape.rank) axes expected, \(tensor.shape) found")
                }
                tensor = try tensor.transposed(tensor.rank == 4 ? [2, 3, 1, 0] : [1, 0])
            }
            guard tensor.shape == spec.shape else {
                throw FeatureError(
                    path, "\(name): shape \(spec.shape) expected, \(tensor.shape) found")
            }
            model.tensors[spec.path] = tensor
        }
    }
}

/// Why features could not be taken.
package struct FeatureError: Error, CustomStringConvertible {
    package let file: String
    package let cause: String

    init(_ file: String, _ cause: String) {
        self.file = file
        self.cause = cause
    }

    package var description: String { "\(file): \(cause)" }
}

/// Files of weights that people download, told by their names.
enum KnownFile {
    private static let sources: [(prefix: String, url: String)] = [
        (
            "pt_inception-2015-12-05",
            "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
                + "pt_inception-2015-12-05-6726825d.pth"
        ),
        (
            "weights-inception-2015-12-05",
            "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
                + "weights-inception-2015-12-05-6726825d.pth"
        ),
        ("alexnet", "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"),
        ("vgg16", "https://download.pytorch.org/models/vgg16-397923af.pth"),
        ("squeezenet1_1", "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth"),
        ("alex", lpips), ("vgg", lpips), ("squeeze", lpips),
        (
            "inception_v3_weights",
            "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/"
        ),
    ]
    private static let lpips =
        "https://github.com/richzhang/PerceptualSimilarity/tree/master/lpips/weights/v0.1"

    /// Where to get a file that is not there; nil if its name says nothing.
    static func advice(_ name: String) -> String? {
        sources.first { name.hasPrefix($0.prefix) }.map { "no such file; it is at \($0.url)" }
    }

    /// The first digits of the file's SHA-256 that its name promises, as `alexnet-owt-7be5be79.pth`.
    static func promisedDigest(_ name: String) -> String? {
        guard name.hasSuffix(".pth"), sources.contains(where: { name.hasPrefix($0.prefix) }),
            let digits = name.split(separator: ".").dropLast().last?.split(separator: "-").last,
            digits.count >= 8, digits.count <= 64,
            digits.allSatisfy({ $0.isHexDigit && !$0.isUppercase })
        else { return nil }
        return String(digits)
    }
}
