internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Connectionist temporal classification of logits `[batch, steps, classes]`: class 0 is the blank,
/// and 0 fills up rows of labels `[batch, length]`.
struct CTCLoss: LossFunction {
    static let className = "CTC"
    static let functionName = "ctc"
    var takesClassNumbers: Bool { true }

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        let (labels, logits) = (graph.shape(of: truth), graph.shape(of: prediction))
        guard labels.rank == 2, logits.rank == 3, labels[0] == logits[0] else {
            throw TrainingError.loss(
                "CTC takes labels [batch, length] and logits [batch, steps, classes], not "
                    + "\(labels) and \(logits)")
        }
        return LossValues(try graph.ctc(prediction, labels: truth))
    }
}

extension Loss {
    /// For series of logits and the shorter sequences of labels that they say; label 0 is the blank.
    public static let ctc = Loss(CTCLoss())
}
