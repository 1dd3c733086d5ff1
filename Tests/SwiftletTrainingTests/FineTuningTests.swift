import SwiftletDataset
import SwiftletFiles
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import Testing

/// Freezing layers and replacing heads.
@Suite struct FineTuningTests {
    private static func backbone() throws -> Network {
        try Network.sequential(
            [Input(4), Dense(5, activation: .tanh, name: "first"), Dense(3, name: "second")],
            name: "inner")
    }

    private static func nested() throws -> Model {
        var model = try Sequential {
            Input(4)
            try backbone()
            Dense(2, name: "head")
        }
        try model.initialize(seed: 3)
        return model
    }

    private func trained(_ model: Model) throws -> [String] {
        try model.network.shapes().weights.filter(\.isOptimized).map(\.path)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let steps: [(isTrainable: Bool, pattern: String)]
        /// The names of the layers whose weights are trained.
        let expected: [String]
    }

    @Test(arguments: [
        Row(testDescription: "a layer", steps: [(false, "head")], expected: ["first", "second"]),
        Row(
            testDescription: "a path", steps: [(false, "inner/first")],
            expected: ["second", "head"]),
        Row(
            testDescription: "a name inside", steps: [(false, "f*")], expected: ["second", "head"]),
        Row(testDescription: "a model", steps: [(false, "inner")], expected: ["head"]),
        Row(testDescription: "choices", steps: [(false, "[fh]*")], expected: ["second"]),
        Row(
            testDescription: "all but one", steps: [(false, "*"), (true, "?ead")],
            expected: ["head"]),
        Row(
            testDescription: "one inside a frozen model",
            steps: [(false, "inner"), (true, "*/second")],
            expected: ["second", "head"]),
    ])
    func freezes(_ row: Row) throws {
        var model = try Self.nested()
        for (isTrainable, pattern) in row.steps {
            try model.setTrainable(isTrainable, matching: pattern)
        }
        let names = try trained(model).filter { $0.hasSuffix("kernel") }
            .map { String($0.split(separator: "/").dropLast().last ?? "") }
        #expect(names == row.expected)
        // As files have it.
        let config = model.network.serialized()
        let again = try LayerRegistry.standard.layer(from: config)
        #expect(try trained(Model(network: #require(again as? Network))) == trained(model))
    }

    @Test func frozenWeightsDoNotChangeByABit() throws {
        var model = try Self.nested()
        try model.setTrainable(false, matching: "inner")
        let before = model.tensors
        let x = try Tensor((0..<40).map { Float($0 % 7) / 7 }, shape: [10, 4])
        let y = try Tensor((0..<20).map { Float($0 % 3) }, shape: [10, 2])
        try model.fit(Dataset(x: x, y: y), loss: .meanSquaredError, optimizer: .adam(), epochs: 3)
        for (path, tensor) in model.tensors {
            let old = try #require(before[path])
            #expect(tensor.isIdentical(to: old) == !path.hasPrefix("head/"), "\(path)")
        }
    }

    @Test func namesPatternsThatMatchNothing() throws {
        var model = try Self.nested()
        let error = #expect(throws: ModelError.self) {
            try model.setTrainable(false, matching: "conv*")
        }
        #expect(error.map { "\($0)" }?.contains("no layer is named like 'conv*'") == true)
    }

    @Test func forgetsWhatAnOptimizerKnowsOfOtherWeights() throws {
        var model = try Self.nested()
        let x = try Tensor(zeros: [4, 4])
        let y = try Tensor(zeros: [4, 2])
        try model.fit(Dataset(x: x, y: y), loss: .meanSquaredError, optimizer: .adam())
        #expect(model.compilation?.optimizerState.isEmpty == false)
        try model.setTrainable(false, matching: "head")
        #expect(model.compilation?.optimizerState.isEmpty == true)
    }

    @Test func replacesClassifiers() throws {
        var model = try Sequential(name: "digits") {
            Input(8, 8, 1)
            Conv2D(4, kernel: 3, name: "features")
            Flatten(name: "flat")
            Dense(6, activation: .relu, name: "hidden")
            Dense(10, name: "scores")
            ActivationLayer(.softmax, name: "probabilities")
        }
        try model.initialize(seed: 1)
        let changed = try model.replacingHead(units: 3)
        #expect(
            changed.network.entries.map(\.name)
                == ["input_layer", "features", "flat", "hidden", "dense"])
        #expect(changed.outputNames == ["dense"])
        #expect(changed[weight: "dense/kernel"]?.shape == [6, 3])
        #expect(changed[weight: "scores/kernel"] == nil)
        for path in ["features/kernel", "hidden/kernel", "hidden/bias"] {
            let (new, old) = try (#require(changed[weight: path]), #require(model[weight: path]))
            #expect(new.isIdentical(to: old))
        }
        // Of the pictures themselves, the mean over positions.
        let pooled = try model.replacingHead(after: "features", units: 1)
        #expect(
            pooled.network.entries.map(\.name)
                == ["input_layer", "features", "global_average_pooling2d", "dense"])
        #expect(pooled[weight: "dense/kernel"]?.shape == [4, 1])
        let error = #expect(throws: ModelError.self) {
            try model.replacingHead(after: "nothing", units: 2)
        }
        #expect(error.map { "\($0)" }?.contains("no layer is named 'nothing'") == true)
        let own = try model.replacingHead(with: [Dense(5, name: "scores"), Dropout(0.1)])
        #expect(own[weight: "scores/kernel"]?.shape == [6, 5])
    }

    @Test func keepsBranchesThatFeaturesNeed() throws {
        let (a, b) = (Input(4, name: "a"), Input(4, name: "b"))
        let shared = Dense(3, activation: .relu, name: "shared")
        let both = Add(name: "both")([shared(a), shared(b)])
        var model = try Model(
            inputs: [a, b], outputs: [Dense(2, name: "old")(both)], name: "pair")
        try model.initialize()
        let changed = try model.replacingHead(units: 4)
        #expect(changed.inputNames == ["a", "b"])
        #expect(changed.network.entries.map(\.name) == ["a", "b", "shared", "both", "dense"])
        #expect(changed.network.entries[2].calls.count == 2)
        #expect(changed.outputNames == ["dense"])
    }
}
