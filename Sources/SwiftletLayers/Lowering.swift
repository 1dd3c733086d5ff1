package import SwiftletGraph
package import SwiftletTensor

/// A weight as its layer declares it.
package struct WeightSpec: Sendable {
    /// The path in the model: layer names, then the weight's own, e.g. `encoder/dense/kernel`.
    package let path: String
    /// The object that owns it in a `.weights.h5` file, e.g. `layers/lstm/cell`; its position there
    /// is its rank among the weights of that object.
    package let group: String
    package let shape: Shape
    package let dtype: DType
    package let initializer: Initializer
    /// False for statistics and for weights of frozen layers.
    package let isTrainable: Bool
    package let regularizer: Regularizer?
    package let constraint: Constraint?
    /// The positions of the layers that own it, outermost model first.
    package let rank: [Int]

    /// The weight's own name: the last part of its path.
    package var name: String { String(path.split(separator: "/").last ?? "") }
}

/// Turns layers into operations: what ``Layer/lower(_:in:)`` works with.
public struct Lowering {
    /// Where the values of weights come from.
    package enum WeightSource {
        /// Fed at every run: training, and shape inference before there are any.
        case placeholders
        /// Fixed, so that passes may fold and pack them.
        case constants([String: Tensor])
    }

    package var graph = Graph()
    /// Whether dropout drops and batch normalisation uses the batch's own statistics.
    package let isTraining: Bool
    private let source: WeightSource

    private var declared: [WeightSpec] = []
    private var weights: [String: Value] = [:]
    private var states: [String: Value] = [:]
    /// Scalars to be added to the loss.
    package private(set) var penalties: [Value] = []
    /// The types of every layer's outputs, per call, by the layer's path.
    package private(set) var outputTypes: [String: [[TensorType]]] = [:]
    /// The outputs of every layer's calls, by the layer's path: for traces and feature extraction.
    package private(set) var outputs: [String: [[Value]]] = [:]
    private var masks: [Value: Value] = [:]
    private var counter: Value?
    private let extents: [String: Int]
    private let unknownExtent: Int
    /// The extents that follow from what is fed, by name, each with the scalar of int64 that it is.
    package private(set) var measuredExtents: [(name: String, value: Value)] = []

    private var path: [String] = []
    private var group: [String] = []
    private var rank: [Int] = []
    /// Whether the layer being lowered, or one around it, is not to be trained.
    package private(set) var isFrozen = false

    /// - Parameters:
    ///   - extents: the ``measuredExtents`` that are known.
    ///   - unknownExtent: what the others are taken for.
    package init(
        isTraining: Bool, weights source: WeightSource, extents: [String: Int] = [:],
        unknownExtent: Int = 1
    ) {
        self.isTraining = isTraining
        self.source = source
        self.extents = extents
        self.unknownExtent = unknownExtent
    }

    /// An extent that depends on the numbers or texts that are fed, such as that of the longest
    /// text. Shapes are fixed in a graph, so the caller measures first and lowers again.
    ///
    /// - Parameter value: a scalar of int64.
    package mutating func extent(_ name: String, measuredBy value: Value) -> Int {
        let place = place(of: "\(name) \(measuredExtents.count)")
        measuredExtents.append((place, value))
        return extents[place] ?? unknownExtent
    }

    // MARK: Weights

    /// The weights in the order of the layers, whatever the order of their evaluation.
    package var specs: [WeightSpec] {
        declared.enumerated()
            .sorted { a, b in
                a.element.rank == b.element.rank
                    ? a.offset < b.offset
                    : a.element.rank.lexicographicallyPrecedes(b.element.rank)
            }
            .map(\.element)
    }

    /// Declares a weight of the layer being lowered and gives its value; a shared layer's second
    /// call gets the same value.
    ///
    /// - Throws: ``ModelError/weight(path:cause:)`` if the weight is missing or has another shape.
    package mutating func weight(
        _ name: String, _ dimensions: [Int], initializer: Initializer = .zeros,
        regularizer: Regularizer? = nil, constraint: Constraint? = nil, isTrainable: Bool = true,
        dtype: DType = .float32
    ) throws -> Value {
        let path = place(of: name)
        let shape = try Shape(dimensions)
        if let known = weights[path] {
            guard graph.shape(of: known) == shape else {
                throw ModelError.weight(
                    path: path, cause: "shape \(shape) needed, \(graph.shape(of: known)) in use")
            }
            return known
        }
        let value = try makeValue(path, TensorType(shape, dtype))
        weights[path] = value
        declared.append(
            WeightSpec(
                path: path, group: group.joined(separator: "/"), shape: shape, dtype: dtype,
                initializer: initializer, isTrainable: isTrainable && !isFrozen,
                regularizer: regularizer, constraint: constraint, rank: rank))
        return value
    }

    private mutating func makeValue(_ path: String, _ type: TensorType) throws -> Value {
        switch source {
        case .placeholders: return try graph.placeholder(path, type)
        case .constants(let tensors):
            guard let tensor = tensors[path] else {
                throw ModelError.weight(path: path, cause: "is missing")
            }
            guard tensor.shape == type.shape else {
                throw ModelError.weight(
                    path: path, cause: "shape \(type.shape) expected, \(tensor.shape) found")
            }
            return try graph.constant(tensor.converted(to: type.dtype))
        }
    }

    /// The value of a weight that was declared, by its path.
    package func weight(path: String) -> Value? { weights[path] }

    /// Gives a weight that is not trained, e.g. a moving mean, its value after this step; further
    /// calls of a shared layer go on from it.
    package mutating func update(_ name: String, to value: Value) {
        states[place(of: name)] = value
    }

    /// The value that a weight has by now: after the ``update(_:to:)`` of an earlier call, if any.
    package func state(_ name: String, of value: Value) -> Value {
        states[place(of: name)] ?? value
    }

    /// New values of statistics, by path, in the order of the weights: applied after a training
    /// step.
    package var updates: [(path: String, value: Value)] {
        specs.compactMap { spec in states[spec.path].map { (spec.path, $0) } }
    }

    private func place(of name: String) -> String { (path + [name]).joined(separator: "/") }

    // MARK: Scopes

    /// Lowers a layer's inner part: weights that `body` declares get `name` before their own.
    ///
    /// - Parameter group: the objects that own the part in a `.weights.h5` file; `name` by default.
    package mutating func scoped<Result>(
        _ name: String?, group part: String?, _ body: (inout Lowering) throws -> Result
    ) rethrows -> Result {
        let (outerPath, outerGroup) = (path, group)
        if let name { path.append(name) }
        if let part { group.append(part) }
        defer { (path, group) = (outerPath, outerGroup) }
        return try body(&self)
    }

    /// Lowers a layer inside another one, e.g. in a wrapper.
    package mutating func apply(
        _ layer: any Layer, name: String?, group: String?, to call: CallArguments<Value>
    ) throws -> [Value] {
        let wasFrozen = isFrozen
        isFrozen = isFrozen || !layer.isTrainable
        defer { isFrozen = wasFrozen }
        return try scoped(name, group: group) { lowering in
            let results = try lowering.lowerNaming(layer, call)
            lowering.passMasks(layer, from: call.inputs, to: results)
            try lowering.penalizeActivity(layer, results)
            return results
        }
    }

    /// Lowers a layer of a network: as ``apply(_:name:group:to:)``, and keeps its outputs.
    mutating func applyEntry(
        _ layer: any Layer, at position: Int, name: String, group: String,
        to call: CallArguments<Value>
    ) throws -> [Value] {
        let label = graph.label
        let place = place(of: name)
        graph.label = place
        rank.append(position)
        defer {
            graph.label = label
            rank.removeLast()
        }
        let results = try apply(layer, name: name, group: group, to: call)
        outputTypes[place, default: []].append(results.map { graph[$0] })
        outputs[place, default: []].append(results)
        return results
    }

    /// Errors from below, which know only an operation, get the layer's path and class.
    private mutating func lowerNaming(
        _ layer: any Layer, _ call: CallArguments<Value>
    ) throws -> [Value] {
        do {
            return try layer.lower(call, in: &self)
        } catch let error as ModelError {
            if case .layer(let place, let className, let cause) = error,
                place == layer.displayName, className == layer.storedClassName
            {
                throw ModelError.layer(
                    place: currentPlace(layer), className: className, cause: cause)
            }
            if case .config = error {
                throw ModelError.layer(
                    place: currentPlace(layer), className: layer.storedClassName,
                    cause: "\(error)")
            }
            throw error
        } catch {
            throw ModelError.layer(
                place: currentPlace(layer), className: layer.storedClassName,
                cause: "\(error)")
        }
    }

    private func currentPlace(_ layer: any Layer) -> String {
        path.isEmpty ? layer.displayName : path.joined(separator: "/")
    }

    // MARK: Losses and random numbers

    /// Adds a scalar to the loss of training.
    package mutating func addPenalty(_ scalar: Value) { penalties.append(scalar) }

    /// Adds the penalty on a layer's outputs, per example as Keras does.
    private mutating func penalizeActivity(_ layer: any Layer, _ results: [Value]) throws {
        guard let regularizer = layer.options.activityRegularizer else { return }
        for result in results {
            let penalty = try regularizer.penalty(on: result, in: &graph)
            let batch = Float(graph.shape(of: result).first ?? 1)
            addPenalty(try graph.multiply(penalty, graph.constant(1 / max(batch, 1))))
        }
    }

    /// The number of the training step, a scalar of int64 that is fed: random operations take it so
    /// that every step draws anew.
    package mutating func stepCounter() throws -> Value {
        if let counter { return counter }
        let value = try graph.placeholder(Self.stepCounterName, TensorType(.scalar, .int64))
        counter = value
        return value
    }

    package static let stepCounterName = "training step"

    /// The step counter if any random operation asked for it.
    package var usedStepCounter: Value? { counter }

    /// A name for the random stream of the layer being lowered, equal in every process.
    package func randomStream(_ name: String) -> String { place(of: name) }

    // MARK: Masks

    /// Which time steps of `value` count: bool `[batch, time]`; nil if all do.
    package func mask(of value: Value) -> Value? { masks[value] }

    package mutating func setMask(_ mask: Value?, of value: Value) { masks[value] = mask }

    private mutating func passMasks(_ layer: any Layer, from inputs: [Value], to results: [Value]) {
        guard layer.supportsMasking,
            let masked = inputs.first(where: { masks[$0] != nil }), let mask = masks[masked]
        else { return }
        for result in results where masks[result] == nil { masks[result] = mask }
    }
}
