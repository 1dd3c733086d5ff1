internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// `−ln p[truth]` along the last axis, for class numbers from 0.
struct SparseCategoricalCrossentropy: LossFunction {
    static let className = "SparseCategoricalCrossentropy"
    static let functionName = "sparse_categorical_crossentropy"
    let takesLogits: Bool
    /// The class number that does not count.
    let ignoredClass: Int?
    var takesClassNumbers: Bool { true }

    init(takesLogits: Bool, ignoredClass: Int?) {
        (self.takesLogits, self.ignoredClass) = (takesLogits, ignoredClass)
    }

    init(config: LayerConfig) throws {
        takesLogits = try config.bool("from_logits", default: false)
        ignoredClass = try config.optionalInt("ignore_class")
        let axis = try config.int("axis", default: -1)
        guard axis == -1 else {
            throw ModelError.config(key: "axis", cause: "\(axis), only -1 is possible")
        }
    }

    var config: JSONObject {
        ["from_logits": .bool(takesLogits), "ignore_class": ignoredClass.json]
    }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        let shape = graph.shape(of: prediction)
        let positions = shape.dimensions.dropLast()
        let given = graph.shape(of: truth)
        guard let classes = shape.last,
            given.dimensions == Array(positions) || given.dimensions == positions + [1]
        else {
            throw TrainingError.loss(
                "class numbers of shape \(given) do not fit predictions of shape \(shape)")
        }
        // Keras takes softmax's logits only as they are, so an ignored class hides them.
        let isHidden = ignoredClass != nil
        let logarithms: Value
        if let x = (isHidden ? nil : graph.logits(of: prediction))
            ?? (takesLogits ? prediction : nil)
        {
            logarithms = try graph.logSoftmax(x)
        } else {
            let clip = UnaryFunction.clip(lowest: lossEpsilon, highest: 1 - lossEpsilon)
            logarithms = try graph.logSoftmax(graph.log(graph.unary(clip, prediction)))
        }
        let column = try graph.reshape(truth, to: positions + [1])
        let numbers = try graph.constant(Tensor((0..<classes).map { Float($0) }))
        let isTrue = try graph.compare(.equal, column, numbers)
        let zero = try graph.constant(0)
        let value = try graph.negate(
            graph.sum(graph.select(isTrue, logarithms, zero), axes: [-1]))
        guard let ignoredClass else { return LossValues(value) }
        let labels = try graph.reshape(truth, to: Array(positions))
        let counts = try graph.compare(.notEqual, labels, graph.constant(Float(ignoredClass)))
        return LossValues(try graph.select(counts, value, zero), mask: counts)
    }
}

extension Loss {
    /// For class numbers from 0.
    public static let sparseCategoricalCrossentropy = sparseCategoricalCrossentropy()

    /// - Parameters:
    ///   - fromLogits: whether predictions are logits rather than probabilities.
    ///   - ignoredClass: a class number whose samples do not count.
    public static func sparseCategoricalCrossentropy(
        fromLogits: Bool = false, ignoredClass: Int? = nil
    ) -> Loss {
        Loss(SparseCategoricalCrossentropy(takesLogits: fromLogits, ignoredClass: ignoredClass))
    }
}
