import SwiftletGraph
import SwiftletTensor
import Testing

@Suite struct ProgramTests {
    /// Shared and overwritten memory changes nothing: every value is as if it had memory of its own.
    @Test(arguments: 0..<60) func sharedMemoryChangesNothing(seed: Int) throws {
        let random = try RandomGraph(seed: seed)
        let feeds = random.feeds(run: 0)
        let separate = try evaluateSeparately(random.graph, random.inputs, feeds)
        for threads in [1, 3] {
            let program = try Program(
                random.graph, inputs: random.inputs, outputs: random.outputs, threads: threads)
            let found = try program.run(feeds, workers: Workers(count: threads))
            for (output, tensor) in zip(random.outputs, found) {
                let expected = try #require(separate[output])
                #expect(tensor.isIdentical(to: expected), "\(output)")
            }
        }
        let untouched = random.feeds(run: 0)
        #expect(zip(feeds, untouched).allSatisfy { $0.isIdentical(to: $1) })
        for (value, tensor) in random.constants {
            #expect(random.graph.constantTensor(value)?.isIdentical(to: tensor) == true)
        }
    }

    /// A workspace keeps nothing from one run to the next.
    @Test(arguments: 0..<20) func workspacesServeManyRuns(seed: Int) throws {
        let random = try RandomGraph(seed: 1000 + seed)
        let program = try Program(random.graph, inputs: random.inputs, outputs: random.outputs)
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: program.workspaceByteCount, alignment: 64)
        defer { memory.deallocate() }
        let start = try #require(memory.baseAddress)
        let workspace = program.workspace(in: start)
        for run in 0..<3 {
            let feeds = random.feeds(run: run)
            let fresh = try program.run(feeds)
            for (position, tensor) in feeds.enumerated() {
                try tensor.withUnsafeBytes {
                    program.feed(position, from: try #require($0.baseAddress), into: workspace)
                }
            }
            // An output may be an input or a constant itself, in the memory of its tensor.
            try withExtendedLifetime((feeds, program)) {
                try program.run(workspace, workers: .single)
                for (position, expected) in fresh.enumerated() {
                    let found = UnsafeRawBufferPointer(
                        start: program.output(position, in: workspace),
                        count: program.outputTypes[position].byteCount)
                    #expect(expected.withUnsafeBytes { $0.elementsEqual(found) })
                }
            }
        }
    }

    /// The arena is smaller than all values together, else the tests above would show nothing.
    @Test func memoryIsShared() throws {
        let random = try RandomGraph(seed: 1)
        let program = try Program(random.graph, inputs: random.inputs, outputs: random.outputs)
        let sum = random.graph.nodes.reduce(0) { $0 + $1.types.reduce(0) { $0 + $1.byteCount } }
        #expect(program.arenaByteCount < sum / 2)
    }

    @Test func whatIsNotFedHasAName() throws {
        var graph = Graph()
        let x = try graph.placeholder("kernel", TensorType([2]))
        let y = try graph.tanh(x)
        #expect(throws: GraphError.feed(name: "kernel", cause: "is not fed")) {
            try Program(graph, inputs: [], outputs: [y])
        }
        let program = try Program(graph, inputs: [x], outputs: [y])
        let wrong = try Tensor(zeros: [3])
        #expect(
            throws: GraphError.feed(name: "0", cause: "float32[2] expected, float32[3] found")
        ) { try program.run([wrong]) }
    }
}

/// Every node's results, each computed alone from tensors of its own.
private func evaluateSeparately(
    _ graph: Graph, _ inputs: [Value], _ feeds: [Tensor]
) throws -> [Value: Tensor] {
    var tensors = Dictionary(uniqueKeysWithValues: zip(inputs, feeds))
    for node in graph.nodes where tensors[node.output()] == nil {
        if let constant = graph.constantTensor(node.output()) {
            tensors[node.output()] = constant
            continue
        }
        var single = Graph()
        let operands = try node.inputs.enumerated().map {
            try single.placeholder("\($0)", graph[$1])
        }
        let results = try single.append(node.op, operands)
        let program = try Program(single, inputs: operands, outputs: results)
        let found = try program.run(node.inputs.map { try #require(tensors[$0]) })
        for (number, tensor) in found.enumerated() { tensors[node.output(number)] = tensor }
    }
    return tensors
}

/// Forty operations on values chosen at random, so that views, last readers, overwritten operands
/// and results that are inputs all occur.
private struct RandomGraph {
    var graph = Graph()
    var inputs: [Value] = []
    var outputs: [Value] = []
    var constants: [Value: Tensor] = [:]
    private var pool: [Value] = []
    private let random: CounterRandom
    private var draws = 0

    init(seed: Int) throws {
        random = CounterRandom(seed: UInt64(seed), name: "graph")
        let shapes: [Shape] = [[3, 4], [3, 4], [4, 3], [2, 6], [12, 1]]
        for (position, shape) in shapes.enumerated() {
            inputs.append(try graph.placeholder("x\(position)", TensorType(shape)))
        }
        pool = inputs
        for position in 0..<2 {
            let tensor = randomTensor([3, 4], stream: UInt64(50 + position), range: -1...1)
            let value = try graph.constant(tensor)
            constants[value] = try Tensor(tensor.elements(of: Float.self), shape: [3, 4])
            pool.append(value)
        }
        for _ in 0..<40 { pool.append(try grow()) }
        for _ in 0...next(4) { outputs.append(pool[next(pool.count)]) }
        outputs += pool.suffix(2)
    }

    func feeds(run: Int) -> [Tensor] {
        inputs.enumerated().map {
            randomTensor(graph.shape(of: $1), stream: UInt64(100 * run + $0), range: -1...1)
        }
    }

    private mutating func next(_ bound: Int) -> Int {
        draws += 1
        return Int(random.bits(at: draws) % UInt32(bound))
    }

    /// Any value; likelier a young one, whose memory is still in use.
    private mutating func pick() -> Value {
        pool[max(next(pool.count), next(pool.count))]
    }

    private mutating func partner(of value: Value) -> Value {
        let equals = pool.filter { graph[$0] == graph[value] }
        return equals[next(equals.count)]
    }

    private mutating func grow() throws -> Value {
        let x = pick()
        let other = partner(of: x)
        let (rows, columns) = (graph.shape(of: x)[0], graph.shape(of: x)[1])
        switch next(12) {
        case 0: return try graph.tanh(x)
        case 1: return try graph.subtract(x, other)
        case 2: return try graph.apply(AddN(), x, other, partner(of: x))
        case 3: return try graph.reshape(x, to: [columns, rows])
        case 4: return try graph.transpose(x, permutation: [1, 0])
        case 5: return try graph.reverse(x, axes: [next(2)])
        case 6:
            let joined = try graph.concatenate([x, other], axis: 0)
            return try graph.slice(joined, axis: 0, 1..<rows + 1)
        case 7: return try graph.softmax(x)
        case 8: return try graph.maximum(x, graph.mean(x, axes: [0], keepsDimensions: true))
        case 9:
            let wide = try graph.pad(x, before: [1, 0], after: [0, 1])
            return try graph.slice(wide, starts: [0, 1], limits: [rows, columns + 1])
        case 10:
            let rows = try graph.constant(Tensor((0..<rows).map { Int32($0 * 5 % rows) }))
            return try graph.gather(x, rows)
        default: return try graph.multiply(graph.sigmoid(x), x)
        }
    }
}
