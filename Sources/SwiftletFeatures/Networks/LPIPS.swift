internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletRuntime
package import SwiftletTensor

/// The learned perceptual distance of two pictures (LPIPS).
///
/// Both go through a network; where ReLU has been, the maps' channels are brought to length 1 at every
/// position, and the squared differences are weighted, summed over channels, averaged over positions
/// and summed over the network's depths.
///
/// - SeeAlso: Zhang et al. 2018, arXiv:1801.03924.
package struct LPIPS: Sendable {
    /// Version 0.0 forgot to scale the pixels.
    package enum Version: String, Sendable, CaseIterable {
        case v00 = "0.0"
        case v01 = "0.1"
    }

    /// `alex`, `vgg` or `squeeze`.
    package let network: String
    package let version: Version
    package let digest: String
    package let warnings: [String]
    private let predictor: Predictor
    /// Per depth a weight for each channel.
    private let weights: [[Float]]
    private let shift: [Float]
    private let scale: [Float]

    /// - Parameters:
    ///   - path: a state dictionary of all of LPIPS, or of a torchvision network, and then
    ///   - linear: the one of the weights per channel.
    package init(
        _ path: String, linear: String?, version: Version = .v01, threads: Int? = nil
    ) throws {
        var file = try TorchWeights(path).renamed(Self.plainName)
        if let linear { file = try file.merging(TorchWeights(linear)) }
        guard let backbone = PerceptualBackbone(file) else {
            throw FeatureError(
                path, "the weights are none of AlexNet's, VGG-16's and SqueezeNet 1.1's")
        }
        guard file.contains("lin0.model.1.weight") else {
            throw FeatureError(
                path,
                "no weights per channel ('lin0.model.1.weight'); name their file with "
                    + "--lpips-linear")
        }
        self.version = version
        network = backbone.rawValue
        weights = try backbone.channels.enumerated().map { depth, channels in
            let name = "lin\(depth).model.1.weight"
            let values = try file.read(name).elements(of: Float.self)
            guard values.count == channels else {
                throw FeatureError(
                    linear ?? path,
                    "\(name): \(channels) weights expected, \(values.count) found")
            }
            return values
        }
        func constants(_ name: String, _ fallback: [Float]) throws -> [Float] {
            guard file.contains(name) else { return fallback }
            let values = try file.read(name).elements(of: Float.self)
            guard values.count == 3 else {
                throw FeatureError(path, "\(name): 3 values expected, \(values.count) found")
            }
            return values
        }
        shift = try constants("scaling_layer.shift", [-0.030, -0.088, -0.188])
        scale = try constants("scaling_layer.scale", [0.458, 0.448, 0.450])
        var model = try backbone.model()
        try file.fill(&model)
        predictor = try Predictor(model, threads: threads)
        let (digest, warning) = try FeatureNetwork.digest(of: path)
        self.digest = digest
        warnings = [warning].compactMap { $0 }
    }

    /// `net.slice2.3.weight`, as LPIPS has it, is torchvision's `features.3.weight`.
    private static func plainName(_ name: String) -> String {
        guard name.hasPrefix("net.slice") else { return name }
        return "features." + name.split(separator: ".").dropFirst(2).joined(separator: ".")
    }

    /// The smallest side that leaves a position at every depth.
    package var smallestSide: Int { network == "alex" ? 31 : network == "vgg" ? 16 : 17 }

    /// The distance of two pictures `[height, width, channels]`; nil if they are too small for the
    /// network. With `map` also the distance at every pixel, `[height, width]`: the depths' maps,
    /// enlarged.
    package func distance(
        _ reference: Tensor, _ candidate: Tensor, map wantsMap: Bool = false
    ) throws -> (value: Double, map: Tensor?)? {
        guard let maps = try maps(reference, candidate) else { return nil }
        let value = maps.reduce(0) { sum, map in
            sum + map.values.reduce(0, +) / Double(map.values.count)
        }
        return (value, wantsMap ? try enlarged(maps, reference.shape[0], reference.shape[1]) : nil)
    }

    private func enlarged(_ maps: [DepthMap], _ height: Int, _ width: Int) throws -> Tensor {
        var sum = [Float](repeating: 0, count: height * width)
        for map in maps {
            let enlarged = ResizeMethod.bilinear.resize(
                Pixels(
                    height: map.height, width: map.width, channels: 1,
                    values: map.values.map { Float($0) }), height: height, width: width)
            for index in sum.indices { sum[index] += enlarged.values[index] }
        }
        return try Tensor(sum, shape: Shape([height, width]))
    }

    private struct DepthMap {
        let height: Int
        let width: Int
        let values: [Double]
    }

    private func maps(_ reference: Tensor, _ candidate: Tensor) throws -> [DepthMap]? {
        let (height, width) = (reference.shape[0], reference.shape[1])
        guard min(height, width) >= smallestSide else { return nil }
        let count = height * width * 3
        let batch = try Tensor(shape: Shape([2, height, width, 3])) { bytes in
            let values = bytes.assumingMemoryBound(to: Float.self)
            for (index, picture) in [reference, candidate].enumerated() {
                let target = UnsafeMutableBufferPointer(
                    rebasing: values[index * count..<(index + 1) * count])
                try Preprocessing.symmetric().apply(
                    picture, height: height, width: width, channels: 3, into: target)
                guard version == .v01 else { continue }
                for place in target.indices {
                    target[place] = (target[place] - shift[place % 3]) / scale[place % 3]
                }
            }
        }
        return try zip(predictor.predict([batch], batchSize: 2), weights).map { maps, weights in
            let (height, width, channels) = (maps.shape[1], maps.shape[2], maps.shape[3])
            var distances = [Double](repeating: 0, count: height * width)
            try maps.withElements(of: Float.self) { values in
                guard let first = values.baseAddress else { return }
                sl_score_perceptual_map(
                    first, first + distances.count * channels, distances.count, channels, weights,
                    &distances)
            }
            return DepthMap(height: height, width: width, values: distances)
        }
    }
}
