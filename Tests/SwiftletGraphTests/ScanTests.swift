import SwiftletGraph
import SwiftletTensor
import Testing

/// A recurrence written once and used in two ways: as a scan, and step by step in one graph.
struct Recurrence: Sendable, CustomTestStringConvertible {
    struct Step {
        var states: [Value]
        var outputs: [Value]
    }

    let name: String
    var isReversed = false
    let states: [TensorType]
    let sequences: [TensorType]
    let invariants: [TensorType]
    /// From states, slices and invariants.
    let step: @Sendable (inout Graph, [Value], [Value], [Value]) throws -> Step

    var testDescription: String { name + (isReversed ? ", reversed" : "") }
    var types: [TensorType] { states + sequences + invariants }

    var reversed: Recurrence {
        var copy = self
        copy.isReversed = true
        return copy
    }

    private func sliceType(_ type: TensorType) throws -> TensorType {
        var dimensions = type.shape.dimensions
        dimensions.remove(at: 1)
        return TensorType(try Shape(dimensions), type.dtype)
    }

    /// The last states, then the outputs `[batch, time, …]`.
    func scan(
        _ graph: inout Graph, _ operands: [Value], keepsStates: Bool = true
    ) throws -> [Value] {
        var body = ScanBody()
        let states = try states.map { try body.state($0) }
        let slices = try sequences.map { try body.slice(sliceType($0)) }
        let invariants = try invariants.map { try body.invariant($0) }
        let result = try step(&body.graph, states, slices, invariants)
        body.newStates = result.states
        body.outputs = result.outputs
        let scan = Scan(body: body, isReversed: isReversed, keepsStates: keepsStates)
        let values = try graph.append(scan, operands)
        return Array(values.prefix(result.states.count + result.outputs.count))
    }

    /// The same without a scan.
    func unrolled(_ graph: inout Graph, _ operands: [Value]) throws -> [Value] {
        var current = Array(operands[..<states.count])
        let sequences = operands[states.count..<states.count + sequences.count]
        let invariants = Array(operands[(states.count + sequences.count)...])
        let count = graph.shape(of: sequences[states.count])[1]
        var rows: [[Value]] = []
        for number in 0..<count {
            let time = isReversed ? count - 1 - number : number
            let slices = try sequences.map { sequence in
                let slice = try graph.slice(sequence, axis: 1, time..<time + 1)
                return try graph.reshape(slice, to: sliceType(graph[sequence]).shape)
            }
            let result = try step(&graph, current, slices, invariants)
            current = result.states
            rows.insert(result.outputs, at: isReversed ? 0 : rows.count)
        }
        let outputs = rows.first?.indices ?? 0..<0
        return try current
            + outputs.map { output in
                try graph.stack(rows.map { $0[output] }, axis: 1)
            }
    }

    func tensors() throws -> [Tensor] {
        try types.enumerated().map { position, type in
            let tensor = randomTensor(type.shape, stream: UInt64(position), range: -1...1)
            guard type.dtype == .bool else { return try tensor.converted(to: type.dtype) }
            return try Tensor(tensor.elements(of: Float.self).map { $0 > -0.3 }, shape: type.shape)
        }
    }
}

@Suite struct ScanTests {
    static let recurrences: [Recurrence] =
        [simple, gated, swapping, exchanging, delaying, masked].flatMap { [$0, $0.reversed] }

    @Test(arguments: recurrences + [counting], [1, 3])
    func equalsItsUnrolledSteps(_ recurrence: Recurrence, threads: Int) throws {
        var graph = Graph()
        let operands = try recurrence.types.enumerated().map {
            try graph.placeholder("\($0)", $1)
        }
        let scanned = try recurrence.scan(&graph, operands, keepsStates: threads == 1)
        let unrolled = try recurrence.unrolled(&graph, operands)
        let program = try Program(
            graph, inputs: operands, outputs: scanned + unrolled, threads: threads)
        let found = try program.run(recurrence.tensors(), workers: Workers(count: threads))
        for number in scanned.indices {
            #expect(found[number].isIdentical(to: found[scanned.count + number]), "\(number)")
        }
    }

    @Test(arguments: recurrences)
    func gradientEqualsThatOfItsUnrolledSteps(_ recurrence: Recurrence) throws {
        var graph = Graph()
        let operands = try recurrence.types.enumerated().map {
            try graph.placeholder("\($0)", $1)
        }
        let floating = operands.filter { graph[$0].dtype == .float32 }
        var gradients: [[Value?]] = []
        for results in [
            try recurrence.scan(&graph, operands), try recurrence.unrolled(&graph, operands),
        ] {
            let pairs = try results.enumerated()
                .filter { graph[$0.element].dtype == .float32 }
                .map { position, value in
                    let seed = randomTensor(
                        graph.shape(of: value), stream: UInt64(70 + position), range: -1...1)
                    return (value: value, seed: try graph.constant(seed))
                }
            gradients.append(try graph.gradients(of: pairs, withRespectTo: floating))
        }
        let zeros = try floating.map { try graph.constant(Tensor(zeros: graph.shape(of: $0))) }
        let outputs = gradients.flatMap { zip($0, zeros).map { $0 ?? $1 } }
        let program = try Program(graph, inputs: operands, outputs: outputs)
        let found = try program.run(recurrence.tensors())
        for number in floating.indices {
            let expected = try found[floating.count + number].doubles()
            let scale = max(1, expected.map(abs).max() ?? 1)
            for (a, b) in zip(try found[number].doubles(), expected) {
                #expect(abs(a - b) <= 1e-5 * scale, "operand \(number)")
            }
        }
    }

    @Test func hasNoGradientOfIntegers() throws {
        var graph = Graph()
        let operands = try counting.types.enumerated().map { try graph.placeholder("\($0)", $1) }
        let results = try counting.scan(&graph, operands)
        #expect(throws: GraphError.notDifferentiable(op: "scan of integers")) {
            try graph.gradients(of: results[1], withRespectTo: operands)
        }
    }

    @Test func refusesWhatItsBodyDoesNotTake() throws {
        var graph = Graph()
        let types = [
            TensorType([2, 3]), TensorType([2, 4, 5]), TensorType([4, 3]), TensorType([3, 3]),
        ]
        let operands = try types.enumerated().map { try graph.placeholder("\($0)", $1) }
        let cause = "slices float32[2, 4] expected, sequence float32[2, 4, 5] found"
        #expect(throws: GraphError.operands(op: "scan", cause: cause)) {
            try simple.scan(&graph, operands)
        }
    }
}

/// Scans in the numeric gradient check: all that comes out of each recurrence.
let scanGradientCases: [GradientCase] =
    ScanTests.recurrences.filter { $0.name != masked.name }.map { recurrence in
        GradientCase(
            name: "scan \(recurrence.testDescription)", shapes: recurrence.types.map(\.shape)
        ) { graph, operands in
            let results = try recurrence.scan(&graph, operands)
            let flat = try results.map {
                try graph.reshape($0, to: [graph.shape(of: $0).elementCount])
            }
            return try graph.concatenate(flat, axis: 0)
        }
    } + [
        GradientCase(name: "scan masked", shapes: [[3, 2], [3, 6, 2], [2, 2]]) { graph, operands in
            let mask = try graph.constant(masked.tensors()[2])
            let values = try masked.scan(&graph, [operands[0], operands[1], mask, operands[2]])
            return values[1]
        },
        GradientCase(name: "scan, shared weights", shapes: [[2, 3], [2, 5, 4], [4, 3], [3, 3]]) {
            graph, operands in
            let first = try simple.scan(&graph, operands)
            let again = try simple.reversed.scan(&graph, [first[0]] + operands[1...])
            return try graph.add(again[1], graph.matmul(first[1], operands[3]))
        },
        GradientCase(name: "scan that kept no states", shapes: simple.types.map(\.shape)) {
            try simple.scan(&$0, $1, keepsStates: false)[1]
        },
        GradientCase(name: "scan, only the last state", shapes: [[2, 3], [2, 4, 3]]) {
            try delaying.scan(&$0, [$1[0], $1[0], $1[1]])[0]
        },
    ]

/// `h' = tanh(x W + h U)`, over five steps of a batch of two.
private let simple = Recurrence(
    name: "simple", states: [TensorType([2, 3])], sequences: [TensorType([2, 5, 4])],
    invariants: [TensorType([4, 3]), TensorType([3, 3])]
) { graph, states, slices, weights in
    let input = try graph.matmul(slices[0], weights[0])
    let h = try graph.tanh(graph.add(input, graph.matmul(states[0], weights[1])))
    return .init(states: [h], outputs: [h])
}

/// Two states of different shapes, two sequences, and an output that is neither.
private let gated = Recurrence(
    name: "gated", states: [TensorType([2, 3]), TensorType([2, 3, 2])],
    sequences: [TensorType([2, 4, 3]), TensorType([2, 4, 3, 2])], invariants: [TensorType([3])]
) { graph, states, slices, weights in
    let gate = try graph.sigmoid(graph.add(slices[0], graph.multiply(states[0], weights[0])))
    let column = try graph.reshape(gate, to: [2, 3, 1])
    let cell = try graph.add(graph.multiply(states[1], column), slices[1])
    let h = try graph.multiply(gate, graph.tanh(graph.sum(cell, axes: [2])))
    return .init(states: [h, cell], outputs: [try graph.subtract(h, states[0]), cell])
}

/// Each state comes from the other one, so that neither may be replaced too early.
private let swapping = Recurrence(
    name: "swapping", states: [TensorType([2, 3]), TensorType([2, 3])],
    sequences: [TensorType([2, 4, 3])], invariants: []
) { graph, states, slices, _ in
    .init(
        states: [
            try graph.add(states[1], slices[0]), try graph.subtract(states[0], slices[0]),
        ], outputs: [states[0]])
}

/// A new state that is another's old one, as it is.
private let exchanging = Recurrence(
    name: "exchanging", states: [TensorType([2, 3]), TensorType([2, 3])],
    sequences: [TensorType([2, 4, 3])], invariants: []
) { graph, states, slices, _ in
    .init(
        states: [try graph.multiply(states[0], slices[0]), states[0]],
        outputs: [try graph.multiply(states[1], states[1])])
}

/// The first state forgets, and the second's derivative is the first's, handed on as it is.
private let delaying = Recurrence(
    name: "delaying", states: [TensorType([2, 3]), TensorType([2, 3])],
    sequences: [TensorType([2, 4, 3])], invariants: []
) { graph, states, slices, _ in
    .init(
        states: [try graph.add(states[1], slices[0]), try graph.tanh(slices[0])],
        outputs: [try graph.multiply(states[0], states[0])])
}

/// Steps that do not count keep the state: how recurrent layers treat masks.
private let masked = Recurrence(
    name: "masked", states: [TensorType([3, 2])],
    sequences: [TensorType([3, 6, 2]), TensorType([3, 6], .bool)], invariants: [TensorType([2, 2])]
) { graph, states, slices, weights in
    let new = try graph.tanh(graph.add(slices[0], graph.matmul(states[0], weights[0])))
    let counts = try graph.reshape(slices[1], to: [3, 1])
    let h = try graph.select(counts, new, states[0])
    return .init(states: [h], outputs: [h])
}

/// A batch of one, a state of integers, and the state before each step as an output.
private let counting = Recurrence(
    name: "counting", states: [TensorType([1], .int32), TensorType([1, 2])],
    sequences: [TensorType([1, 3, 2])], invariants: [TensorType([1], .int32)]
) { graph, states, slices, invariants in
    let count = try graph.add(states[0], invariants[0])
    let weight = try graph.reshape(graph.cast(count, to: .float32), to: [1, 1])
    let h = try graph.add(states[1], graph.multiply(slices[0], weight))
    return .init(states: [count, h], outputs: [states[1]])
}
