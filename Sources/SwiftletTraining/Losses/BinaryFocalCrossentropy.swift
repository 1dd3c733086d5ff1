internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Binary cross-entropy times `(1 − p of what is true)^gamma`, so that easy samples count less.
///
/// - SeeAlso: Lin et al. 2017, arXiv:1708.02002.
struct BinaryFocalCrossentropy: LossFunction {
    static let className = "BinaryFocalCrossentropy"
    static let functionName = "binary_focal_crossentropy"
    let takesLogits: Bool
    let smoothing: Double
    let axis: Int
    let balancesClasses: Bool
    let alpha: Double
    let gamma: Double

    init(config: LayerConfig) throws {
        takesLogits = try config.bool("from_logits", default: false)
        smoothing = try config.number("label_smoothing", default: 0, in: 0...1)
        axis = try config.int("axis", default: -1)
        balancesClasses = try config.bool("apply_class_balancing", default: false)
        alpha = try config.double("alpha", default: 0.25)
        gamma = try config.double("gamma", default: 2)
    }

    var config: JSONObject {
        [
            "from_logits": .bool(takesLogits), "label_smoothing": .double(smoothing),
            "axis": .int(axis), "apply_class_balancing": .bool(balancesClasses),
            "alpha": .double(alpha), "gamma": .double(gamma),
        ]
    }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        let truth = try graph.smoothed(truth, by: smoothing, share: 0.5)
        let p = takesLogits ? try graph.sigmoid(prediction) : prediction
        let entropy = try graph.binaryCrossentropy(truth, p, takesLogits: false)
        let one = try graph.constant(1)
        let miss = try graph.subtract(one, truth)
        let hit = try graph.add(
            graph.multiply(truth, p), graph.multiply(miss, graph.subtract(one, p)))
        let factor = try graph.power(
            graph.subtract(one, hit), graph.constant(Float(gamma)))
        var value = try graph.multiply(factor, entropy)
        if balancesClasses {
            let weight = try graph.add(
                graph.scale(truth, by: Float(alpha)), graph.scale(miss, by: Float(1 - alpha)))
            value = try graph.multiply(weight, value)
        }
        guard graph.shape(of: value).normalizedAxis(axis) != nil else {
            throw TrainingError.loss("axis \(axis) is not one of \(graph.shape(of: value))")
        }
        return LossValues(try graph.mean(value, axes: [axis]))
    }
}
