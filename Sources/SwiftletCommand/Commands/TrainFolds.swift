internal import SwiftletDataset
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletTraining

extension Train {
    /// Trains and measures on the folds that were asked for, and sets for how many epochs the training on all
    /// data goes on; nil if none were.
    ///
    /// - Throws: the exit status of Ctrl-C after an interruption.
    func crossValidated(
        _ start: Model, _ data: Dataset, _ options: inout FitOptions
    ) throws -> CrossValidation? {
        guard let folds = samples.folds else { return nil }
        let result: CrossValidation
        do {
            // What does not fit is said before the first fold.
            _ = try watching.callbacks(isValidated: true, isFold: true)
            result = try start.crossValidate(
                data, folds: folds, options: options,
                callbacks: { fold in
                    log.note("fold \(fold + 1) of \(folds)")
                    let steering = (try? watching.callbacks(isValidated: true, isFold: true)) ?? []
                    return steering + [TrainingProgress(log)]
                }, isStopRequested: { Interruption.isRequested })
        } catch {
            throw named(error)
        }
        if Ranks.isFirst { print(result.table.text(for: .standardOutput)) }
        if Interruption.isRequested {
            StandardError.warn(
                "interrupted in fold \(result.histories.count + 1); no model was saved")
            throw Interruption.exitCode
        }
        options.epochs = result.meanEpochs
        return result
    }
}

extension CrossValidation {
    /// Mean and standard deviation of each score, and its value in each fold.
    var table: TextTable {
        let kind = isStratified ? ", every class with its share" : ""
        var table = TextTable(
            title: "\(histories.count) folds\(kind)",
            columns: [.init("", .left), .init("mean"), .init("± sd")]
                + histories.indices.map { .init("fold \($0 + 1)") })
        for score in scores {
            table.add(
                [score.name]
                    + ([score.mean, score.deviation] + score.values).map(HistoryTable.text))
        }
        return table
    }
}
