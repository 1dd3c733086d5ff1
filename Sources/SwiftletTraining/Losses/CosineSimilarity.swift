internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// The negative cosine of the angle between truth and prediction along an axis.
struct CosineSimilarity: LossFunction {
    static let className = "CosineSimilarity"
    static let functionName = "cosine_similarity"
    let axis: Int

    init(axis: Int) { self.axis = axis }

    init(config: LayerConfig) throws { axis = try config.int("axis", default: -1) }

    /// Keras writes the loss without its axis and so loses it; a file that has it is read.
    var config: JSONObject { axis == -1 ? [:] : ["axis": .int(axis)] }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        try graph.expectSameShape(truth, prediction)
        guard graph.shape(of: truth).normalizedAxis(axis) != nil else {
            throw TrainingError.loss("axis \(axis) is not one of \(graph.shape(of: truth))")
        }
        let product = try graph.multiply(
            graph.normalized(truth, axis: axis), graph.normalized(prediction, axis: axis))
        return LossValues(try graph.negate(graph.sum(product, axes: [axis])))
    }
}

extension Graph {
    /// `x` over its Euclidean norm along an axis; the zero vector stays.
    mutating func normalized(_ x: Value, axis: Int) throws -> Value {
        let squares = try sum(square(x), axes: [axis], keepsDimensions: true)
        let inverse = try minimum(
            unary(.reciprocalSquareRoot, squares), constant(1 / lossEpsilon))
        return try multiply(x, inverse)
    }
}

extension Loss {
    /// The negative cosine of the angle between truth and prediction.
    public static let cosineSimilarity = cosineSimilarity(axis: -1)

    public static func cosineSimilarity(axis: Int) -> Loss { Loss(CosineSimilarity(axis: axis)) }
}
