// Handwritten digits: train, save as Keras files, open them again, predict, score.
// `swift run -c release example-digits [epochs] [folder]`.
import ExampleSupport
import Swiftlet

var example = Example("Digits", epochs: 12)
let digits = try Digits.load()
var model = try Sequential(name: "digits") {
    Input(8, 8, 1)
    Conv2D(32, kernel: 3, padding: .same, activation: .relu)
    MaxPooling2D(2)
    Flatten()
    Dropout(0.3)
    Dense(10, activation: .softmax)
}
try model.fit(
    digits.train, loss: .sparseCategoricalCrossentropy, optimizer: .adam(), metrics: [.accuracy],
    epochs: example.epochs, validation: digits.validation, seed: 1,
    callbacks: [FunctionCallback(onEpochEnd: { example.add($0.logs) })])

// Keras 3 reads the first, every Keras since 2 the second.
for file in ["digits.keras", "digits.h5"] {
    let path = "\(example.folder)/\(file)"
    try model.save(to: path)
    let scores = try Predictor(Model(contentsOf: path)).evaluate(digits.test, task: .classification)
    print(path, "accuracy", scores["accuracy"] ?? .nan)
}
try example.finish(pictures: digits.test.x)
