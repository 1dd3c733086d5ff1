/// What truth and prediction of a classification mean.
public enum ClassificationKind: String, Sendable, CaseIterable {
    /// Two classes, one probability: that of class 1.
    case binary
    /// One of several classes, a probability for each.
    case multiclass
    /// Any number of labels at once, a probability for each.
    case multilabel
}
