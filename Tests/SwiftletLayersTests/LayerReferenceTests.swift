import SwiftletFiles
import SwiftletGraph
import SwiftletLayers
import SwiftletTensor
import Testing

/// Every layer against what Keras computed: outputs, gradients, masks, weights, configuration.
@Suite struct LayerReferenceTests {
    static let cases = [
        "activations", "attention", "augmentation", "categories", "cells", "conv", "conv_lstm",
        "core", "embedding", "images", "merging", "normalization", "pooling", "preprocessing",
        "quantized", "recurrent", "reshaping", "spectrograms", "text", "wrappers",
    ].flatMap(LayerReference.family)

    @Test(arguments: cases) func outputs(_ reference: LayerReference) throws {
        let lowered = try Lowered(reference, isTraining: false)
        let program = try Program(
            lowered.graph, inputs: lowered.inputs + lowered.weights, outputs: lowered.outputs)
        let results = try program.run(lowered.feeds)
        try compare(results, reference.tensors("outputs"), reference.tolerance, "output")
        let masks = try reference.tensors("output_masks")
        for (position, mask) in masks.enumerated() {
            let value = lowered.lowering.mask(of: lowered.outputs[position])
            guard let mask else { continue }
            let found = try Program(
                lowered.graph, inputs: lowered.inputs + lowered.weights,
                outputs: [#require(value)]
            ).run(lowered.feeds)
            #expect(found[0].isIdentical(to: mask), "mask of output \(position)")
        }
    }

    @Test(arguments: cases) func gradients(_ reference: LayerReference) throws {
        var lowered = try Lowered(reference, isTraining: false)
        try lowered.checkGradients(reference.json, reference)
    }

    @Test(arguments: cases.filter { $0.json["training"] != nil })
    func training(_ reference: LayerReference) throws {
        let json = try #require(reference.json["training"])
        var lowered = try Lowered(reference, isTraining: true)
        try lowered.checkGradients(json, reference)
        // The number of the step, where chance plays a part.
        let counter = [lowered.lowering.usedStepCounter].compactMap(\.self)
        let program = try Program(
            lowered.graph, inputs: lowered.inputs + lowered.weights + counter,
            outputs: lowered.outputs + lowered.lowering.updates.map(\.value))
        let step = try counter.map { _ in try Tensor(scalar: 1 as Int64) }
        let results = try program.run(lowered.feeds + step)
        try compare(
            Array(results.prefix(lowered.outputs.count)), reference.tensors("outputs", in: json),
            reference.tolerance, "output")
        let after = try reference.tensors("weights_after", in: json)
        let paths = lowered.lowering.specs.map(\.path)
        for (update, result) in zip(
            lowered.lowering.updates, results.dropFirst(lowered.outputs.count))
        {
            let position = try #require(paths.firstIndex(of: update.path))
            try compare([result], [after[position]], reference.tolerance, update.path)
        }
    }

    /// Reading the configuration and writing it gives one that means the same.
    @Test(arguments: cases) func configuration(_ reference: LayerReference) throws {
        let layer = try reference.layer()
        let once = layer.serialized()
        let again = try LayerRegistry.standard.layer(from: once).serialized()
        #expect(once == again)
        let lowered = try Lowered(reference, isTraining: false)
        let copy = try Lowered(
            reference, layer: LayerRegistry.standard.layer(from: once), isTraining: false)
        func run(_ lowered: Lowered) throws -> [Tensor] {
            try Program(
                lowered.graph, inputs: lowered.inputs + lowered.weights, outputs: lowered.outputs
            ).run(lowered.feeds)
        }
        for (a, b) in try zip(run(lowered), run(copy)) { #expect(a.isIdentical(to: b)) }
        // What Keras wrote stays as it was, key by key, where this house writes the key.
        let theirs = reference.json["config"]?.object ?? [:]
        for (key, value) in layer.config {
            guard let original = theirs[key], original.object == nil else { continue }
            #expect(original == value || same(original, value), "\(key)")
        }
    }

    /// Numbers are equal whatever their type; lists of one and single numbers too.
    private func same(_ a: JSON, _ b: JSON) -> Bool {
        if let x = a.double, let y = b.double { return abs(x - y) <= 1e-7 * max(1, abs(x)) }
        if let x = a.array, x.count == 1, b.array == nil { return same(x[0], b) }
        if let y = b.array, y.count == 1, a.array == nil { return same(a, y[0]) }
        if let x = a.array, let y = b.array {
            return x.count == y.count && zip(x, y).allSatisfy { same($0, $1) }
        }
        return a == b || a.object != nil || b.object != nil
    }
}

extension LayerReference {
    func layer() throws -> any Layer {
        try LayerRegistry.standard.layer(from: [
            "class_name": #require(json["class_name"]), "config": #require(json["config"]),
        ])
    }
}

/// A reference's layer in a graph of its own.
struct Lowered {
    var lowering: Lowering
    let inputs: [Value]
    let weights: [Value]
    let outputs: [Value]
    let feeds: [Tensor]
    var graph: Graph { lowering.graph }

    /// Extents that follow from the inputs are measured, one after the other.
    init(
        _ reference: LayerReference, layer: (any Layer)? = nil, isTraining: Bool
    ) throws {
        let layer = try layer ?? reference.layer()
        var extents: [String: Int] = [:]
        var found = try Lowered(reference, layer, isTraining: isTraining, extents)
        while let next = found.lowering.measuredExtents.first(where: { extents[$0.name] == nil }) {
            let program = try Program(
                found.graph, inputs: found.inputs + found.weights, outputs: [next.value])
            extents[next.name] = Int(try program.run(found.feeds)[0].elements(of: Int64.self)[0])
            found = try Lowered(reference, layer, isTraining: isTraining, extents)
        }
        self = found
    }

    private init(
        _ reference: LayerReference, _ layer: any Layer, isTraining: Bool,
        _ extents: [String: Int]
    ) throws {
        var lowering = Lowering(
            isTraining: isTraining, weights: .placeholders, extents: extents)
        let tensors = try reference.tensors("inputs").map { try #require($0) }
        inputs = try tensors.enumerated().map {
            try lowering.graph.placeholder("x\($0)", TensorType($1.shape, $1.dtype))
        }
        for (input, mask) in zip(inputs, try reference.tensors("masks")) {
            guard let mask else { continue }
            lowering.setMask(try lowering.graph.constant(mask), of: input)
        }
        outputs = try lowering.apply(
            layer, name: "layer", group: "layer", to: Self.call(reference, inputs))
        let stored = try reference.weights
        let specs = lowering.specs
        #expect(specs.map(\.shape) == stored.map(\.value.shape))
        #expect(specs.map(\.isTrainable) == stored.map(\.isTrainable))
        weights = try specs.map { try #require(lowering.weight(path: $0.path)) }
        feeds = try tensors + zip(stored, specs).map { try $0.value.converted(to: $1.dtype) }
        self.lowering = lowering
    }

    private static func call(
        _ reference: LayerReference, _ inputs: [Value]
    ) -> CallArguments<Value> {
        guard var named = reference.json["call"]?.object else {
            return inputs.count == 1 ? CallArguments(inputs[0]) : CallArguments(list: inputs)
        }
        let separate = named["separate"]?.int ?? 1
        named["separate"] = nil
        func argument(_ json: JSON) -> Structure<Value> {
            if let position = json.int { return .leaf(inputs[position]) }
            return json.array.map { .list($0.map(argument)) } ?? .literal(json)
        }
        let arguments = named.map { (key: $0.key, value: argument($0.value)) }
        let used = arguments.flatMap(\.value.leaves)
        let rest = inputs.filter { !used.contains($0) }
        return CallArguments(
            separate == 0
                ? [.list(rest.map { .leaf($0) })]
                : inputs[..<separate].map { .leaf($0) }, named: arguments)
    }

    mutating func checkGradients(_ json: JSON, _ reference: LayerReference) throws {
        let cotangents = try reference.tensors("cotangents")
        let seeds = try zip(outputs, cotangents).map { output, cotangent in
            (value: output, seed: try lowering.graph.constant(#require(cotangent)))
        }
        let expectations =
            try reference.tensors("input_gradients", in: json)
            + reference.tensors("weight_gradients", in: json)
        // What the layer used, where a training step changes a weight first.
        let used = try lowering.specs.map { try #require(lowering.usedWeight(path: $0.path)) }
        let targets = zip(inputs + used, expectations).filter { $0.1 != nil }
        guard !targets.isEmpty else { return }
        let gradients = try lowering.graph.gradients(
            of: seeds, withRespectTo: targets.map(\.0))
        let zero = try targets.map { _, expected in try #require(expected) }
        let found = try gradients.enumerated().map { position, gradient in
            try gradient
                ?? lowering.graph.constant(Tensor(zeros: zero[position].shape))
        }
        let program = try Program(graph, inputs: inputs + weights, outputs: found)
        try compare(
            program.run(feeds), targets.map(\.1), 10 * reference.tolerance, "gradient")
    }
}

func compare(
    _ found: [Tensor], _ expected: [Tensor?], _ tolerance: Double, _ what: String
) throws {
    #expect(found.count == expected.count, "number of \(what)s")
    for (position, (found, expected)) in zip(found, expected).enumerated() {
        guard let expected else { continue }
        #expect(found.shape == expected.shape, "\(what) \(position)")
        guard found.shape == expected.shape else { continue }
        if let texts = expected.strings {
            #expect(found.strings == texts, "\(what) \(position)")
            continue
        }
        let (a, b) = try (found.doubles(), expected.doubles())
        let scale = max(1, b.map(abs).filter(\.isFinite).max() ?? 1)
        let worst = zip(a, b).enumerated().first { _, pair in
            !(abs(pair.0 - pair.1) <= tolerance * scale)
                && !(pair.0.isNaN && pair.1.isNaN) && pair.0 != pair.1
        }
        if let worst {
            Issue.record(
                "\(what) \(position) at \(worst.offset): \(worst.element.1) expected, \(worst.element.0) found"
            )
        }
    }
}
