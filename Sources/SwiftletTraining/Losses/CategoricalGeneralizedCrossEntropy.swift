internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// `(1 − p[truth]^q) / q` for class numbers: from cross-entropy (`q` near 0) to the absolute error
/// (near 1), which wrong labels do not lead astray.
///
/// - SeeAlso: Zhang & Sabuncu 2018, arXiv:1805.07836.
struct CategoricalGeneralizedCrossEntropy: LossFunction {
    static let className = "CategoricalGeneralizedCrossEntropy"
    static let functionName = "categorical_generalized_cross_entropy"
    let q: Double
    var takesClassNumbers: Bool { true }

    init(q: Double) { self.q = q }

    init(config: LayerConfig) throws {
        q = try config.double("q", default: 0.5)
        guard q > 0, q < 1 else {
            throw ModelError.config(key: "q", cause: "\(q) is not between 0 and 1")
        }
    }

    var config: JSONObject { ["q": .double(q)] }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        let shape = graph.shape(of: prediction)
        let positions = Array(shape.dimensions.dropLast())
        // Keras multiplies a column of classes with all rows of predictions by mistake; refused.
        guard let classes = shape.last, graph.shape(of: truth).dimensions == positions else {
            throw TrainingError.loss(
                "class numbers of shape \(positions) expected, \(graph.shape(of: truth)) found")
        }
        let numbers = try graph.constant(Tensor((0..<classes).map { Float($0) }))
        let isTrue = try graph.compare(
            .equal, graph.reshape(truth, to: positions + [1]), numbers)
        let p = try graph.sum(
            graph.multiply(prediction, graph.indicator(isTrue)), axes: [-1])
        let power = try graph.power(p, graph.constant(Float(q)))
        return LossValues(
            try graph.scale(graph.subtract(graph.constant(1), power), by: Float(1 / q)))
    }
}

extension Loss {
    /// For class numbers of which some may be wrong; `q` lies between 0 and 1.
    ///
    /// - Precondition: `0 < q < 1`.
    public static func categoricalGeneralizedCrossEntropy(q: Double = 0.5) -> Loss {
        precondition(q > 0 && q < 1)
        return Loss(CategoricalGeneralizedCrossEntropy(q: q))
    }
}
