import SwiftletGraph
import SwiftletTensor
import Testing

/// One row of the numeric gradient check: an expression over random inputs.
///
/// A new operation adds a row to a table named in ``GradientTests``.
struct GradientCase: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [Shape]
    /// The interval from which inputs are drawn; keep kinks and poles out of it.
    var range: ClosedRange<Float> = -1...1
    /// Steps of the central difference.
    var step: Float = 1e-2
    var tolerance: Double = 5e-3
    let build: @Sendable (inout Graph, [Value]) throws -> Value

    var testDescription: String { name }
}

@Suite struct GradientTests {
    static let cases = [
        coreGradientCases,
        structuralGradientCases,
        elementwiseGradientCases,
        productGradientCases,
        scanGradientCases,
        recurrenceGradientCases,
        specialGradientCases,
    ].joined().map { $0 }

    /// The derivative of Σ w·y along each input element equals the central difference.
    @Test(arguments: cases) func matchesCentralDifferences(_ row: GradientCase) throws {
        var graph = Graph()
        let inputs = try row.shapes.enumerated().map {
            try graph.placeholder("x\($0)", TensorType($1))
        }
        let output = try row.build(&graph, inputs)
        let weights = randomTensor(graph.shape(of: output), stream: 99, range: -1...1)
        let seed = try graph.constant(weights)
        let gradients = try graph.gradients(of: output, withRespectTo: inputs, seed: seed)
        let forward = try Program(graph, inputs: inputs, outputs: [output])
        let backward = try Program(
            graph, inputs: inputs, outputs: gradients.map { try #require($0) })
        let point = row.shapes.enumerated().map {
            randomTensor($1, stream: UInt64($0), range: row.range)
        }
        let analytic = try backward.run(point).map { try $0.doubles() }
        let projection = try weights.doubles()
        func loss(_ tensors: [Tensor]) throws -> Double {
            zip(try forward.run(tensors)[0].doubles(), projection).reduce(0) { $0 + $1.0 * $1.1 }
        }
        for (position, tensor) in point.enumerated() {
            let scale = max(1, analytic[position].map(abs).max() ?? 1)
            for element in 0..<tensor.elementCount {
                let difference = try [row.step, -row.step].map { step in
                    var moved = point
                    try moved[position].withUnsafeMutableBytes {
                        $0.assumingMemoryBound(to: Float.self)[element] += step
                    }
                    return try loss(moved)
                }
                let numeric = (difference[0] - difference[1]) / Double(2 * row.step)
                #expect(
                    abs(numeric - analytic[position][element]) <= row.tolerance * scale,
                    "input \(position), element \(element): \(numeric) expected")
            }
        }
    }
}

func randomTensor(
    _ shape: Shape, stream: UInt64, range: ClosedRange<Float>
) -> Tensor {
    let random = CounterRandom(seed: 5, stream: stream)
    let width = range.upperBound - range.lowerBound
    let values = (0..<shape.elementCount).map { range.lowerBound + width * random.uniform(at: $0) }
    do {
        return try Tensor(values, shape: shape)
    } catch {
        preconditionFailure("\(error)")
    }
}

let coreGradientCases: [GradientCase] = [
    GradientCase(name: "add_n", shapes: [[2, 3], [2, 3]]) { graph, x in
        try graph.apply(AddN(), x[0], x[1])
    },
    GradientCase(name: "reshape", shapes: [[2, 3]]) { graph, x in
        try graph.reshape(x[0], to: [3, 2])
    },
]
