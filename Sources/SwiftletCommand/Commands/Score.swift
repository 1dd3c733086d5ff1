internal import ArgumentParser
internal import SwiftletData
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

struct Score: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score predictions against the truth.")

    @Option(help: "What the predictions are.")
    var task: ScoreTask

    @Option(help: ArgumentHelp("The true values.", valueName: "y.npy"))
    var truth: String

    @Option(help: ArgumentHelp("The predictions.", valueName: "p.npy"))
    var predicted: String

    @Option(help: "How a classification's arrays are to be read; found out otherwise.")
    var kind: ClassificationKind?

    @Option(help: ArgumentHelp("A weight for every sample.", valueName: "w.npy"))
    var sampleWeight: String?

    @Option(help: "How many inputs the regression model has, for adjusted_r2.")
    var predictors: Int?

    @OptionGroup var output: ScoreOutput
    @OptionGroup var log: LogOptions

    func validate() throws {
        if kind != nil, task != .classification {
            throw ValidationError("--kind is for --task classification")
        }
        if let predictors {
            guard task == .regression else {
                throw ValidationError("--predictors is for --task regression")
            }
            guard predictors > 0 else { throw ValidationError("--predictors must be at least 1") }
        }
    }

    func run() throws {
        try output.check()
        let truth = try NPY.read(truth)
        let predicted = try NPY.read(predicted)
        let weights = try sampleWeight.map { try NPY.read($0) }
        let title = "\(self.predicted) against \(self.truth)"
        do {
            switch task {
            case .classification:
                var scores = ClassificationScores(kind: kind)
                try scores.update(truth: truth, predicted: predicted, weights: weights)
                try output.write(scores, title: title)
            case .regression:
                var scores = RegressionScores(predictors: predictors)
                try scores.update(truth: truth, predicted: predicted, weights: weights)
                try output.write(scores, title: title)
            }
        } catch let error as ScoreError {
            throw CommandError(file(of: error), error)
        }
    }

    /// The file that holds what is wrong.
    private func file(of error: ScoreError) -> String {
        switch error {
        case .shape(let input, _, _), .dtype(let input, _), .element(let input, _, _, _):
            path(input)
        case .lengths(let a, _, let b, _): "\(path(a)), \(path(b))"
        case .noWeight: path(.weights)
        case .notOneHot: truth
        case .empty, .mismatch, .image, .memory, .tooFew, .library: predicted
        }
    }

    private func path(_ input: ScoreError.Input) -> String {
        switch input {
        case .truth: truth
        case .predicted, .real, .generated: predicted
        case .weights: sampleWeight ?? ""
        }
    }
}
