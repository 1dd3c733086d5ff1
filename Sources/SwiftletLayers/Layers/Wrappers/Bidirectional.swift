public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// A recurrent layer run from both ends of the sequence, the two outputs merged.
public struct Bidirectional: Layer {
    /// How the two outputs become one.
    public enum Merge: String, Sendable, CaseIterable {
        case concatenate = "concat"
        case sum
        case multiply = "mul"
        case average = "ave"
    }

    public static let className = "Bidirectional"
    public var options: LayerOptions
    private let forward: any RecurrentLayer
    private let backward: any RecurrentLayer
    /// Nil gives both outputs.
    public let merge: Merge?

    /// - Parameter backward: the layer for the other direction; a copy of `layer` by default.
    public init(
        _ layer: any RecurrentLayer, backward: (any RecurrentLayer)? = nil,
        merge: Merge? = .concatenate, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        forward = layer
        self.backward = backward ?? layer.reversed
        self.merge = merge
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        func recurrent(_ key: String) throws -> any RecurrentLayer {
            guard let layer = try config.layer(key) as? any RecurrentLayer else {
                throw ModelError.config(key: key, cause: "a recurrent layer expected")
            }
            return layer
        }
        forward = try recurrent("layer")
        backward =
            config.value("backward_layer") == nil
            ? forward.reversed : try recurrent("backward_layer")
        // A null merge mode is a choice, a missing one is the default.
        merge =
            config.json["merge_mode"].map(\.isNull) == true
            ? nil : try config.choice("merge_mode", default: .concatenate)
    }

    public var config: JSONObject {
        [
            "merge_mode": merge.map { .string($0.rawValue) } ?? .null,
            "layer": forward.serialized(), "backward_layer": backward.serialized(),
        ]
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard let x = call.inputs.first else { throw refusal("a sequence expected") }
        let states = call.inputs.dropFirst() + (call.argument(1, "initial_state")?.leaves ?? [])
        let half = states.count / 2
        let mask = call.argument(2, "mask")
        func run(
            _ layer: any RecurrentLayer, _ name: String, _ states: some Sequence<Value>
        ) throws -> [Value] {
            var inner = CallArguments(x)
            let given = Array(states)
            if !given.isEmpty {
                inner.named.append(("initial_state", .list(given.map { .leaf($0) })))
            }
            if let mask { inner.named.append(("mask", mask)) }
            return try lowering.apply(
                layer, name: name, group: "\(name)_layer", to: inner)
        }
        let there = try run(forward, "forward", states.prefix(half))
        let back = try run(backward, "backward", states.dropFirst(half))
        var last = back[0]
        if backward.returnsSequences {
            last = try lowering.graph.reverse(last, axes: [1])
        }
        var outputs = try merged(there[0], last, in: &lowering.graph)
        if forward.returnsSequences {
            let mask = lowering.mask(of: there[0])
            for output in outputs { lowering.setMask(mask, of: output) }
        }
        if forward.returnsState { outputs += there.dropFirst() + back.dropFirst() }
        return outputs
    }

    private func merged(_ a: Value, _ b: Value, in graph: inout Graph) throws -> [Value] {
        switch merge {
        case nil: [a, b]
        case .concatenate: [try graph.concatenate([a, b], axis: graph.shape(of: a).rank - 1)]
        case .sum: [try graph.add(a, b)]
        case .multiply: [try graph.multiply(a, b)]
        case .average: [try graph.multiply(graph.add(a, b), graph.constant(0.5))]
        }
    }
}
