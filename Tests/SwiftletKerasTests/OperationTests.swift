import SwiftletData
import SwiftletFiles
import SwiftletGraph
import SwiftletKeras
import SwiftletLayers
import SwiftletTensor
import TestSupport
import Testing

/// One case of `fixtures/operations/*`: a model of both Kerases with operations between its layers.
struct OperationReference: Sendable, CustomTestStringConvertible {
    let name: String
    let json: JSON
    private let values: Tensor

    var testDescription: String { name }

    /// The arrays under `key`, in the element types that `types` names.
    func tensors(_ key: String, types: String? = nil) throws -> [Tensor?] {
        try (json[key]?.array ?? []).enumerated().map { position, place in
            guard !place.isNull else { return nil }
            let at = try #require(place["at"]?.int)
            let shape = try Shape((place["shape"]?.array ?? []).compactMap(\.int))
            let elements = try values.withElements(of: Float.self) {
                Array($0[at..<at + shape.elementCount])
            }
            let name = types.flatMap { json[$0]?[position]?.string } ?? "float32"
            return try Tensor(elements, shape: shape)
                .converted(to: #require(DType(rawValue: name)))
        }
    }

    /// The model, read as from a file.
    func network() throws -> Network {
        let era: KerasEra = json["era"] == 2 ? .keras2 : .keras3
        let canonical = try canonicalConfig(#require(json["model"]), era: era)
        return try #require(LayerRegistry.standard.layer(from: canonical) as? Network)
    }

    /// All cases of a family; one that cannot be read gives none and an issue.
    static func family(_ family: String) -> [OperationReference] {
        do {
            let text = try readFile(fixture("operations/\(family).json"))
            let values = try NPZ(fixture("operations/\(family).npz")).read("values")
            return try JSON(parsing: text)["cases"]?.array?.map {
                OperationReference(
                    name: "\(family): \($0["name"]?.string ?? "")", json: $0, values: values)
            } ?? []
        } catch {
            Issue.record("\(family): \(error)")
            return []
        }
    }
}

@Suite struct OperationTests {
    static let cases = [
        "ops-unary", "ops-binary", "ops-reductions", "ops-shapes", "ops-products",
        "ops-matrices", "ops-images", "tf-functions",
    ].flatMap(OperationReference.family)

    /// A case's network in a graph.
    private struct Lowered {
        var graph: Graph
        let inputs: [Value]
        let outputs: [Value]
        let feeds: [Tensor]

        init(_ reference: OperationReference, _ network: Network) throws {
            var lowering = Lowering(isTraining: false, weights: .placeholders)
            let given = try reference.tensors("inputs", types: "input_types")
                .map { try #require($0) }
            let values = try given.enumerated().map {
                try lowering.graph.placeholder("x\($0)", TensorType($1.shape, $1.dtype))
            }
            feeds = given
            outputs = try network.lower(CallArguments(list: values), in: &lowering)
            inputs = values
            graph = lowering.graph
        }
    }

    @Test(arguments: cases) func outputs(_ reference: OperationReference) throws {
        let lowered = try Lowered(reference, reference.network())
        let results = try Program(
            lowered.graph, inputs: lowered.inputs, outputs: lowered.outputs
        ).run(lowered.feeds)
        try compare(results, reference, "outputs", "output_types", 1)
    }

    @Test(arguments: cases) func gradients(_ reference: OperationReference) throws {
        var lowered = try Lowered(reference, reference.network())
        let expected = try reference.tensors("input_gradients")
        let targets = zip(lowered.inputs, expected).filter { $0.1 != nil }.map(\.0)
        guard !targets.isEmpty else { return }
        let seeds = try zip(lowered.outputs, reference.tensors("cotangents")).compactMap {
            output, cotangent -> (value: Value, seed: Value)? in
            guard lowered.graph[output].dtype == .float32 else { return nil }
            return (output, try lowered.graph.constant(#require(cotangent)))
        }
        let gradients = try lowered.graph.gradients(of: seeds, withRespectTo: targets)
        let found = try zip(gradients, targets).map { gradient, target in
            try gradient
                ?? lowered.graph.constant(Tensor(zeros: lowered.graph.shape(of: target)))
        }
        let results = try Program(lowered.graph, inputs: lowered.inputs, outputs: found)
            .run(lowered.feeds)
        try compare(results, reference, "input_gradients", nil, 20)
    }

    /// What is written, in the words of Keras 3 and where possible of Keras 2, means the same.
    @Test(arguments: cases) func configuration(_ reference: OperationReference) throws {
        let network = try reference.network()
        let again = try #require(
            LayerRegistry.standard.layer(from: network.serialized()) as? Network)
        #expect(network.serialized() == again.serialized())
        let lowered = try Lowered(reference, again)
        let results = try Program(
            lowered.graph, inputs: lowered.inputs, outputs: lowered.outputs
        ).run(lowered.feeds)
        try compare(results, reference, "outputs", "output_types", 1)
    }

    private func compare(
        _ found: [Tensor], _ reference: OperationReference, _ key: String, _ types: String?,
        _ factor: Double
    ) throws {
        let expected = try reference.tensors(key, types: types).compactMap { $0 }
        #expect(found.count == expected.count, "number of \(key)")
        let tolerance = (reference.json["tolerance"]?.double ?? 1e-5) * factor
        for (position, (found, expected)) in zip(found, expected).enumerated() {
            #expect(found.shape == expected.shape, "\(key) \(position)")
            if reference.json["era"] == 3, types != nil {
                #expect(found.dtype == expected.dtype, "\(key) \(position)")
            }
            guard found.shape == expected.shape else { continue }
            let (a, b) = (try found.doubles(), try expected.doubles())
            let scale = max(1, b.map(abs).filter(\.isFinite).max() ?? 1)
            let worst = zip(a, b).enumerated().first { _, pair in
                !(abs(pair.0 - pair.1) <= tolerance * scale)
                    && !(pair.0.isNaN && pair.1.isNaN) && pair.0 != pair.1
            }
            if let worst {
                Issue.record(
                    "\(key) \(position) at \(worst.offset): \(worst.element.1) expected, \(worst.element.0) found"
                )
            }
        }
    }
}
