internal import SwiftletGraph
public import SwiftletLayers
public import SwiftletTensor

extension Predictor {
    /// What every layer gives for the inputs, in the order in which the layers are computed.
    ///
    /// The names are the layers' paths, e.g. `encoder/dense`; the further outputs of a layer are
    /// `lstm/output_1` …, those of further calls of a shared one `dense/call_1` ….
    ///
    /// - Throws: ``ModelError/input(name:cause:)`` if the inputs do not fit the model.
    public func trace(_ inputs: [Tensor]) throws -> [(name: String, tensor: Tensor)] {
        let inputs = try checked(inputs)
        var lowering = Lowering(isTraining: false, weights: .constants(model.tensors))
        let names = model.inputNames
        let placeholders = try zip(names, inputs).map { name, tensor in
            try lowering.graph.placeholder(name, TensorType(tensor.shape, tensor.dtype))
        }
        _ = try model.network.lower(CallArguments(list: placeholders), in: &lowering)
        var named = zip(names, placeholders).map { (name: $0, value: $1) }
        for (path, calls) in lowering.outputs {
            for (call, outputs) in calls.enumerated() {
                for (output, value) in outputs.enumerated() {
                    let suffix =
                        (call == 0 ? "" : "/call_\(call)")
                        + (output == 0 ? "" : "/output_\(output)")
                    named.append((path + suffix, value))
                }
            }
        }
        named.sort { a, b in
            (a.value.node, a.value.output, a.name) < (b.value.node, b.value.output, b.name)
        }
        // A layer that passes its input on shares its value.
        var positions: [Value: Int] = [:]
        var values: [Value] = []
        for (_, value) in named where positions[value] == nil {
            positions[value] = values.count
            values.append(value)
        }
        let program = try Program(
            lowering.graph, inputs: placeholders, outputs: values, threads: workers.count)
        let results = try program.run(inputs, workers: workers)
        return named.compactMap { name, value in
            positions[value].map { (name: name, tensor: results[$0]) }
        }
    }

    /// How far the model's outputs are from those that are known.
    ///
    /// - Throws: ``ModelError`` if the inputs do not fit the model or there are other outputs.
    package func differences(from golden: Golden) throws -> [TensorDifference] {
        let outputs = try predict(golden.inputs)
        guard outputs.count == golden.outputs.count else {
            throw ModelError.structure(
                "\(golden.outputs.count) outputs expected, the model has \(outputs.count)")
        }
        return zip(outputs, golden.outputs).map { TensorDifference($0, $1) }
    }

    /// Whether the model still answers as it is known to; see ``Model/golden``.
    public func agrees(with golden: Golden) throws -> Bool {
        try differences(from: golden).allSatisfy { $0.isWithin(golden.tolerance) }
    }
}
