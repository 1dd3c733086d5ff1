// Transfer learning on a folder of pictures, one subfolder for each class:
// `swift run -c release example-transfer [epochs] [folder] [model.keras pictures]`.
//
// Without a model and pictures, one is trained on the digits 0 to 4 and then learns 5 to 9 from 40 pictures.
import ExampleSupport
import Foundation
import Swiftlet

var example = Example("Transfer", epochs: 25)
let given = CommandLine.arguments.dropFirst(3)
let (base, pictures) =
    given.count == 2
    ? (given[given.startIndex], given[given.startIndex + 1]) : try firstDigits(in: example.folder)

// The classifier is replaced, everything else keeps its weights and stays as it is.
let original = try Model(contentsOf: base)
let shape = original.inputShapes[0].compactMap { $0 }
let classes = try ImageFolder.readClasses(pictures, shape: shape)
var model = try original.replacingHead(units: classes.names.count, seed: 1)
try model.setTrainable(false, matching: "*")
if let head = try model.summary().layers.last { try model.setTrainable(true, matching: head.path) }

let parts = try classes.dataset.split(test: 0.25, seed: 1, stratifiedBy: classes.dataset.y)
try model.fit(
    parts.train, loss: .sparseCategoricalCrossentropy, optimizer: .adam(learningRate: 0.02),
    metrics: [.accuracy], epochs: example.epochs, seed: 1,
    callbacks: [FunctionCallback(onEpochEnd: { example.add($0.logs) })])
try model.save(to: "\(example.folder)/transfer.keras")
if let test = parts.test {
    let scores = try Predictor(model).evaluate(test, task: .classification)
    print("accuracy", scores["accuracy"] ?? .nan, "on", test.count, "pictures of", classes.names)
}
try example.finish()

/// A model that knows 0 to 4, and a folder of pictures of 5 to 9.
func firstDigits(in folder: String) throws -> (model: String, pictures: String) {
    let digits = try Digits.load().train
    let labels = try digits.y?.elements(of: Int32.self).map(Int.init) ?? []
    let first = try digits.samples(at: labels.indices.filter { labels[$0] < 5 })
    let others = labels.indices.filter { labels[$0] >= 5 }.prefix(200)
    var model = try Sequential(name: "first-digits") {
        Input(8, 8, 1)
        Rescaling(1 / 255)
        Conv2D(32, kernel: 3, activation: .relu)
        Conv2D(32, kernel: 3, activation: .relu)
        Flatten()
        Dense(64, activation: .relu)
        Dense(5, activation: .softmax)
    }
    let pixels = try Tensor(
        first.x.elements(of: Float.self).map { $0 * 255 }, shape: first.x.shape)
    try model.fit(
        Dataset(x: pixels, y: first.y ?? pixels), loss: .sparseCategoricalCrossentropy,
        optimizer: .adam(), epochs: 10, seed: 1)
    let (path, pictures) = (folder + "/first.keras", folder + "/pictures")
    try model.save(to: path)
    try PictureFolder.write(
        digits.x.rows(at: Array(others)), classes: others.map { labels[$0] }, to: pictures)
    return (path, pictures)
}
