public import SwiftletFiles
internal import SwiftletGraph
public import SwiftletTensor

/// A network with its weights: what is trained, saved, loaded and run.
///
/// A value: a copy can be trained without changing the original.
public struct Model: Sendable {
    package var network: Network
    /// The weights by path, e.g. `conv2d/kernel`; empty until ``initialize(seed:)``.
    package var tensors: [String: Tensor] = [:] {
        didSet { golden = nil }
    }
    /// Where stateful layers go on from, by the places of their states; what is missing is zeros.
    package var states: [String: Tensor] = [:]
    /// How the model was compiled for training and the optimizer's state, if any.
    package var compilation: Compilation?
    /// What else a file says about the model: what `metadata.json` of a `.keras` file holds beside
    /// Keras's own keys, or the attributes of an `.h5` file. Kept when the model is saved.
    public var metadata: JSONObject = [:]
    /// What the model answers to certain inputs; forgotten when a weight changes.
    public var golden: Golden?

    package init(network: Network) {
        self.network = network
    }

    /// A model of named inputs and outputs; see ``Symbol`` for an example.
    ///
    /// - Throws: ``ModelError/structure(_:)`` if the outputs do not follow from the inputs.
    public init(
        inputs: [Input], outputs: [any SymbolConvertible], name: String? = nil
    ) throws {
        network = try Network.functional(
            inputs: inputs, outputs: outputs.map(\.symbol), name: name)
    }

    /// A chain of layers that begins with its ``Input``.
    public init(name: String? = nil, _ layers: [any Layer]) throws {
        network = try Network.sequential(layers, name: name)
    }

    public var name: String { network.displayName }

    /// The names of the model's inputs, in order.
    public var inputNames: [String] { network.inputEntries.map(\.name) }

    /// The names of the model's outputs, in order: those of the layers that give them.
    public var outputNames: [String] {
        network.outputs.leaves.map { network.entries[$0.layer].name }
    }

    /// The names of those inputs that take strings.
    public var textInputNames: Set<String> {
        Set(
            network.inputEntries.filter { ($0.layer as? Input)?.dtype == .string }.map(\.name))
    }

    /// The shapes of the model's inputs without the batch, in order; nil for an extent that varies.
    public var inputShapes: [[Int?]] {
        network.inputEntries.map { ($0.layer as? Input)?.shape ?? [] }
    }

    /// The names of the model's weights, layer by layer, e.g. `conv2d/kernel`.
    ///
    /// - Throws: ``ModelError`` if the layers do not fit together.
    public func weightNames() throws -> [String] { try network.shapes().weights.map(\.path) }

    /// The weight at a path, e.g. `conv2d/kernel`; nil if there is none (yet).
    public subscript(weight path: String) -> Tensor? { tensors[path] }

    /// Changes a weight.
    ///
    /// - Throws: ``ModelError/weight(path:cause:)`` if there is none at `path` or it has another
    ///   shape.
    public mutating func setWeight(_ path: String, to tensor: Tensor) throws {
        guard let spec = try network.shapes().weights.first(where: { $0.path == path }) else {
            throw ModelError.weight(path: path, cause: "is not in the model")
        }
        guard spec.shape == tensor.shape else {
            throw ModelError.weight(
                path: path, cause: "shape \(spec.shape) expected, \(tensor.shape) found")
        }
        tensors[path] = try tensor.converted(to: spec.dtype)
    }

    /// Lets stateful recurrent layers begin with zeros again.
    ///
    /// Training goes on from the states of the training before, as in Keras, and leaves its own;
    /// `evaluate` begins from there. Files hold no states, and predictions begin anew.
    public mutating func resetStates() { states = [:] }

    /// Gives the weights that have no values yet their first ones.
    ///
    /// - Parameter seed: decides all random values, bit for bit, on every machine.
    /// - Throws: ``ModelError`` if the layers do not fit together.
    public mutating func initialize(seed: UInt64 = 0) throws {
        for spec in try network.shapes().weights where tensors[spec.path] == nil {
            tensors[spec.path] = try spec.initialValue(seed: seed)
        }
    }
}

/// What a compiled Keras model carries beside its weights.
package struct Compilation: Sendable {
    /// Keras 3's `compile_config`: optimizer, loss, metrics, loss weights.
    package var config: JSONObject
    /// The optimizer's variables in Keras 3's order, which is what counts; names are for people.
    ///
    /// `iteration` (int64), `learning_rate` (float32, absent where it follows a schedule), then
    /// `<weight path>/average` and `<weight path>/gradient_accumulator` of every trained weight
    /// where these options are on, then the rule's slots, group by group and weight by weight:
    /// `dense/kernel/momentum`, `dense/kernel/velocity`, `dense/bias/momentum`, …
    package var optimizerState: [(name: String, value: Tensor)]

    package init(config: JSONObject, optimizerState: [(name: String, value: Tensor)] = []) {
        self.config = config
        self.optimizerState = optimizerState
    }
}
