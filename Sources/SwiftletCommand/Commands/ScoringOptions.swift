internal import ArgumentParser
internal import SwiftletScores

/// How predictions are scored.
struct ScoringOptions: ParsableArguments {
    @Option(help: "What the predictions are.")
    var task: ScoreTask

    @Option(help: "How a classification's arrays are to be read; found out otherwise.")
    var kind: ClassificationKind?

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp(
            "What the predictions of a classification hold.",
            discussion: """
                Without it whole numbers are labels, and floats are probabilities (logits where a \
                model was compiled with from_logits).
                """))
    var form: PredictionForm?

    @Option(help: "Binary data and labels are positive above this probability; 0.5 otherwise.")
    var threshold: Double?

    @Option(name: .customLong("as"), help: "Follow a library's conventions.")
    var convention: ScoreConvention?

    @Option(help: "How many inputs the regression model has, for adjusted_r2.")
    var predictors: Int?

    @Option(help: "How many test sets the bootstrap draws for the scores' intervals.")
    var resamples = 1000

    @Option(help: "Which test sets the bootstrap draws.")
    var seed: UInt64 = 0

    @Flag(help: "No intervals.")
    var noIntervals = false

    func validate() throws {
        if task != .classification {
            for (isGiven, flag) in [
                (kind != nil, "--kind"), (form != nil, "--from"), (threshold != nil, "--threshold"),
            ] where isGiven {
                throw ValidationError("\(flag) is for --task classification")
            }
        }
        if let threshold, !(0...1).contains(threshold) {
            throw ValidationError("--threshold must be between 0 and 1")
        }
        if threshold != nil, form == .labels {
            throw ValidationError("--threshold is for probabilities and logits")
        }
        if let predictors {
            guard task == .regression else {
                throw ValidationError("--predictors is for --task regression")
            }
            guard predictors > 0 else { throw ValidationError("--predictors must be at least 1") }
        }
        guard (20...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples must be between 20 and 1000000")
        }
    }

    var scoring: Scoring {
        var scoring = Scoring(task)
        scoring.reading = ClassificationReading(
            kind: kind, predictions: form, threshold: threshold ?? 0.5)
        scoring.convention = convention
        scoring.predictors = predictors
        return scoring
    }

    /// Nil where no intervals are wanted.
    var confidence: Confidence? {
        noIntervals ? nil : Confidence(resamples: resamples, seed: seed)
    }
}

extension ScoreError {
    /// The same, with a hint at the option that may be missing.
    var hint: String {
        if case .element(.predicted, _, let found, let needed) = self, found.isFinite,
            needed.hasPrefix("a probability")
        {
            return "\(self); logits need --from logits"
        }
        return description
    }
}
