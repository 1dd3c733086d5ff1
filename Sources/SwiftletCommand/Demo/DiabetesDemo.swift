internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletScores
internal import SwiftletTensor
internal import SwiftletTraining

/// A regression network beside the straight line through the same patients.
struct DiabetesDemo {
    /// How much worse than the line the network may be.
    private static let tolerance = 1.03

    func run(in folder: inout DemoFolder) throws {
        folder.section("Diabetes patients: a regression network")
        let data = try Diabetes.load(standardized: true)
        // A straight line, and beside it a small network for what is not straight.
        let patient = Input(10)
        let line = Dense(1)(patient)
        let hidden = Dense(16, activation: .relu, kernelRegularizer: .l2(0.05))(patient)
        let bend = Dense(1, kernelRegularizer: .l2(0.05))(Dropout(0.3)(hidden))
        // The targets lie around 150, some 80 apart.
        let progression = Rescaling(80, offset: 150)(Add()([line, bend]))
        var model = try Model(inputs: [patient], outputs: [progression], name: "diabetes")
        model.compile(
            TrainingSetup(optimizer: .adam(learningRate: 0.005), loss: .meanSquaredError))
        let history = try model.fit(
            data.train, options: FitOptions(epochs: 40, batchSize: 32, seed: 1),
            validation: data.validation, callbacks: [TrainingProgress(folder.log)])
        print(HistoryTable(history).text(for: .standardOutput))
        try model.save(to: folder.file("diabetes.keras", "the regression network"))
        try compare(model, data, in: &folder)
    }

    private func compare(
        _ model: Model, _ data: Diabetes, in folder: inout DemoFolder
    ) throws {
        guard let y = data.train.y, let truth = data.test.y else { return }
        let evaluation = try Predictor(model).evaluation(of: data.test, Scoring(.regression))
        guard case .regression(let scores) = evaluation else { return }
        let results = try scores.results(workers: Workers(), confidence: Confidence())
        let line = try LeastSquares(x: data.train.x, y: y)
        var lineScores = RegressionScores()
        try lineScores.update(truth: truth, predicted: line.predict(data.test.x))
        let lineResults = try lineScores.results()

        var table = TextTable(
            title: "\(results.samples) held-out patients",
            columns: [.init("score", .left), .init("network"), .init("least squares")])
        for name in ["mse", "rmse", "mae", "r2"] {
            let values = [results[name], lineResults[name]]
            table.add([name] + values.map { HistoryTable.text($0 ?? .nan) })
        }
        print("\n" + table.text(for: .standardOutput))
        try AtomicFile.write(
            results.json.text(pretty: true) + "\n",
            to: folder.file("diabetes-scores.json", "its scores on the held-out patients"))
        var page = ReportPage(title: "Scores", subtitle: "diabetes")
        page.add(scores, report: results)
        page.add(heading: "Beside the straight line", table: table)
        try AtomicFile.write(
            page.html, to: folder.file("diabetes-scores.html", "the same with plots"))
        guard let found = results["mse"], let baseline = lineResults["mse"],
            found <= baseline * Self.tolerance
        else { throw CommandError(folder.path, "diabetes: worse than least squares") }
    }
}
