// An autoencoder that squeezes digits through a few numbers, and how much of them comes out again:
// `swift run -c release example-autoencoder [epochs] [folder]`.
import ExampleSupport
import Swiftlet

var model = try Sequential(name: "autoencoder") {
    Input(8, 8, 1)
    Conv2D(16, kernel: 3, strides: 2, padding: .same, activation: .relu)
    Flatten()
    Dense(12, name: "code")
    Dense(4 * 4 * 16, activation: .relu)
    Reshape(4, 4, 16)
    Conv2DTranspose(16, kernel: 3, strides: 2, padding: .same, activation: .relu)
    Conv2D(1, kernel: 3, padding: .same, activation: .sigmoid)
}

var example = Example("Autoencoder", epochs: 20)
let digits = try Digits.load()
let eyes = try DigitEyes(digits)
let validation = try Dataset(x: digits.validation.x, y: digits.validation.x)

try model.fit(
    Dataset(x: digits.train.x, y: digits.train.x), loss: .meanSquaredError,
    optimizer: .adam(learningRate: 0.002), epochs: example.epochs, validation: validation,
    seed: 1,
    callbacks: [
        FunctionCallback(onEpochEnd: { run in
            let restored = try Predictor(run.model)(digits.train.x)
            example.add(run.logs + [("fid", try eyes.frechetDistance(to: restored))])
        })
    ])
try example.finish(pictures: Predictor(model)(digits.test.x))
