import SwiftletFiles
import SwiftletLayers
import SwiftletTraining
import Testing

@Suite struct ModelDescriptionTests {
    private let digits: JSON = [
        "name": "digits", "input": [8, 8, 1],
        "layers": [
            ["Conv2D": ["filters": 4, "kernel_size": 3, "activation": "relu"]], "Flatten",
            ["Dense": ["units": 10, "activation": "softmax"]],
        ],
        "loss": ["categorical_crossentropy": ["label_smoothing": 0.1]],
        "optimizer": ["adam": ["learning_rate": 0.002]], "metrics": ["accuracy"],
    ]

    @Test func saysWhatSwiftSays() throws {
        let described = try Model(description: digits)
        let built = try Model(
            name: "digits",
            [
                Input(8, 8, 1), Conv2D(4, kernel: 3, activation: .relu), Flatten(),
                Dense(10, activation: .softmax),
            ])
        #expect(try described.weightNames() == built.weightNames())
        #expect(described.network.serialized()["config"]?["layers"]?.array?.count == 4)
        let setup = try #require(try described.trainingSetup())
        let config = setup.compileConfig
        #expect(config["optimizer"]?["class_name"] == "Adam")
        #expect(config["optimizer"]?["config"]?["learning_rate"]?.double == 0.002)
        #expect(config["loss"]?["config"]?["label_smoothing"]?.double == 0.1)
        #expect(config["metrics"]?.array?.count == 1)
    }

    @Test func schedulesRates() throws {
        var json = digits
        json["optimizer"] = [
            "adamw": [
                "learning_rate": [
                    "cosine_decay": ["initial_learning_rate": 0.003, "decay_steps": 100]
                ]
            ]
        ]
        let setup = try #require(try Model(description: json).trainingSetup())
        let rate = setup.compileConfig["optimizer"]?["config"]?["learning_rate"]
        #expect(rate?["class_name"] == "CosineDecay")
        #expect(rate?["config"]?["decay_steps"]?.int == 100)
    }

    @Test func withoutLossItIsNotCompiled() throws {
        var json = digits
        for key in ["loss", "optimizer", "metrics"] { json[key] = nil }
        json["input"] = ["shape": [nil], "dtype": "int32", "name": "words"]
        json["layers"] = [["Embedding": ["input_dim": 5, "output_dim": 2]], "GlobalMaxPooling1D"]
        let model = try Model(description: json)
        #expect(model.compilation == nil)
        #expect(model.inputNames == ["words"])
        #expect(model.inputShapes == [[nil]])
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let key: String
        let value: JSON?
        let cause: String
        var testDescription: String { cause }
    }

    @Test(arguments: [
        Refusal(key: "input", value: nil, cause: "config \"input\": missing"),
        Refusal(
            key: "input", value: "8", cause: "config \"input\": a shape expected, e.g. [8, 8, 1]"),
        Refusal(key: "layers", value: [], cause: "config \"layers\": a list of layers expected"),
        Refusal(
            key: "layers", value: [["Dense": 10]],
            cause: "config \"layers\": layer 1: a name, or a name with options, expected, "
                + "{\"Dense\": 10} found"),
        Refusal(
            key: "layers", value: [["Dense": ["units": 1, "activatoin": "relu"]]],
            cause:
                "layer '1' (Dense): config \"activatoin\" is unknown; did you mean \"activation\"?"),
        Refusal(
            key: "layers", value: ["Densely"],
            cause:
                "layer 'Densely': class Densely is unknown; did you mean Dense?"),
        Refusal(key: "loss", value: nil, cause: "config \"loss\": missing"),
        Refusal(key: "loss", value: "frob", cause: "loss \"frob\" is unknown"),
        Refusal(key: "optimizer", value: "frob", cause: "optimizer \"frob\" is unknown"),
        Refusal(
            key: "epochs", value: 3,
            cause: "config \"epochs\": is none of input, layers, loss, metrics, name, optimizer"),
    ])
    func refusals(_ row: Refusal) {
        var json = digits
        json[row.key] = row.value
        let error = #expect(throws: (any Error).self) { try Model(description: json) }
        #expect(error.map { "\($0)" } == row.cause)
    }

    @Test func architecturesAreNone() throws {
        let built = try Model([Input(2), Dense(1)])
        #expect(!Model.isDescription(built.network.serialized()))
        #expect(Model.isDescription(digits))
    }
}
