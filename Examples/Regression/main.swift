// Regression on a table: `swift run -c release example-regression [epochs] [folder] [table.csv]`.
//
// Without a table, that of 442 diabetes patients. The column `y`, `target` or `label`, or else the last one, is
// what is to be predicted.
import ExampleSupport
import Foundation
import Swiftlet

var example = Example("Regression", epochs: 60)
let table =
    CommandLine.arguments.count > 3 ? CommandLine.arguments[3] : try patients(in: example.folder)
let data = try DataSource.load(table)
let parts = try data.split(validation: 0.15, test: 0.2, seed: 1)

var model = try Sequential(name: "regression") {
    Input(data.x.shape[1])
    Normalization()
    Dense(32, activation: .relu)
    Dense(16, activation: .relu)
    Dense(1)
}
var options = FitOptions(epochs: example.epochs, batchSize: 16)
options.seed = 1
options.adaptsLayers = true  // Normalization takes mean and variance from the training part.
model.compile(TrainingSetup(optimizer: .adam(learningRate: 0.005), loss: .huber(delta: 20)))
try model.fit(
    parts.train, options: options, validation: parts.validation,
    callbacks: [
        EarlyStopping(patience: 10, restoresBestWeights: true),
        FunctionCallback(onEpochEnd: { example.add($0.logs) }),
    ])
try model.save(to: "\(example.folder)/regression.keras")

if let test = parts.test {
    let scores = try Predictor(model).evaluate(test, task: .regression)
    for name in ["r2", "rmse", "mae"] {
        print(
            name, scores[name] ?? .nan,
            scores.intervals[name].map { "\($0.low) … \($0.high)" } ?? "")
    }
}
try example.finish()

/// The bundled patients as a file.
func patients(in folder: String) throws -> String {
    let patients = try Diabetes.load(validation: 0, test: 0)
    let (rows, y) = (patients.train.count, patients.train.y)
    let x = try patients.train.x.elements(of: Float.self)
    let targets = try y?.elements(of: Float.self) ?? []
    let width = patients.featureNames.count
    let lines = (0..<rows).map { row in
        (x[row * width..<(row + 1) * width].map { "\($0)" } + ["\(targets[row])"]).joined(
            separator: ",")
    }
    let path = "\(folder)/patients.csv"
    let text = ([(patients.featureNames + ["y"]).joined(separator: ",")] + lines).joined(
        separator: "\n")
    try Data((text + "\n").utf8).write(to: URL(filePath: path))
    return path
}
