/// What truth and prediction of a classification mean.
public enum ClassificationKind: String, Sendable, CaseIterable {
    /// Two classes, one probability: that of class 1.
    case binary
    /// One of several classes, a probability for each.
    case multiclass
    /// Any number of labels at once, a probability for each.
    case multilabel
}

/// What the numbers of a prediction are.
public enum PredictionForm: String, Sendable, CaseIterable {
    /// Decided classes, or zeros and ones for labels.
    case labels
    case probabilities
    /// Before the sigmoid, or before the softmax where one of several classes is true.
    case logits
}

/// How the arrays of a classification are read.
public struct ClassificationReading: Sendable, Equatable {
    /// Nil to infer it from the arrays' element types and shapes: see ``ClassificationScores``.
    public var kind: ClassificationKind?
    /// Nil: integers and bools are labels, floats are probabilities.
    public var predictions: PredictionForm?
    /// Binary data and labels are positive where the probability is larger, in the type in which
    /// it is stored.
    public var threshold: Double

    public init(
        kind: ClassificationKind? = nil, predictions: PredictionForm? = nil,
        threshold: Double = 0.5
    ) {
        self.kind = kind
        self.predictions = predictions
        self.threshold = threshold
    }
}
