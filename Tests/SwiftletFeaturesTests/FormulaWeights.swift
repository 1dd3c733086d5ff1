import SwiftletFiles
import SwiftletLayers
import SwiftletTensor
import SwiftletWeights
import TestSupport

/// The numbers of a formula that `tools/make-network-references` gives networks and pictures.
enum Formula {
    /// Numbers in (0, 1) that follow from a name (FNV-1a) and a place (a mixing function).
    static func uniform(_ name: String, _ count: Int) -> [Double] {
        let seed = name.utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return (0..<count).map { index in
            var x = UInt32(truncatingIfNeeded: index) &+ seed
            x ^= x >> 16
            x &*= 0x7feb_352d
            x ^= x >> 15
            x &*= 0x846c_a68b
            x ^= x >> 16
            return (Double(x) + 0.5) / 0x1p32
        }
    }

    static func weights(_ name: String, _ shape: [Int]) throws -> Tensor {
        let uniform = uniform(name, shape.reduce(1, *))
        let values: [Double]
        if name.hasPrefix("lin") {
            values = uniform
        } else if shape.count > 1 {
            let scale = (24 / Double(shape.dropFirst().reduce(1, *))).squareRoot()
            values = uniform.map { ($0 - 0.5) * scale }
        } else if name.hasSuffix("running_var") || name.hasSuffix("bn.weight") {
            values = uniform.map { 0.75 + 0.5 * $0 }
        } else {
            values = uniform.map { ($0 - 0.5) * 0.2 }
        }
        return try Tensor(values.map { Float($0) }, shape: Shape(shape))
    }

    /// PyTorch's state dictionary of a model whose layers are called as its modules.
    static func state(of model: Model) throws -> [(name: String, tensor: Tensor)] {
        let names = [
            "kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias",
            "moving_mean": "running_mean", "moving_variance": "running_var",
        ]
        return try model.network.shapes().weights.map { spec in
            let parts = spec.path.split(separator: "/").map(String.init)
            let name = parts[0] + "." + (names[parts[1]] ?? "")
            let shape = Array(spec.shape)
            let order = shape.count == 4 ? [3, 2, 0, 1] : shape.count == 2 ? [1, 0] : [0]
            return (name, try weights(name, order.map { shape[$0] }))
        }
    }

    static func picture(_ name: String, _ height: Int, _ width: Int, _ channels: Int) throws
        -> Tensor
    {
        let across = width / 5 + 1
        let coarse = uniform(name, (height / 5 + 1) * across * channels)
        let noise = uniform(name + "/noise", height * width * channels)
        let values = (0..<height * width * channels).map { index -> UInt8 in
            let (y, x, c) = (
                index / channels / width, index / channels % width, index % channels
            )
            let block = coarse[(y / 5 * across + x / 5) * channels + c]
            return UInt8(block * 200 + noise[index] * 56)
        }
        return try Tensor(values, shape: Shape([height, width, channels]))
    }
}

/// What the libraries made of them.
enum NetworkReferences {
    static let all = try? JSON(parsing: readFile(fixture("scores/networks.json")))

    static func cases(_ part: String) -> [Row] {
        (all?[part]?.array ?? []).map(Row.init)
    }

    struct Row: Sendable, CustomStringConvertible {
        let json: JSON
        var description: String {
            ["picture", "network", "version", "resize", "height", "width", "channels"]
                .compactMap { json[$0]?.text() }.joined(separator: " ")
        }

        func int(_ name: String) -> Int { json[name]?.int ?? 0 }
    }
}

/// Every so many values of an array, and its mean.
struct Sampled {
    let mean: Double
    let step: Int
    let count: Int
    let values: [Double]

    init?(_ json: JSON?) {
        guard let json, let mean = json["mean"]?.double, let step = json["step"]?.int,
            let count = json["count"]?.int, let values = json["values"]?.array
        else { return nil }
        self.mean = mean
        self.step = step
        self.count = count
        self.values = values.compactMap(\.double)
    }

    /// The largest difference, relative to the largest value.
    func difference(to found: [Float]) -> Double {
        guard found.count == count else { return .infinity }
        let scale = values.reduce(abs(mean)) { max($0, abs($1)) }
        var largest = abs(found.reduce(0) { $0 + Double($1) } / Double(count) - mean)
        for (index, value) in values.enumerated() {
            largest = max(largest, abs(Double(found[index * step]) - value))
        }
        return largest / scale
    }
}
