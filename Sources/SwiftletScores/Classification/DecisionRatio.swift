/// A score of one class that is a ratio of its counts, and its means over classes.
struct DecisionRatio: Sendable {
    let name: String
    /// Numerator and denominator.
    let parts: @Sendable (ClassCounts) -> (part: Double, whole: Double)
    /// The support-weighted mean if no class has support: undefined where support says nothing
    /// about the denominator.
    let weightedWithoutSupport: Double?

    static let all = [
        precision, recall, fBeta(1), fBeta(0.5), fBeta(2), jaccard, specificity,
    ]

    static let precision = DecisionRatio(name: "precision", weightedWithoutSupport: 0) {
        ($0.truePositives, $0.truePositives + $0.falsePositives)
    }

    static let recall = DecisionRatio(name: "recall", weightedWithoutSupport: 0) {
        ($0.truePositives, $0.support)
    }

    static let jaccard = DecisionRatio(name: "jaccard", weightedWithoutSupport: 0) {
        ($0.truePositives, $0.support + $0.falsePositives)
    }

    static let specificity = DecisionRatio(name: "specificity", weightedWithoutSupport: nil) {
        ($0.trueNegatives, $0.trueNegatives + $0.falsePositives)
    }

    /// `(1+β²) tp / ((1+β²) tp + β² fn + fp)`.
    static func fBeta(_ beta: Double) -> DecisionRatio {
        let square = beta * beta
        let digits = beta == beta.rounded() ? "\(Int(beta))" : "\(beta)"
        return DecisionRatio(name: "f\(digits)", weightedWithoutSupport: 0) {
            let hits = (1 + square) * $0.truePositives
            return (hits, hits + square * $0.falseNegatives + $0.falsePositives)
        }
    }

    private init(
        name: String, weightedWithoutSupport: Double?,
        parts: @escaping @Sendable (ClassCounts) -> (part: Double, whole: Double)
    ) {
        self.name = name
        self.parts = parts
        self.weightedWithoutSupport = weightedWithoutSupport
    }

    func of(_ counts: ClassCounts) -> Double {
        let (part, whole) = parts(counts)
        return ratio(part, whole)
    }

    func addList(to scores: inout ScoreList, _ classes: [ClassCounts]) {
        scores.add("\(name)_per_class", ScoreValue(classes.map { of($0) }))
    }

    /// Adds the means over classes.
    func addMeans(to scores: inout ScoreList, _ averaged: [ClassCounts]) {
        let values = averaged.map { of($0) }
        let supports = averaged.map(\.support)
        let support = supports.reduce(0, +)
        let weighted = zip(values, supports).reduce(0) { $0 + $1.0 * $1.1 }
        scores.add("\(name)_macro", ratio(values.reduce(0, +), Double(values.count)))
        scores.add("\(name)_weighted", support > 0 ? weighted / support : weightedWithoutSupport)
        scores.add("\(name)_micro", of(averaged.sum))
    }
}
