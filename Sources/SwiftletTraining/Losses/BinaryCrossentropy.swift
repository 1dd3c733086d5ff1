internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// `−truth · ln p − (1 − truth) · ln(1 − p)`, the mean over the last axis.
struct BinaryCrossentropy: LossFunction {
    static let className = "BinaryCrossentropy"
    static let functionName = "binary_crossentropy"
    static let aliases = ["bce"]
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
        let value = try graph.binaryCrossentropy(
            graph.smoothed(truth, by: smoothing, share: 0.5), prediction,
            takesLogits: takesLogits)
        guard graph.shape(of: value).normalizedAxis(axis) != nil else {
            throw TrainingError.loss("axis \(axis) is not one of \(graph.shape(of: value))")
        }
        return LossValues(try graph.mean(value, axes: [axis]))
    }
}

extension Graph {
    /// The cross-entropy of each number.
    mutating func binaryCrossentropy(
        _ truth: Value, _ prediction: Value, takesLogits: Bool
    ) throws -> Value {
        try expectSameShape(truth, prediction)
        let one = try constant(1)
        if let x = logits(of: prediction) ?? (takesLogits ? prediction : nil) {
            // max(x, 0) − x · truth + ln(1 + e^−|x|), with a derivative at 0 too.
            let zero = try constant(0)
            let isPositive = try compare(.greaterOrEqual, x, zero)
            let negative = try select(isPositive, negate(x), x)
            let linear = try subtract(select(isPositive, x, zero), multiply(x, truth))
            return try add(linear, unary(.log1p, exp(negative)))
        }
        let p = try unary(.clip(lowest: lossEpsilon, highest: 1 - lossEpsilon), prediction)
        let hit = try multiply(truth, log(p))
        let miss = try multiply(subtract(one, truth), log(subtract(one, p)))
        return try negate(add(hit, miss))
    }
}

extension Loss {
    /// For independent probabilities of yes or no.
    public static let binaryCrossentropy = binaryCrossentropy()

    /// - Parameters:
    ///   - fromLogits: whether predictions are logits rather than probabilities.
    ///   - labelSmoothing: moves targets this part of the way towards ½.
    public static func binaryCrossentropy(
        fromLogits: Bool = false, labelSmoothing: Double = 0
    ) -> Loss {
        Loss(BinaryCrossentropy(takesLogits: fromLogits, smoothing: labelSmoothing))
    }
}
