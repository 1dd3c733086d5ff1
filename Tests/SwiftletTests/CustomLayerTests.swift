import Swiftlet
import TestSupport
import Testing

/// `x · factor^power + offset`: the Swift half of the Python layer in `tools/references/weights.py`.
private struct Scale: UnaryLayer {
    static let className = "Scale"
    var options: LayerOptions
    let power: Int

    init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        power = try config.int("power", default: 1)
    }

    var config: JSONObject { ["power": .int(power)] }

    func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let channels = lowering.shape(of: x).last ?? 1
        let factor = try lowering.weight("factor", shape: [channels], initializer: .ones)
        let offset = try lowering.weight("offset", shape: [])
        let scale = try lowering.power(factor, lowering.constant(Float(power)))
        return try lowering.add(lowering.multiply(x, scale), offset)
    }
}

/// What the Lambda layer named `half` does.
private struct Half: UnaryLayer {
    static let className = "Lambda"
    var options: LayerOptions
    let config: JSONObject

    init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        self.config = config.json
    }

    func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.multiply(x, lowering.constant(0.5))
    }
}

@Suite struct CustomLayerTests {
    private static func reference(_ name: String) throws -> (input: Tensor, output: Tensor) {
        let arrays = try NPZ.read(fixture("weights/custom.npz"))
        return (try #require(arrays["input_0"]), try #require(arrays[name]))
    }

    private static func check(_ model: Model, _ name: String) throws {
        let (input, output) = try reference(name)
        let found = try Predictor(model)(input)
        #expect(found.shape == output.shape)
        for (a, b) in try zip(found.floats(), output.floats()) {
            #expect(abs(a - b) <= 1e-5 * (1 + abs(b)))
        }
    }

    @Test func unknownLayersAreNamedAndRegisteredOnesUsed() throws {
        let error = #expect(throws: KerasFileError.self) {
            try Model(contentsOf: fixture("weights/custom.keras"))
        }
        let message = try #require(error?.description)
        for word in ["'scale'", "my_package>Scale", "LayerRegistry.register"] {
            #expect(message.contains(word))
        }

        LayerRegistry.register(Scale.self, as: "my_package>Scale")
        for file in ["custom.keras", "custom.h5"] {
            let model = try Model(contentsOf: fixture("weights/\(file)"))
            try Self.check(model, "scaled")
            try withTemporaryDirectory { directory in
                for name in ["a.keras", "a.h5"] {
                    try model.save(to: directory + "/" + name)
                    try Self.check(Model(contentsOf: directory + "/" + name), "scaled")
                }
            }
        }
    }

    @Test func registeredLambdasAreUsed() throws {
        for file in ["lambda.keras", "lambda.h5"] {
            LayerRegistry.register(Half.self, forLambda: "half")
            try Self.check(Model(contentsOf: fixture("weights/\(file)")), "halved")
        }
    }
}
