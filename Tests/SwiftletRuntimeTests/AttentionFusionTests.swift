import SwiftletGraph
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import Testing

/// Attention written as layers write it, and whether one operation is made of it.
struct AttentionCase: Sendable, CustomTestStringConvertible {
    let name: String
    var isFused = true
    /// Of queries, keys and values, before what `build` does to them.
    let shapes: [Shape]
    let build: @Sendable (inout Graph, [Value]) throws -> [Value]
    var testDescription: String { name }
}

/// What attention is made of beside its operands.
private struct Parts {
    var scale: Float? = 0.5
    var scalesScores = false
    var bias: Value?
    var masks: [Value] = []
    var hidden: Float = -1e9
    var isLowered = false
    var zeroes = false

    func scores(_ q: Value, _ k: Value, in graph: inout Graph) throws -> Value {
        let factor = try graph.constant(scale ?? 1)
        let query = scale == nil || scalesScores ? q : try graph.multiply(q, factor)
        var scores = try graph.matmul(query, k, transposesB: true)
        if scalesScores { scores = try graph.multiply(scores, factor) }
        if let bias { scores = try graph.add(scores, bias) }
        for mask in masks {
            let number = try graph.constant(isLowered ? 1e9 : hidden)
            let other = isLowered ? try graph.subtract(scores, number) : number
            scores = try graph.select(mask, scores, other)
        }
        return try graph.softmax(scores)
    }

    func callAsFunction(_ x: [Value], in graph: inout Graph) throws -> [Value] {
        var weights = try scores(x[0], x[1], in: &graph)
        if zeroes, let mask = masks.first {
            weights = try graph.select(mask, weights, graph.constant(0))
        }
        return [try graph.matmul(weights, x[2])]
    }
}

extension Graph {
    /// Truth that follows from the place, about one in `period` of which is hidden.
    fileprivate mutating func truth(_ shape: Shape, period: Int = 3) throws -> Value {
        try constant(
            Tensor((0..<shape.elementCount).map { $0 * 7 % 11 % period != 0 }, shape: shape))
    }

    /// Steps that count: all but the first few, more of them in later rows.
    fileprivate mutating func padding(_ rows: Int, _ shape: Shape) throws -> Value {
        let steps = shape.elementCount / rows
        return try constant(
            Tensor((0..<shape.elementCount).map { $0 % steps >= $0 / steps * 2 }, shape: shape))
    }

    fileprivate mutating func places(_ queries: Int, _ keys: Int) throws -> (Value, Value) {
        (
            try constant(Tensor(shape: Shape([1, queries, 1])) { Float($0) }),
            try constant(Tensor(shape: Shape([1, 1, keys])) { Float($0) })
        )
    }

    fileprivate mutating func past(_ queries: Int, _ keys: Int) throws -> Value {
        let (rows, columns) = try places(queries, keys)
        return try compare(.greaterOrEqual, rows, columns)
    }

    fileprivate mutating func near(_ queries: Int, _ keys: Int, width: Float) throws -> Value {
        let (rows, columns) = try places(queries, keys)
        return try compare(.less, unary(.abs, subtract(rows, columns)), constant(width))
    }

    fileprivate mutating func byHead(_ x: Value) throws -> Value {
        try transpose(x, permutation: [0, 2, 1, 3])
    }
}

@Suite("Fusion of attention") struct AttentionFusionTests {
    private static let square: [Shape] = [[2, 3, 150, 8], [2, 3, 150, 8], [2, 3, 150, 8]]

    static let plain = [
        AttentionCase(name: "several heads", shapes: square) { try Parts()($1, in: &$0) },
        AttentionCase(name: "scaled scores", shapes: square) {
            try Parts(scalesScores: true)($1, in: &$0)
        },
        AttentionCase(name: "no scale", shapes: square) { try Parts(scale: nil)($1, in: &$0) },
        AttentionCase(
            name: "other lengths and sizes",
            shapes: [[1, 2, 5, 33], [1, 2, 700, 33], [1, 2, 700, 3]]
        ) { try Parts()($1, in: &$0) },
        AttentionCase(
            name: "many queries, few keys",
            shapes: [[1, 2, 333, 70], [1, 2, 3, 70], [1, 2, 3, 65]]
        ) { try Parts()($1, in: &$0) },
        AttentionCase(
            name: "one query", shapes: [[3, 2, 1, 16], [3, 2, 450, 16], [3, 2, 450, 16]]
        ) { try Parts()($1, in: &$0) },
        AttentionCase(name: "one key", shapes: [[3, 2, 9, 4], [3, 2, 1, 4], [3, 2, 1, 5]]) {
            try Parts()($1, in: &$0)
        },
        AttentionCase(name: "no heads", shapes: [[4, 120, 9], [4, 90, 9], [4, 90, 7]]) {
            try Parts(scale: 2, scalesScores: true)($1, in: &$0)
        },
        AttentionCase(
            name: "two axes before the heads",
            shapes: [[2, 3, 2, 20, 4], [2, 3, 2, 30, 4], [2, 3, 2, 30, 4]]
        ) { try Parts()($1, in: &$0) },
        AttentionCase(
            name: "heads behind steps", shapes: [[2, 130, 3, 8], [2, 140, 3, 8], [2, 140, 3, 6]]
        ) { graph, x in
            let y = try Parts()(x.map { try graph.byHead($0) }, in: &graph)
            return [try graph.byHead(y[0])]
        },
        AttentionCase(
            name: "heads that share keys", shapes: [[2, 40, 6, 8], [2, 50, 3, 8], [2, 50, 3, 8]]
        ) { graph, x in
            let scaled = try graph.scale(graph.byHead(x[0]), by: 0.5)
            let q = try graph.reshape(scaled, to: [2, 3, 80, 8])
            let y = try Parts(scale: nil)([q, graph.byHead(x[1]), graph.byHead(x[2])], in: &graph)
            return [try graph.byHead(graph.reshape(y[0], to: [2, 6, 40, 8]))]
        },
    ]

    static let spelt = [
        AttentionCase(
            name: "keys transposed by themselves, divided scores",
            shapes: [[2, 130, 3, 8], [2, 140, 3, 8], [2, 140, 3, 6]]
        ) { graph, x in
            let keys = try graph.transpose(x[1], permutation: [0, 2, 3, 1])
            let products = try graph.matmul(graph.byHead(x[0]), keys)
            let scores = try graph.divide(products, graph.constant(2))
            let y = try graph.matmul(graph.softmax(scores), graph.byHead(x[2]))
            return [try graph.byHead(y)]
        },
        AttentionCase(
            name: "sums over named axes", shapes: [[2, 30, 3, 8], [2, 40, 3, 8], [2, 40, 3, 6]]
        ) { graph, x in
            let scores = try graph.contract(x[0], "bqhd", x[1], "bkhd", to: "bhqk")
            let scaled = try graph.scale(scores, by: 0.3)
            let mask = try graph.padding(2, [2, 1, 1, 40])
            let hidden = try graph.select(mask, scaled, graph.constant(-1e9))
            return [try graph.contract(graph.softmax(hidden), "bhqk", x[2], "bkhd", to: "bqhd")]
        },
        AttentionCase(
            name: "sums over named axes, no mask",
            shapes: [[2, 30, 3, 8], [2, 40, 3, 8], [2, 40, 3, 6]]
        ) { graph, x in
            let scores = try graph.contract(x[0], "bqhd", x[1], "bkhd", to: "bhqk")
            return [try graph.contract(graph.softmax(scores), "bhqk", x[2], "bkhd", to: "bqhd")]
        },
        AttentionCase(
            name: "as many heads as queries", shapes: [[1, 4, 4, 8], [1, 9, 4, 8], [1, 9, 4, 6]]
        ) { graph, x in
            let scores = try graph.contract(x[0], "bqhd", x[1], "bkhd", to: "bhqk")
            let bias = try graph.constant(Tensor(shape: [1, 4, 1, 9]) { Float($0 % 5) })
            let sums = try graph.add(scores, bias)
            return [try graph.contract(graph.softmax(sums), "bhqk", x[2], "bkhd", to: "bqhd")]
        },
    ]

    static let masked = [
        AttentionCase(name: "hidden keys", shapes: square) { graph, x in
            try Parts(masks: [graph.padding(2, [2, 1, 1, 150])])(x, in: &graph)
        },
        AttentionCase(name: "hidden queries and keys", shapes: square) { graph, x in
            let mask = try graph.logicalAnd(
                graph.padding(2, [2, 1, 150, 1]), graph.padding(2, [2, 1, 1, 150]))
            return try Parts(masks: [mask], zeroes: true)(x, in: &graph)
        },
        AttentionCase(name: "a mask for each head", shapes: square) { graph, x in
            try Parts(masks: [graph.truth([3, 150, 150])])(x, in: &graph)
        },
        AttentionCase(name: "nothing seen", shapes: square) { graph, x in
            try Parts(masks: [graph.truth([2, 1, 150, 1], period: 2)])(x, in: &graph)
        },
        AttentionCase(name: "nothing seen, infinity", shapes: square) { graph, x in
            let mask = try graph.truth([2, 1, 150, 1], period: 2)
            return try Parts(masks: [mask], hidden: -.infinity)(x, in: &graph)
        },
        AttentionCase(name: "lowered scores", shapes: square) { graph, x in
            let mask = try graph.logicalAnd(
                graph.truth([2, 1, 150, 1], period: 2), graph.truth([1, 1, 150, 150]))
            return try Parts(masks: [mask], isLowered: true)(x, in: &graph)
        },
        AttentionCase(name: "two selections", shapes: square) { graph, x in
            let masks = [try graph.truth([150, 150]), try graph.past(150, 150)]
            return try Parts(scalesScores: true, masks: masks)(x, in: &graph)
        },
        AttentionCase(name: "an addend and a mask", shapes: square) { graph, x in
            let bias = try graph.constant(
                Tensor(shape: [3, 1, 150]) { Float($0 % 7) - 3 })
            return try Parts(
                scalesScores: true, bias: bias, masks: [graph.truth([150, 150])])(x, in: &graph)
        },
        AttentionCase(
            name: "several axes of steps",
            shapes: [[2, 3, 12, 4], [2, 3, 8, 4], [2, 3, 8, 4]]
        ) { graph, x in
            let flat = try graph.reshape(
                graph.matmul(x[0], x[1], transposesB: true), to: [2, 3, 3, 4, 2, 4])
            let hidden = try graph.select(
                graph.truth([2, 1, 1, 1, 2, 4]), flat, graph.constant(-1e9))
            let weights = try graph.softmax(graph.reshape(hidden, to: [2, 3, 12, 8]))
            return [try graph.matmul(weights, x[2])]
        },
    ]

    static let bands = [
        AttentionCase(
            name: "causal", shapes: [[2, 3, 400, 8], [2, 3, 400, 8], [2, 3, 400, 8]]
        ) { graph, x in
            let mask = try graph.reshape(graph.past(400, 400), to: [1, 1, 400, 400])
            return try Parts(masks: [mask])(x, in: &graph)
        },
        AttentionCase(
            name: "causal, few keys", shapes: [[1, 2, 500, 8], [1, 2, 20, 8], [1, 2, 20, 8]]
        ) { graph, x in try Parts(masks: [graph.past(500, 20)])(x, in: &graph) },
        AttentionCase(
            name: "causal, many keys", shapes: [[1, 2, 20, 8], [1, 2, 700, 8], [1, 2, 700, 8]]
        ) { graph, x in try Parts(masks: [graph.past(20, 700)])(x, in: &graph) },
        AttentionCase(
            name: "causal, steps left out before the first",
            shapes: [[2, 3, 700, 8], [2, 3, 700, 8], [2, 3, 700, 8]]
        ) { graph, x in
            let steps = try graph.padding(2, [2, 1, 700])
            let mask = try graph.logicalAnd(steps, graph.past(700, 700))
            return try Parts(masks: [graph.reshape(mask, to: [2, 1, 700, 700])])(x, in: &graph)
        },
        AttentionCase(
            name: "a window", shapes: [[1, 2, 700, 8], [1, 2, 700, 8], [1, 2, 700, 8]]
        ) { graph, x in
            try Parts(masks: [graph.near(700, 700, width: 5)], zeroes: true)(x, in: &graph)
        },
        AttentionCase(
            name: "a causal window over few keys",
            shapes: [[1, 2, 700, 8], [1, 2, 300, 8], [1, 2, 300, 8]]
        ) { graph, x in
            let mask = try graph.logicalAnd(
                graph.past(700, 300), graph.near(700, 300, width: 40))
            return try Parts(masks: [mask])(x, in: &graph)
        },
        AttentionCase(
            name: "heads that share keys, causal",
            shapes: [[2, 6, 130, 8], [2, 2, 130, 8], [2, 2, 130, 8]]
        ) { graph, x in
            let q = try graph.reshape(x[0], to: [2, 2, 390, 8])
            let scores = try graph.reshape(
                graph.matmul(q, x[1], transposesB: true), to: [2, 6, 130, 130])
            let mask = try graph.reshape(graph.past(130, 130), to: [1, 1, 130, 130])
            let hidden = try graph.select(mask, scores, graph.constant(-1e9))
            let weights = try graph.softmax(graph.reshape(hidden, to: [2, 2, 390, 130]))
            return [try graph.reshape(graph.matmul(weights, x[2]), to: [2, 6, 130, 8])]
        },
    ]

    static let apart = [
        AttentionCase(name: "weights are a result", isFused: false, shapes: square) { graph, x in
            let weights = try Parts().scores(x[0], x[1], in: &graph)
            return [try graph.matmul(weights, x[2]), weights]
        },
        AttentionCase(name: "scores are a result", isFused: false, shapes: square) { graph, x in
            let scores = try graph.matmul(x[0], x[1], transposesB: true)
            return [try graph.matmul(graph.softmax(scores), x[2]), scores]
        },
        AttentionCase(
            name: "keys of all rows", isFused: false,
            shapes: [[2, 3, 15, 8], [1, 3, 15, 8], [2, 3, 15, 8]]
        ) { try Parts()($1, in: &$0) },
        AttentionCase(
            name: "a mask along some of several axes", isFused: false,
            shapes: [[2, 3, 12, 4], [2, 3, 8, 4], [2, 3, 8, 4]]
        ) { graph, x in
            let flat = try graph.reshape(
                graph.matmul(x[0], x[1], transposesB: true), to: [2, 3, 3, 4, 2, 4])
            let hidden = try graph.select(
                graph.truth([2, 1, 1, 1, 2, 1]), flat, graph.constant(-1e9))
            let weights = try graph.softmax(graph.reshape(hidden, to: [2, 3, 12, 8]))
            return [try graph.matmul(weights, x[2])]
        },
    ]

    @Test(arguments: plain + spelt + masked + bands + apart)
    func outputsDoNotChange(_ row: AttentionCase) throws {
        var graph = Graph()
        let x = try row.shapes.enumerated().map {
            try graph.placeholder("x\($0)", TensorType($1))
        }
        let y = try row.build(&graph, x)
        let inputs = try row.shapes.enumerated().map { index, shape in
            let random = CounterRandom(seed: 1, stream: UInt64(index))
            return try Tensor(
                (0..<shape.elementCount).map { 2 * random.uniform(at: $0) - 1 }, shape: shape)
        }
        let expected = try Program(graph, inputs: x, outputs: y).run(inputs)
        var optimizer = GraphOptimizer(graph: graph, inputs: x, outputs: y, cache: ConstantCache())
        try optimizer.run(Optimizations.standard.passes())
        let names = optimizer.graph.nodes.map(\.op.name)
        #expect(names.contains("attention") == row.isFused, "\(names)")
        if row.isFused {
            #expect(!names.contains("transpose") && !names.contains("softmax"), "\(names)")
        }
        var first: [Tensor]?
        for threads in 1...3 {
            let found = try Program(
                optimizer.graph, inputs: optimizer.inputs, outputs: optimizer.outputs,
                threads: threads
            ).run(inputs, workers: Workers(count: threads))
            for (a, b) in zip(found, expected) {
                #expect(a.shape == b.shape)
                for (place, (x, y)) in try zip(a.floats(), b.floats()).enumerated() {
                    #expect(abs(x - y) <= 2e-6 || x.isNaN && y.isNaN, "\(place): \(x), not \(y)")
                }
            }
            // The same bits on any number of threads.
            for (a, b) in zip(first ?? found, found) { #expect(a.isIdentical(to: b)) }
            first = first ?? found
        }
    }

    /// Layers, and with many rows loops over some of them.
    @Test(arguments: [1, 5, 48]) func layersDoNotChange(batch: Int) throws {
        let input = Input(60, 16)
        let steps = Masking()(input)
        let a = MultiHeadAttention(heads: 4, keySize: 8, valueSize: 6)([steps, steps])
        let b = LayerNormalization()(Add()([a, input]))
        let c = GroupQueryAttention(headSize: 8, queryHeads: 4, keyHeads: 2)([b, steps])
        let d = Attention(scales: true)([c, steps])
        var model = try Model(inputs: [input], outputs: [d])
        try model.initialize(seed: 1)
        let random = CounterRandom(seed: 2)
        let x = try Tensor(
            (0..<batch * 960).map { index -> Float in
                let (row, step) = (index / 960, index / 16 % 60)
                return step >= 20 + row % 40 ? 0 : 2 * random.uniform(at: index) - 1
            }, shape: [batch, 60, 16])
        let plain = try Predictor(model, threads: 1, optimizations: .none).predict([x])[0]
        var first: Tensor?
        for threads in 1...3 {
            let predictor = try Predictor(model, threads: threads)
            let found = try predictor.predict([x])[0]
            #expect(try !predictor.stepNames(rows: batch).contains("softmax"))
            for (a, b) in try zip(found.floats(), plain.floats()) { #expect(abs(a - b) <= 1e-5) }
            if let first { #expect(found.isIdentical(to: first)) }
            first = first ?? found
        }
    }

    /// Memory grows with the length of the sequence, not with its square.
    @Test func longSequencesTakeLittleMemory() throws {
        func arena(steps: Int) throws -> Int {
            let input = Input(steps, 16)
            let y = MultiHeadAttention(heads: 4, keySize: 8)([Masking()(input), input])
            var model = try Model(inputs: [input], outputs: [y])
            try model.initialize(seed: 1)
            return try Predictor(model, threads: 1).arenaByteCount(rows: 1)
        }
        let (short, long) = try (arena(steps: 512), arena(steps: 4096))
        #expect(long < 8 * short)
        // The scores of one head alone would be 64 MiB.
        #expect(long < 4 << 20, "\(long)")
    }
}
