package import SwiftletGraph
internal import SwiftletLimits
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
    /// `[inputs, outputs]` where they do not follow from the shape as for a convolution.
    package let fans: [Int]?
    /// False for statistics and for weights of frozen layers.
    package let isTrainable: Bool
    package let regularizer: Regularizer?
    package let constraint: Constraint?
    /// Paths of weights that come before it and stand in its group once more, as Keras stores them.
    package let storedAfter: [String]
    package let traits: WeightTraits
    /// The positions of the layers that own it, outermost model first.
    package let rank: [Int]

    /// Whether an optimizer changes it.
    package var isOptimized: Bool { isTrainable && !traits.isOverwritten }

    /// The weight's own name: the last part of its path.
    package var name: String { String(path.split(separator: "/").last ?? "") }

    /// The first values, the same for the same seed.
    package func initialValue(seed: UInt64) throws -> Tensor {
        let random = CounterRandom(seed: seed, name: path)
        guard case .varianceScaling = initializer, let fans else {
            return try initializer.tensor(shape, random: random).converted(to: dtype)
        }
        return try initializer.tensor(Shape(fans), random: random).reshaped(to: shape)
            .converted(to: dtype)
    }
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
    /// Whether the weights are fed at every run: training, and measuring while training.
    package var feedsWeights: Bool { if case .placeholders = source { true } else { false } }
    /// Whether stateful layers go on from what they are fed; otherwise every run begins anew.
    private let carriesStates: Bool
    private var carriedStarts: [(path: String, value: Value)] = []

    private var declared: [WeightSpec] = []
    private var weights: [String: Value] = [:]
    /// What stands for weights that a training step changes before it uses them.
    private var replacements: [String: Value] = [:]
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

    /// Calls of layers so far: a few models within each other can amount to more than any machine
    /// runs.
    private var callCount = 0
    private var path: [String] = []
    private var group: [String] = []
    private var rank: [Int] = []
    /// Whether the layer being lowered, or one around it, is not to be trained.
    package private(set) var isFrozen = false

    /// - Parameters:
    ///   - extents: the ``measuredExtents`` that are known.
    ///   - unknownExtent: what the others are taken for.
    ///   - carriesStates: whether ``carriedStates`` are fed and taken over by the next run.
    package init(
        isTraining: Bool, weights source: WeightSource, extents: [String: Int] = [:],
        unknownExtent: Int = 1, carriesStates: Bool = false
    ) {
        self.isTraining = isTraining
        self.carriesStates = carriesStates
        self.source = source
        self.extents = extents
        self.unknownExtent = unknownExtent
    }

    /// An extent that depends on the numbers or texts that are fed, such as that of the longest
    /// text. Shapes are fixed in a graph, so the caller measures first and lowers again.
    ///
    /// - Parameters:
    ///   - value: a scalar of int64.
    ///   - assumed: what the extent is taken for until it is known.
    package mutating func extent(
        _ name: String, measuredBy value: Value, assumed: Int? = nil
    ) -> Int {
        let place = place(of: "\(name) \(measuredExtents.count)")
        measuredExtents.append((place, value))
        return extents[place] ?? assumed ?? unknownExtent
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
        regularizer: Regularizer? = nil, constraint: Constraint? = nil, fans: [Int]? = nil,
        isTrainable: Bool = true, dtype: DType = .float32, storedAfter: [String] = [],
        traits: WeightTraits = WeightTraits()
    ) throws -> Value {
        let path = place(of: name)
        let shape = try Shape(dimensions)
        if let known = replacements[path] ?? weights[path] {
            guard graph.shape(of: known) == shape else {
                throw ModelError.weight(
                    path: path, cause: "shape \(shape) needed, \(graph.shape(of: known)) in use")
            }
            return known
        }
        let value = try makeValue(path, TensorType(shape, dtype))
        weights[path] = value
        let spec = WeightSpec(
            path: path, group: group.joined(separator: "/"), shape: shape, dtype: dtype,
            initializer: initializer, fans: fans, isTrainable: isTrainable && !isFrozen,
            regularizer: regularizer, constraint: constraint, storedAfter: storedAfter,
            traits: traits, rank: rank)
        let before = declared.lastIndex { storedAfter.contains($0.path) }
        declared.insert(spec, at: before.map { $0 + 1 } ?? declared.count)
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
            // What was read in another type becomes float32 only where it is packed.
            guard tensor.dtype.isFloatingPoint, type.dtype == .float32 else {
                return try graph.constant(tensor.converted(to: type.dtype))
            }
            return try graph.cast(graph.constant(tensor), to: type.dtype)
        }
    }

    /// The value of a weight that was declared, by its path.
    package func weight(path: String) -> Value? { weights[path] }

    /// The value that the layers used for a weight, which is what its gradient is taken of.
    package func usedWeight(path: String) -> Value? { replacements[path] ?? weights[path] }

    /// Changes a weight, trained or not, before this step uses it.
    package mutating func replace(path: String, by value: Value) {
        replacements[path] = value
        states[path] = value
    }

    /// Gives a weight, by its path, its value after this step.
    package mutating func setState(path: String, to value: Value) { states[path] = value }

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

    // MARK: States that outlive a run

    /// What the layer being lowered goes on from: a state that is no weight, stands in no file and
    /// has zeros at first. A shared layer's further call goes on from the call's before; no gradient
    /// flows into what came before.
    package mutating func carriedState(_ name: String, _ dimensions: [Int]) throws -> Value {
        let type = TensorType(try Shape(dimensions))
        guard carriesStates else { return try graph.constant(Tensor(zeros: type.shape)) }
        let place = place(of: name)
        guard let known = carriedStarts.first(where: { $0.path == place }) else {
            let value = try graph.placeholder(place, type)
            carriedStarts.append((place, value))
            return value
        }
        let latest = states[place] ?? known.value
        guard graph[latest] == type else {
            throw ModelError.structure(
                "\(place): a state of \(graph.shape(of: latest)) in one call of a shared layer, of "
                    + "\(type.shape) in another")
        }
        return try graph.apply(StopGradient(), latest)
    }

    /// The states that a run takes and gives to the next one, by their places in the model.
    package var carriedStates: [(path: String, start: Value, end: Value)] {
        carriedStarts.map { ($0.path, $0.value, states[$0.path] ?? $0.value) }
    }

    /// The path of a weight of the layer being lowered.
    package func place(of name: String) -> String { (path + [name]).joined(separator: "/") }

    /// Declares the weights of a part; what else lowering it does is taken back.
    package mutating func declaringOnly(_ body: (inout Lowering) throws -> Void) rethrows {
        let before = self
        try body(&self)
        states = before.states
        penalties = before.penalties
        outputTypes = before.outputTypes
        outputs = before.outputs
        masks = before.masks
    }

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
        try within(layer, name: name, group: group) { lowering in
            let results = try lowering.withGivenMask(call) { lowering in
                let results = try lowering.lowerNaming(layer, call)
                lowering.passMasks(layer, from: call.inputs, to: results)
                return results
            }
            try lowering.penalizeActivity(layer, results)
            return results
        }
    }

    /// Lowers a part of a layer inside another one: as ``scoped(_:group:_:)``, and its weights are
    /// frozen if the inner layer is.
    package mutating func within<Result>(
        _ layer: any Layer, name: String?, group: String?,
        _ body: (inout Lowering) throws -> Result
    ) rethrows -> Result {
        let wasFrozen = isFrozen
        isFrozen = isFrozen || !layer.isTrainable
        defer { isFrozen = wasFrozen }
        return try scoped(name, group: group, body)
    }

    /// Lowers a layer of a network: as ``apply(_:name:group:to:)``, and keeps its outputs.
    mutating func applyEntry(
        _ layer: any Layer, at position: Int, name: String, group: String,
        to call: CallArguments<Value>
    ) throws -> [Value] {
        callCount += 1
        try Limits.check(.operations, callCount)
        try Limits.checkTime()
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
                place == layer.displayName, className == layer.configClassName
            {
                throw ModelError.layer(
                    place: currentPlace(layer), className: className, cause: cause)
            }
            if case .config = error {
                throw ModelError.layer(
                    place: currentPlace(layer), className: layer.configClassName,
                    cause: "\(error)")
            }
            throw error
        } catch {
            throw ModelError.layer(
                place: currentPlace(layer), className: layer.configClassName,
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

    /// Lowers a call as if the mask that it gives by the keyword `mask` had come with its input.
    private mutating func withGivenMask(
        _ call: CallArguments<Value>,
        _ body: (inout Lowering) throws -> [Value]
    ) rethrows -> [Value] {
        guard let input = call.inputs.first, let given = call.argument(.max, "mask")?.leaf,
            graph.shape(of: given).rank == 2, masks[input] != given
        else { return try body(&self) }
        let own = masks[input]
        masks[input] = given
        let results = try body(&self)
        // Where the layer took it off, it took that of the input off as well.
        if masks[input] == given, !results.contains(input) { masks[input] = own }
        return results
    }

    private mutating func passMasks(_ layer: any Layer, from inputs: [Value], to results: [Value]) {
        guard layer.supportsMasking,
            let masked = inputs.first(where: { masks[$0] != nil }), let mask = masks[masked]
        else { return }
        for result in results where masks[result] == nil { masks[result] = mask }
    }
}
