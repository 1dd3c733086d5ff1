/// The library whose conventions scores follow where libraries disagree. Without one they follow
/// `docs/scores.md`.
public enum ScoreConvention: String, Sendable, CaseIterable {
    case scikitLearn = "scikit-learn"
    case torchmetrics
    case keras
}

/// The points on which libraries disagree.
struct ScoreRules: Sendable {
    /// What a score without a value does to a mean over classes.
    enum Undefined: Sendable { case leftOut, makesUndefined, countsAsZero }

    /// Whether means over classes include those that never occur, as 0, if the classes are known.
    var averagesAllClasses = false
    /// Of equal probabilities the later class comes first in the top k; otherwise ties are hits.
    var topKPrefersLater = false
    /// An area under the ROC curve of one class only.
    var areaOfOneClass = Undefined.leftOut
    /// Average precision without positives, of one of several classes, and otherwise.
    var precisionWithoutPositives = (classes: Undefined.leftOut, otherwise: Undefined.leftOut)
    /// Log loss clips probabilities to [ε, 1 − ε]; nil for the ε of their stored type.
    var clipping: Double?
    /// Log loss divides the rows of several classes by their sums.
    var normalizesRows = false
    /// The least |y| that relative errors are divided by.
    var smallestTruth = Double.ulpOfOne
    /// What relative errors are multiplied by.
    var relativeErrorScale = 1.0
    /// Logarithms of values below this are those of this.
    var smallestLogged: Double?

    init(_ convention: ScoreConvention?) {
        switch convention {
        case nil: break
        case .scikitLearn:
            averagesAllClasses = true
            topKPrefersLater = true
            areaOfOneClass = .makesUndefined
            precisionWithoutPositives = (.countsAsZero, .countsAsZero)
        case .torchmetrics:
            areaOfOneClass = .countsAsZero
            precisionWithoutPositives = (.leftOut, .countsAsZero)
            smallestTruth = 1.17e-6
        case .keras:
            averagesAllClasses = true
            clipping = 1e-7
            normalizesRows = true
            smallestTruth = 1e-7
            relativeErrorScale = 100
            smallestLogged = 1e-7
        }
    }
}
