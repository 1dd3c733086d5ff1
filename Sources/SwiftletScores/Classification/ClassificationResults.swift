internal import SwiftletTensor

/// Which scores are taken.
struct ClassificationPart: OptionSet {
    let rawValue: Int
    /// Those of the decisions of binary and multiclass data.
    static let decisions = ClassificationPart(rawValue: 1)
    /// All others.
    static let probabilities = ClassificationPart(rawValue: 2)
    static let all: ClassificationPart = [.decisions, .probabilities]
}

extension ClassificationScores {
    /// - Parameters:
    ///   - rankings: gets those of the columns, if there are probabilities.
    ///   - resolution: of the rankings' curves; 0 for none.
    func scores(
        from part: ClassificationPart, workers: Workers, rankings: inout [Ranking],
        resolution: Int = ThresholdCurve.standardResolution
    ) -> ScoreList {
        var scores = ScoreList()
        if hasScores, part.contains(.probabilities) {
            rankings = RankedScores(batches).rankings(
                columns: columns ?? 0, resolution: resolution, workers: workers)
        }
        let kind = settledKind
        if kind == .multilabel {
            addMultilabel(rankings, to: &scores)
            return scores
        }
        if part.contains(.decisions) {
            Self.addDecisions(
                decisions, isBinary: kind == .binary, averagingAll: averagesAllClasses, to: &scores)
        }
        guard part.contains(.probabilities), hasScores else { return scores }
        if kind == .binary {
            let ranking = rankings.first
            scores.add("roc_auc", ranking?.area(rules))
            scores.add("average_precision", ranking?.precision(rules, amongClasses: false))
        } else {
            add(rankings, areaMean: "roc_auc_ovr", amongClasses: true, to: &scores)
        }
        scores.add("log_loss", logLoss.compute(totalWeight: weight.value))
        scores.add("brier", brier.compute(totalWeight: weight.value))
        scores.add("ece", calibration.compute(totalWeight: weight.value))
        if kind == .multiclass { topK.add(to: &scores, classes: columns ?? 0) }
        return scores
    }

    /// Classes that never occur are known only where every class has a column.
    var averagesAllClasses: Bool { rules.averagesAllClasses && hasScores }

    /// The confusion matrix of binary or multiclass data.
    var decisions: ConfusionMatrix {
        guard settledKind == .binary else { return confusion }
        if let counts = labels.perLabel.first { return ConfusionMatrix(binary: counts) }
        var matrix = confusion
        matrix.grow(to: 2)
        return matrix
    }

    /// The scores that a confusion matrix gives.
    static func addDecisions(
        _ confusion: ConfusionMatrix, isBinary: Bool, averagingAll: Bool,
        to scores: inout ScoreList
    ) {
        let classes = confusion.perClass
        confusion.addShares(classes, to: &scores)
        let averaged = averagingAll ? classes : classes.filter(\.occurs)
        for ratio in DecisionRatio.all { ratio.add(to: &scores, all: classes, averaged: averaged) }
        scores.add("support_per_class", ScoreValue(classes.map(\.support)))
        scores.add("confusion_matrix", .matrix(confusion.rows))
        confusion.addAgreement(to: &scores)
        guard isBinary else { return }
        for ratio in DecisionRatio.all { scores.add(ratio.name, ratio.of(classes[1])) }
    }

    private func add(
        _ rankings: [Ranking], areaMean: String, amongClasses: Bool, to scores: inout ScoreList
    ) {
        let areas = rankings.map { $0.area(rules) }
        let precisions = rankings.map { $0.precision(rules, amongClasses: amongClasses) }
        let supports = rankings.map(\.positives)
        scores.add("roc_auc_per_class", ScoreValue(areas))
        scores.addMeans(
            areaMean, of: areas, supports: supports,
            needsAll: rules.areaOfOneClass == .makesUndefined)
        scores.add("average_precision_per_class", ScoreValue(precisions))
        scores.addMeans("average_precision", of: precisions, supports: supports, needsAll: false)
    }

    private func addMultilabel(_ rankings: [Ranking], to scores: inout ScoreList) {
        let perLabel = labels.perLabel
        labels.add(to: &scores, totalWeight: weight.value)
        for ratio in DecisionRatio.all {
            ratio.add(to: &scores, all: perLabel, averaged: perLabel)
        }
        rows.add(to: &scores, totalWeight: weight.value)
        scores.add("support_per_class", ScoreValue(perLabel.map(\.support)))
        guard hasScores else { return }
        let pooled = RankedScores(batches, isFlattened: true).ranking(column: 0)
        add(rankings, areaMean: "roc_auc", amongClasses: false, to: &scores)
        scores.add("roc_auc_micro", pooled.area(rules))
        scores.add("average_precision_micro", pooled.precision(rules, amongClasses: false))
        let elements = weight.value * Double(columns ?? 0)
        scores.add("log_loss", logLoss.compute(totalWeight: elements))
        scores.add("brier", brier.compute(totalWeight: elements))
        labelRanking.add(to: &scores, totalWeight: weight.value)
    }
}

extension Ranking {
    fileprivate func area(_ rules: ScoreRules) -> Double? {
        areaUnderROC ?? (rules.areaOfOneClass == .countsAsZero ? 0 : nil)
    }

    fileprivate func precision(_ rules: ScoreRules, amongClasses: Bool) -> Double? {
        let missing = rules.precisionWithoutPositives
        return averagePrecision
            ?? ((amongClasses ? missing.classes : missing.otherwise) == .countsAsZero ? 0 : nil)
    }
}

extension ScoreList {
    /// Adds `<name>_macro` and `<name>_weighted`: means over the columns where the score is defined.
    ///
    /// - Parameter needsAll: undefined if the score of one column is.
    fileprivate mutating func addMeans(
        _ name: String, of values: [Double?], supports: [Double], needsAll: Bool
    ) {
        let defined = zip(values, supports).compactMap { value, support in
            value.map { ($0, support) }
        }
        let isDefined = needsAll ? defined.count == values.count : !defined.isEmpty
        let support = defined.reduce(0) { $0 + $1.1 }
        // What has no support has no part in this mean.
        let isWhole = !needsAll || zip(values, supports).allSatisfy { $0 != nil || $1 == 0 }
        let sum = defined.reduce(0) { $0 + $1.0 }
        let weighted = defined.reduce(0) { $0 + $1.0 * $1.1 }
        add("\(name)_macro", isDefined ? sum / Double(defined.count) : nil)
        add("\(name)_weighted", isWhole && support > 0 ? weighted / support : nil)
    }
}
