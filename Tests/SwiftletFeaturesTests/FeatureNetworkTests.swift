import SwiftletFeatures
import SwiftletFiles
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import SwiftletWeights
import TestSupport
import Testing

@Suite struct FeatureNetworkTests {
    static let cases = NetworkReferences.cases("inception")

    @Test func inceptionAsInPyTorch() throws {
        #expect(Self.cases.count == 4)
        try withTemporaryDirectory { directory in
            let path = directory + "/weights.safetensors"
            let model = try InceptionV3.model(layer: .last, logits: true)
            try WeightFile.write(Formula.state(of: model), to: path, as: .safetensors)
            for layer in InceptionV3.Layer.allCases {
                let name = String(layer.rawValue)
                let network = try FeatureNetwork(
                    path, layer: name, features: true, logits: layer == .last)
                try check(network, "pytorch-fid", layer: name)
            }
            var network = try FeatureNetwork(path, layer: nil, features: true, logits: true)
            network.preprocessing = .centered(.legacyBilinear)
            try check(network, "torch-fidelity", layer: "2048")
            network.preprocessing = .centered(.cleanBicubic)
            try check(network, "clean-fid", layer: "2048")
        }
    }

    /// Against a library's features, through pictures of several sizes in one batch.
    private func check(_ network: FeatureNetwork, _ library: String, layer: String) throws {
        let names = Self.cases.map { $0.json["picture"]?.string ?? "" }
        let pictures = Pictures(path: "formula", names: names) { index in
            let row = Self.cases[index]
            return try Formula.picture(
                names[index], row.int("height"), row.int("width"), row.int("channels"))
        }
        var row = 0
        try FeatureExtraction(network, batchSize: 3).run(pictures) { batch in
            for (tensor, name) in [(batch.features, layer), (batch.logits, "logits")] {
                guard let tensor else { continue }
                for index in 0..<tensor.shape[0] {
                    let found = try tensor.rows(at: [index]).elements(of: Float.self)
                    guard let expected = Sampled(Self.cases[row + index].json[library]?[name])
                    else { continue }
                    let difference = expected.difference(to: found)
                    #expect(
                        difference < 1e-3, "\(library) \(name) \(names[row + index]): \(difference)"
                    )
                }
            }
            row += batch.features?.shape[0] ?? 0
        }
        #expect(row == names.count)
    }

    @Test("LPIPS as its authors' package", arguments: PerceptualBackbone.allCases)
    func perceptual(_ backbone: PerceptualBackbone) throws {
        let rows = NetworkReferences.cases("perceptual").filter {
            $0.json["network"]?.string == backbone.rawValue
        }
        #expect(rows.count == 6)
        try withTemporaryDirectory { directory in
            let (net, linear) = (directory + "/net.safetensors", directory + "/lin.safetensors")
            try WeightFile.write(
                Formula.state(of: backbone.model()), to: net, as: .safetensors)
            let weights = try backbone.channels.enumerated().map { depth, channels in
                let name = "lin\(depth).model.1.weight"
                return (name: name, tensor: try Formula.weights(name, [1, channels, 1, 1]))
            }
            try WeightFile.write(weights, to: linear, as: .safetensors)
            #expect(throws: FeatureError.self) { _ = try LPIPS(net, linear: nil) }
            for row in rows {
                let version = try #require(
                    row.json["version"]?.string.flatMap { LPIPS.Version(rawValue: $0) })
                let lpips = try LPIPS(net, linear: linear, version: version)
                let pair = try ["a", "b"].map {
                    try Formula.picture(
                        $0 + "\(row.int("height"))", row.int("height"), row.int("width"),
                        row.int("channels"))
                }
                let expected = try #require(row.json["lpips"]?.double)
                let found = try #require(try lpips.distance(pair[0], pair[1], map: true))
                #expect(abs(found.value - expected) < 1e-4 * expected)
                let map = try #require(found.map)
                let sampled = try #require(Sampled(row.json["map"]))
                #expect(try sampled.difference(to: map.elements(of: Float.self)) < 1e-3)
                #expect(try lpips.distance(pair[0], pair[0])?.value == 0)
            }
            let lpips = try LPIPS(net, linear: linear)
            let small = try Formula.picture("x", lpips.smallestSide - 1, 90, 3)
            #expect(try lpips.distance(small, small) == nil)
            let enough = try Formula.picture("x", lpips.smallestSide, 90, 3)
            #expect(try lpips.distance(enough, enough)?.value == 0)
        }
    }

    @Test func anyLayerOfAKerasModel() throws {
        var model = try Sequential {
            Input(4, 6, 1)
            Conv2D(3, kernel: 3, padding: .same, activation: .relu, name: "inner")
            Flatten(name: "flat")
            Dense(2, activation: .softmax, name: "last")
        }
        try model.initialize(seed: 3)
        let images = try Tensor((0..<48).map { UInt8($0 * 5) }, shape: [2, 4, 6, 1])
        let pictures = try Pictures(images, path: "x.npz")
        let inputs = try images.converted(to: .float32)
        func features(_ layer: String?) throws -> FeatureBatch {
            let network = try FeatureNetwork(
                model, path: "m", layer: layer, features: true, logits: true)
            #expect(network.givesProbabilities)
            var found: FeatureBatch?
            try FeatureExtraction(network, batchSize: 8).run(pictures) { found = $0 }
            return try #require(found)
        }
        let whole = try Predictor(model)(inputs)
        let last = try features(nil)
        #expect(last.features?.isIdentical(to: whole) == true)
        #expect(last.logits?.isIdentical(to: whole) == true)
        let inner = try #require(try features("inner").features)
        #expect(Array(inner.shape) == [2, 3])
        let flat = try #require(try features("flat").features).elements(of: Float.self)
        let means = try inner.elements(of: Float.self)
        for row in 0..<2 {
            for channel in 0..<3 {
                let own = (0..<24).map { flat[row * 72 + $0 * 3 + channel] }
                #expect(abs(own.reduce(0, +) / 24 - means[row * 3 + channel]) < 1e-3)
            }
        }
        let error = #expect(throws: FeatureError.self) {
            _ = try FeatureNetwork(model, path: "m.h5", layer: "other")
        }
        #expect(error?.description.hasPrefix("m.h5: no layer 'other'") == true)
    }

    @Test func aLayerWithinANestedModel() throws {
        let outer = Input(4, 4, 1)
        let inside = Input(4, 4, 1)
        let inner = Conv2D(3, kernel: 3, activation: .relu, name: "inner")(inside)
        let pooled = GlobalAveragePooling2D(name: "pooled")(inner)
        let nested = try Model(inputs: [inside], outputs: [pooled], name: "nested")
        let last = Dense(2, name: "last")(nested.network(outer))
        var model = try Model(inputs: [outer], outputs: [last], name: "whole")
        try model.initialize(seed: 5)
        let images = try Tensor((0..<48).map { UInt8($0 * 5) }, shape: [3, 4, 4, 1])
        let pictures = try Pictures(images, path: "x.npz")
        func features(_ layer: String) throws -> FeatureBatch {
            let network = try FeatureNetwork(
                model, path: "m", layer: layer, features: true, logits: true)
            var found: FeatureBatch?
            try FeatureExtraction(network).run(pictures) { found = $0 }
            return try #require(found)
        }
        // Averaged over positions, the inner layer's output is the pooled one.
        let (inner3, pooled3) = (try features("nested/inner"), try features("nested"))
        #expect(inner3.features?.shape == pooled3.features?.shape)
        let pairs = zip(
            try #require(inner3.features).elements(of: Float.self),
            try #require(pooled3.features).elements(of: Float.self))
        #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-5 * abs($1) })
        #expect(
            try inner3.logits?.isIdentical(to: Predictor(model)(images.converted(to: .float32)))
                == true)
        let error = #expect(throws: FeatureError.self) { _ = try features("nested/other") }
        #expect(error?.description.contains("those within 'nested' are called 'nested/…'") == true)
    }

    @Test func filesThatAreNotThere() {
        let error = #expect(throws: FeatureError.self) {
            _ = try FeatureNetwork("pt_inception-2015-12-05-6726825d.pth", layer: nil)
        }
        #expect(error?.description.contains("github.com/mseitzer/pytorch-fid/releases") == true)
        #expect(throws: FeatureError.self) { _ = try FeatureNetwork("none.h5", layer: nil) }
    }

    @Test func anUnreadablePictureIsNamed() throws {
        let model = try Sequential {
            Input(2, 2, 1)
            Flatten()
        }
        let network = try FeatureNetwork(model, path: "m", layer: nil)
        let pictures = Pictures(path: "p", names: ["a", "b", "c"]) { index in
            if index == 2 { throw FileError.notFound("p/c") }
            return try Tensor([1, 2, 3, 4] as [UInt8], shape: [2, 2, 1])
        }
        #expect(throws: FileError.notFound("p/c")) {
            try FeatureExtraction(network, batchSize: 2).run(pictures) { _ in }
        }
    }
}
