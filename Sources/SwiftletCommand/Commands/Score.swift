internal import ArgumentParser
internal import SwiftletData
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

struct Score: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Score predictions against the truth.",
        discussion: """
            Example:
              swiftlet score --task classification --truth y.npy --predicted p.npy
            """)

    @OptionGroup var scoring: ScoringOptions

    @Option(help: ArgumentHelp("The true values.", valueName: "y.npy"))
    var truth: String

    @Option(help: ArgumentHelp("The predictions.", valueName: "p.npy"))
    var predicted: String

    @Option(help: ArgumentHelp("A weight for every sample.", valueName: "w.npy"))
    var sampleWeight: String?

    @OptionGroup var output: ScoreOutput
    @OptionGroup var log: LogOptions

    func run() throws {
        try output.check()
        var scoring = scoring.scoring
        scoring.keepsRows = output.report != nil
        let evaluation = try ScoredArrays(truth: truth, sampleWeight: sampleWeight)
            .evaluation(of: predicted, scoring)
        try naming(predicted) {
            try output.write(
                evaluation, title: "\(predicted) against \(truth)",
                confidence: self.scoring.confidence
            ) { page in
                page.add(worst: evaluation.worstRows(limit: ScoreOutput.worstRows))
            }
        }
    }
}

/// What predictions are scored against.
struct ScoredArrays {
    let truth: String
    let sampleWeight: String?

    func evaluation(of predicted: String, _ scoring: Scoring) throws -> Evaluation {
        let (y, p) = (try NPY.read(truth), try NPY.read(predicted))
        let weights = try sampleWeight.map { try NPY.read($0) }
        do {
            let evaluation = try Evaluation(scoring, truth: y, predicted: p, weights: weights)
            try evaluation.requireSamples()
            return evaluation
        } catch {
            throw CommandError(file(of: error, predicted), error.hint)
        }
    }

    /// The file that holds what is wrong.
    private func file(of error: ScoreError, _ predicted: String) -> String {
        func path(_ input: ScoreError.Input) -> String {
            switch input {
            case .truth: truth
            case .predicted, .real, .generated: predicted
            case .weights: sampleWeight ?? ""
            }
        }
        return switch error {
        case .shape(let input, _, _), .dtype(let input, _), .element(let input, _, _, _):
            path(input)
        case .lengths(let a, _, let b, _): "\(path(a)), \(path(b))"
        case .noWeight: path(.weights)
        case .notOneHot: truth
        case .empty, .mismatch, .image, .memory, .tooFew, .library: predicted
        }
    }
}
