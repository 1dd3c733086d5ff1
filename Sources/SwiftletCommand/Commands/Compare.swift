internal import ArgumentParser
internal import SwiftletData
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletScores
internal import SwiftletStreaming
internal import SwiftletTensor

struct Compare: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Tell whether two models differ on the same test data by more than chance.",
        discussion: """
            Either two model files and --data, or two .npy files of predictions and --truth. Every \
            score gets the interval of its difference and a p-value, from test sets drawn from the \
            rows with replacement, the same for both; accuracy McNemar's mid-p, the area under \
            the ROC curve DeLong's test.

            Examples:
              swiftlet compare a.keras b.keras --data test.npz --task classification
              swiftlet compare a.npy b.npy --truth y.npy --task regression
            """)

    @Argument(help: "A model, or its predictions (.npy).")
    var a: String

    @Argument(help: "The other one.")
    var b: String

    @Option(help: ArgumentHelp("What two models are asked.", valueName: "test"))
    var data: String?

    @Option(help: ArgumentHelp("The true values of two predictions.", valueName: "y.npy"))
    var truth: String?

    @Option(help: ArgumentHelp("A weight for every sample.", valueName: "w.npy"))
    var sampleWeight: String?

    @Option(help: ArgumentHelp("Which output is scored, if there are several.", valueName: "name"))
    var outputName: String?

    @OptionGroup var scoring: ScoringOptions

    @Option(help: ArgumentHelp("Write the comparison as JSON.", valueName: "c.json"))
    var json: String?

    @OptionGroup var execution: PredictionOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard (data == nil) != (truth == nil) else {
            throw ValidationError("compare needs --data for models or --truth for predictions")
        }
        if sampleWeight != nil, truth == nil {
            throw ValidationError("--sample-weight goes with --truth")
        }
        if outputName != nil, data == nil { throw ValidationError("--output-name needs --data") }
    }

    func run() throws {
        try checkDestination(json)
        let (first, second) = (try evaluation(of: a), try evaluation(of: b))
        let comparison = try naming("\(a), \(b)") {
            try Evaluation.compare(
                first, second, confidence: scoring.confidence ?? Confidence(resamples: 0),
                workers: Workers())
        }
        let tables = ComparisonTables(comparison, names: (a, b))
        if let json { try AtomicFile.write(tables.json.text(pretty: true) + "\n", to: json) }
        print(tables.text(for: .standardOutput))
    }

    private func evaluation(of path: String) throws -> Evaluation {
        var scoring = scoring.scoring
        if let truth {
            scoring.keepsRows = true
            return try ScoredArrays(truth: truth, sampleWeight: sampleWeight)
                .evaluation(of: path, scoring)
        }
        let asked = ModelEvaluation(
            model: try Model.opened(path).model, path: path, data: data ?? "",
            outputName: outputName)
        return try asked.run(asked.job(scoring, execution: execution, log: log), log: log)
            .scored(keepingRows: true)
    }
}
