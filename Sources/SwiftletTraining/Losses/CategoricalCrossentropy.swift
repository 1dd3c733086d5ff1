internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// `−Σ truth · ln p` over an axis, for distributions or one-hot classes.
struct CategoricalCrossentropy: LossFunction {
    static let className = "CategoricalCrossentropy"
    static let functionName = "categorical_crossentropy"
    let takesLogits: Bool
    let smoothing: Double
    let axis: Int

    init(takesLogits: Bool, smoothing: Double) {
        (self.takesLogits, self.smoothing, axis) = (takesLogits, smoothing, -1)
    }

    init(config: LayerConfig) throws {
        takesLogits = try config.bool("from_logits", default: false)
        smoothing = try config.number("label_smoothing", default: 0, in: 0...1)
        axis = try config.int("axis", default: -1)
    }

    var config: JSONObject {
        [
            "from_logits": .bool(takesLogits), "label_smoothing": .double(smoothing),
            "axis": .int(axis),
        ]
    }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        try graph.expectSameShape(truth, prediction)
        let shape = graph.shape(of: prediction)
        guard let classes = shape.last, shape.normalizedAxis(axis) != nil else {
            throw TrainingError.loss("axis \(axis) is not one of \(shape)")
        }
        let truth = try graph.smoothed(truth, by: smoothing, share: 1 / Double(max(classes, 1)))
        let logarithms: Value
        if let x = graph.logits(of: prediction) ?? (takesLogits ? prediction : nil) {
            logarithms = try graph.logSoftmax(x, axis: axis)
        } else {
            logarithms = try graph.log(graph.distribution(prediction, axis: axis))
        }
        let sum = try graph.sum(graph.multiply(truth, logarithms), axes: [axis])
        return LossValues(try graph.negate(sum))
    }
}

extension Graph {
    /// Predictions as probabilities that add up to 1 and stay off 0 and 1.
    mutating func distribution(_ prediction: Value, axis: Int) throws -> Value {
        let sum = try sum(prediction, axes: [axis], keepsDimensions: true)
        return try unary(
            .clip(lowest: lossEpsilon, highest: 1 - lossEpsilon), divide(prediction, sum))
    }
}

extension Loss {
    /// For one-hot classes.
    public static let categoricalCrossentropy = categoricalCrossentropy()

    /// - Parameters:
    ///   - fromLogits: whether predictions are logits rather than probabilities.
    ///   - labelSmoothing: moves targets this part of the way towards equal shares.
    public static func categoricalCrossentropy(
        fromLogits: Bool = false, labelSmoothing: Double = 0
    ) -> Loss {
        Loss(CategoricalCrossentropy(takesLogits: fromLogits, smoothing: labelSmoothing))
    }
}
