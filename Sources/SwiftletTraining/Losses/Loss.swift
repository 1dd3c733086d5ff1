public import SwiftletFiles
package import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// What training makes small: a function of targets and predictions, averaged over the samples.
public struct Loss: Sendable {
    /// How the losses of the samples become one number.
    public enum Reduction: String, Sendable, CaseIterable {
        case sum
        /// Divided by the number of values, whatever their weights.
        case sumOverBatchSize = "sum_over_batch_size"
        case mean
        /// Divided by the sum of the weights.
        case meanWithSampleWeight = "mean_with_sample_weight"
        case none
    }

    let function: any LossFunction
    public var reduction: Reduction

    init(_ function: any LossFunction, reduction: Reduction = .sumOverBatchSize) {
        (self.function, self.reduction) = (function, reduction)
    }

    static let functions: [any LossFunction.Type] = [
        MeanSquaredError.self, MeanAbsoluteError.self, MeanAbsolutePercentageError.self,
        MeanSquaredLogarithmicError.self, Huber.self, LogCosh.self, CosineSimilarity.self,
        Poisson.self, KLDivergence.self, Hinge.self, SquaredHinge.self, CategoricalHinge.self,
        BinaryCrossentropy.self, CategoricalCrossentropy.self, SparseCategoricalCrossentropy.self,
        BinaryFocalCrossentropy.self, CategoricalFocalCrossentropy.self, Dice.self, Tversky.self,
        CategoricalGeneralizedCrossEntropy.self, Circle.self, CTCLoss.self,
        AutomaticCrossentropy.self,
    ]

    /// Keras's names of all losses, e.g. `mean_squared_error`.
    public static var names: [String] { functions.map { $0.functionName } }

    /// The loss of that name or short name with Keras's default options.
    ///
    /// - Throws: ``TrainingError/unknown(kind:name:suggestion:)``.
    public init(named name: String) throws { try self.init(json: .string(name)) }

    /// The loss of that Keras class with Keras's options.
    ///
    /// - Throws: ``TrainingError`` naming what is unknown or out of its range.
    public init(named className: String, options: JSONObject) throws {
        try self.init(json: ["class_name": .string(className), "config": .object(options)])
    }

    /// Reads a name, a serialized loss or a serialized function.
    package init(json: JSON) throws {
        let object = try KerasObject(json, kind: "loss")
        guard let type = Self.type(named: object.name) else {
            throw object.unknown(among: Self.allNames)
        }
        self = try object.reading { config in
            // Python's None is "none" too.
            let reduction: Reduction =
                config.json["reduction"].map(\.isNull) == true
                ? .none : try config.choice("reduction", default: .sumOverBatchSize)
            return Loss(try type.init(config: config), reduction: reduction)
        }
    }

    /// All names that a loss may be given by.
    static var allNames: [String] {
        functions.flatMap { [$0.functionName, $0.className] + $0.aliases }
    }

    static func type(named name: String) -> (any LossFunction.Type)? {
        functions.first { type in
            name == type.className || name == type.functionName
                || type.aliases.contains { $0 == name || $0.uppercased() == name }
        }
    }

    /// The Keras function's name.
    public var name: String { Swift.type(of: function).functionName }

    /// A name where the options are the usual ones, else the object that Keras 3 writes.
    package var json: JSON {
        let type = Swift.type(of: function)
        let usual = try? Loss(named: type.functionName)
        if usual?.function.config == function.config, reduction == .sumOverBatchSize {
            return .string(type.functionName)
        }
        return object
    }

    /// The object that Keras 3 writes.
    package var object: JSON {
        let type = Swift.type(of: function)
        var config: JSONObject = [
            "name": .string(type.defaultName),
            "reduction": .string(reduction.rawValue),
        ]
        for (key, value) in function.config { config[key] = value }
        return kerasObject(
            module: "keras.losses", className: type.className, config: .object(config))
    }

    // MARK: The graph

    /// Adds the loss to `graph`.
    ///
    /// - Parameters:
    ///   - truth: float32.
    ///   - weights: float32, one per sample or one per value; nil if all count alike.
    ///   - mask: bool, the positions of the prediction that count; nil if all do.
    /// - Returns: a scalar, or all values if there is no reduction.
    package func value(
        _ truth: Value, _ prediction: Value, weights: Value? = nil, mask: Value? = nil,
        in graph: inout Graph
    ) throws -> Value {
        let (truth, prediction) = try graph.alignRanks(truth, prediction)
        let result = try function.values(truth, prediction, in: &graph)
        var values = result.values
        var weight = weights
        let mask: Value? =
            switch (mask, result.mask) {
            case (let a?, let b?): try graph.logicalAnd(a, b)
            case (let a, let b): a ?? b
            }
        if let mask {
            let share = try maskWeights(mask, in: &graph)
            weight =
                try weight.map {
                    let (a, b) = try graph.alignWeights(share, $0)
                    return try graph.multiply(a, b)
                } ?? share
        }
        if let given = weight {
            let (aligned, share) = try graph.alignWeights(values, given)
            (values, weight) = (try graph.multiply(aligned, share), share)
        }
        return try reduced(values, weight, in: &graph)
    }

    /// 1 for what counts and 0 for the rest; where a mean is taken, scaled so that it is the mean of
    /// what counts.
    private func maskWeights(_ mask: Value, in graph: inout Graph) throws -> Value {
        let ones = try graph.indicator(mask)
        guard reduction == .mean || reduction == .sumOverBatchSize else { return ones }
        let shape = graph.shape(of: mask)
        let valid = try graph.sum(ones, axes: Array(0..<shape.rank))
        // Where nothing counts, the factor does not matter: all is multiplied by 0.
        let share = try graph.divide(
            graph.constant(Float(shape.elementCount)), graph.maximum(valid, graph.constant(1)))
        return try graph.multiply(ones, share)
    }

    private func reduced(
        _ values: Value, _ weight: Value?, in graph: inout Graph
    ) throws -> Value {
        let shape = graph.shape(of: values)
        guard reduction != .none, shape.rank > 0 else { return values }
        let sum = try graph.sum(values, axes: Array(0..<shape.rank))
        switch reduction {
        case .sum, .none: return sum
        case .meanWithSampleWeight:
            if let weight {
                let axes = Array(0..<graph.shape(of: weight).rank)
                let total = try graph.sum(weight, axes: axes)
                let zero = try graph.constant(0)
                let isZero = try graph.compare(.equal, total, zero)
                let safe = try graph.select(isZero, graph.constant(1), total)
                return try graph.select(isZero, zero, graph.divide(sum, safe))
            }
            fallthrough
        case .mean, .sumOverBatchSize:
            return try graph.divide(sum, graph.constant(Float(max(shape.elementCount, 1))))
        }
    }
}

extension Graph {
    /// Brings weights to the rank of what they weigh: one per sample counts for all its positions.
    mutating func alignWeights(_ values: Value, _ weights: Value) throws -> (Value, Value) {
        var (values, weights) = try alignRanks(values, weights)
        let (shape, given) = (self.shape(of: values), self.shape(of: weights))
        if given.rank < shape.rank, given.rank > 0 {
            let ones = [Int](repeating: 1, count: shape.rank - given.rank)
            weights = try reshape(weights, to: given.dimensions + ones)
        }
        guard shape.broadcast(with: self.shape(of: weights)) != nil else {
            throw TrainingError.loss(
                "sample weights of shape \(given) do not fit losses of shape \(shape)")
        }
        return (values, weights)
    }
}
