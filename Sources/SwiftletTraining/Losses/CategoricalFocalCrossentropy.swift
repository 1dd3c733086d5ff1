internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Categorical cross-entropy times `alpha · (1 − p)^gamma`, class by class.
///
/// - SeeAlso: Lin et al. 2017, arXiv:1708.02002.
struct CategoricalFocalCrossentropy: LossFunction {
    static let className = "CategoricalFocalCrossentropy"
    static let functionName = "categorical_focal_crossentropy"
    let takesLogits: Bool
    let smoothing: Double
    let axis: Int
    let alpha: Double
    let gamma: Double

    init(config: LayerConfig) throws {
        takesLogits = try config.bool("from_logits", default: false)
        smoothing = try config.number("label_smoothing", default: 0, in: 0...1)
        axis = try config.int("axis", default: -1)
        alpha = try config.double("alpha", default: 0.25)
        gamma = try config.double("gamma", default: 2)
    }

    var config: JSONObject {
        [
            "from_logits": .bool(takesLogits), "label_smoothing": .double(smoothing),
            "axis": .int(axis), "alpha": .double(alpha), "gamma": .double(gamma),
        ]
    }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        try graph.expectSameShape(truth, prediction)
        let shape = graph.shape(of: prediction)
        guard let classes = shape.last, shape.normalizedAxis(axis) != nil else {
            throw TrainingError.loss("axis \(axis) is not one of \(shape)")
        }
        let truth = try graph.smoothed(truth, by: smoothing, share: 1 / Double(max(classes, 1)))
        let p = try graph.distribution(
            takesLogits ? graph.softmax(prediction, axis: axis) : prediction, axis: axis)
        let entropy = try graph.negate(graph.multiply(truth, graph.log(p)))
        let factor = try graph.power(
            graph.subtract(graph.constant(1), p), graph.constant(Float(gamma)))
        let value = try graph.multiply(graph.scale(factor, by: Float(alpha)), entropy)
        return LossValues(try graph.sum(value, axes: [axis]))
    }
}
