internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor
internal import SwiftletTraining

/// A convolutional network that reads digits, saved in both formats of Keras and used from there.
struct DigitsDemo {
    private static let neededAccuracy = 0.98

    func run(in folder: inout DemoFolder) throws {
        folder.section("Handwritten digits: a convolutional network")
        let digits = try Digits.load()
        var model = try DigitsClassifier.model()
        let history = try DigitsClassifier.fit(&model, digits, log: folder.log)
        print(HistoryTable(history).text(for: .standardOutput))
        try save(model, history, digits, to: &folder)
        try scorePredictions(digits.test, in: &folder)
    }

    private func save(
        _ model: Model, _ history: History, _ digits: Digits, to folder: inout DemoFolder
    ) throws {
        try model.save(to: folder.file("digits.keras", "the trained network, for Keras 3"))
        try model.save(to: folder.file("digits.h5", "the same for Keras 2 and Keras 3"))
        for (name, what, data) in [
            ("train", "the digits that it was trained with: x and y", digits.train),
            ("test", "the held-out digits: x and y", digits.test),
        ] {
            try NPZ.write(
                NamedTensors(Array(data.inputs) + Array(data.targets)),
                to: folder.file("digits-\(name).npz", what))
        }
        let historyPath = folder.file("digits-history.json", "loss and accuracy per epoch")
        try AtomicFile.write(history.json.text(pretty: true) + "\n", to: historyPath)
        var page = ReportPage(title: "Training", subtitle: "digits")
        var json = history.json
        json["diagnosis"] = .string(HistoryTable(history).diagnosis)
        page.add(history: json)
        try AtomicFile.write(
            page.html, to: folder.file("digits-training.html", "learning curves"))
    }

    /// Loads both files in processes of their own, which know nothing but the files.
    private func scorePredictions(_ test: Dataset, in folder: inout DemoFolder) throws {
        var predictions: [Tensor] = []
        for suffix in ["keras", "h5"] {
            let output = folder.file(
                "predictions-\(suffix).npz", "what digits.\(suffix) says of them in a new process")
            try OwnProcess.run([
                "predict", folder.path + "/digits.\(suffix)", "--input",
                folder.path + "/digits-test.npz", "--output", output, "--quiet",
            ])
            predictions.append(try NPZ(output).read("output_0"))
        }
        guard predictions[0].isIdentical(to: predictions[1]) else {
            throw CommandError(folder.path, "digits.keras and digits.h5 answer differently")
        }
        var scores = ClassificationScores()
        guard let truth = test.y else { return }
        try scores.update(truth: truth, predicted: predictions[0])
        let results = try scores.results(workers: Workers(), confidence: Confidence())
        print("\n" + ScoreTables(results).text(for: .standardOutput))
        try AtomicFile.write(
            results.json.text(pretty: true) + "\n",
            to: folder.file("digits-scores.json", "the scores of the held-out digits"))
        var page = ReportPage(title: "Scores", subtitle: "digits")
        page.add(scores, report: results)
        try AtomicFile.write(
            page.html, to: folder.file("digits-scores.html", "the same with plots"))
        guard let accuracy = results["accuracy"], accuracy >= Self.neededAccuracy else {
            throw CommandError(
                folder.path,
                "digits: accuracy \(results["accuracy"] ?? .nan), at least "
                    + "\(Self.neededAccuracy) expected")
        }
    }
}
