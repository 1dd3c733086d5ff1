internal import SwiftletGraph
internal import SwiftletTensor

/// Has stretches of a graph computed for some rows of the batch at a time.
///
/// A large batch drives every intermediate value out of the caches, and every operation waits for
/// memory; a few rows stay there from one operation to the next. Threads that each take rows of
/// their own also meet once per stretch, not once per operation.
struct RowSlicing {
    private let graph: Graph
    private let inputs: [Value]
    private let outputs: [Value]
    private let rows: Int
    /// Values whose axis 0 holds the rows of the batch.
    private var rowValues: Set<Value> = []

    /// Bytes of operands and results that stay in a core's own cache.
    private static let cacheByteCount = 1 << 20
    /// Weights are read once per slice: not more bytes of them than this for each of the data.
    private static let weightsPerData = 4
    /// Multiply-adds, or bytes of intermediate values, below which a stretch is not worth a loop.
    private static let smallestWork = 1 << 18

    /// - Parameter inputs: each with the batch along axis 0.
    init(_ graph: Graph, inputs: [Value], outputs: [Value]) {
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs
        let extents = Set(inputs.map { graph.shape(of: $0).first ?? 0 })
        rows = extents.count == 1 ? extents.first ?? 0 : 0
    }

    /// The graph with loops in the place of stretches, and where inputs and outputs are in it; the
    /// graph as it was if there is nothing to gain.
    mutating func sliced() throws -> (graph: Graph, inputs: [Value], outputs: [Value]) {
        guard rows > 1 else { return (graph, inputs, outputs) }
        let stretches = stretches()
        var builder = LoopBuilder(
            graph, inputs: inputs, outputs: outputs, rows: rows, rowValues: rowValues)
        var next = 0
        for stretch in stretches {
            for node in graph.nodes[next..<stretch.nodes.lowerBound] { try builder.keep(node) }
            try builder.loop(over: graph.nodes[stretch.nodes], count: stretch.count)
            next = stretch.nodes.upperBound
        }
        for node in graph.nodes[next...] { try builder.keep(node) }
        return (builder.graph, inputs.map { builder[$0] }, outputs.map { builder[$0] })
    }

    // MARK: Choosing

    private mutating func stretches() -> [Stretch] {
        var found = StretchList()
        rowValues = Set(inputs)
        for node in graph.nodes where !(node.op is Constant || node.op is Placeholder) {
            guard let flags = RowSlice.flags(of: node, in: graph, rows: rows, rowValues) else {
                found.end()
                continue
            }
            rowValues.formUnion(node.types.indices.map { node.output($0) })
            if let counts = counts(for: node, flags) {
                found.append(node, counts: counts, work: work(of: node))
            } else {
                found.end()
            }
        }
        found.end()
        return found.stretches.filter {
            $0.operations > 1 && $0.work >= Self.smallestWork
        }
    }

    private func work(of node: Node) -> Int {
        max(
            node.types.reduce(0) { $0 + $1.byteCount },
            node.op.multiplyAddCount(inputs: node.inputs.map { graph[$0] }, outputs: node.types))
    }

    /// From how many rows on the weights do not count, and how many stay in the cache, at least the
    /// former; nil if the node had better see all rows at once.
    private func counts(for node: Node, _ hasRows: [Bool]) -> ClosedRange<Int>? {
        let candidates = (1...max(1, rows / 2)).filter { rows % $0 == 0 }
        guard let most = candidates.last else { return nil }
        guard !node.op.isView else { return 1...most }
        var data = node.types.reduce(0) { $0 + $1.byteCount }
        var weights = 0
        for (input, isOfRows) in zip(node.inputs, hasRows) {
            if isOfRows {
                data += graph[input].byteCount
            } else {
                weights += graph[input].byteCount
            }
        }
        let perRow = max(1, data / rows)
        let needed = candidates.first { $0 * perRow * Self.weightsPerData >= weights }
        guard let needed else { return nil }
        let cached = candidates.last { $0 * perRow <= Self.cacheByteCount } ?? 1
        return needed...max(needed, cached)
    }
}

/// Nodes one after the other that run for `count` rows at a time.
private struct Stretch {
    var nodes: Range<Int>
    var counts: ClosedRange<Int>
    var operations = 0
    var work = 0
    var count: Int { counts.upperBound }
}

/// Stretches being found: a node joins the one before it if some number of rows suits both.
private struct StretchList {
    private(set) var stretches: [Stretch] = []
    private var current: Stretch?

    mutating func append(_ node: Node, counts: ClosedRange<Int>, work: Int) {
        if let current, !current.counts.overlaps(counts) { end() }
        var stretch = current ?? Stretch(nodes: node.index..<node.index, counts: counts)
        stretch.counts = stretch.counts.clamped(to: counts)
        stretch.nodes = stretch.nodes.lowerBound..<node.index + 1
        if !node.op.isView {
            stretch.operations += 1
            stretch.work += work
        }
        current = stretch
    }

    mutating func end() {
        if let current { stretches.append(current) }
        current = nil
    }
}

extension RowSlice {
    /// Which operands of a node have rows if it can be computed row by row; nil if it cannot.
    ///
    /// A constant with as many positions along axis 0 may hold something for each row.
    static func flags(
        of node: Node, in graph: Graph, rows: Int, _ rowValues: Set<Value>
    ) -> [Bool]? {
        let known = node.inputs.map(rowValues.contains)
        guard known.contains(true) else { return nil }
        let possible = node.inputs.map { input in
            rowValues.contains(input)
                || graph.op(of: input) is Constant && graph.shape(of: input).first == rows
        }
        return [known, possible].first { flags in
            let slice = RowSlice(
                total: rows, count: 1, inputs: node.inputs.map { graph[$0] }, outputs: node.types,
                hasRows: flags)
            return slice.op(for: node.op) != nil
        }
    }
}

/// A graph being copied, with loops in the place of some nodes.
private struct LoopBuilder {
    private(set) var graph = Graph()
    private let old: Graph
    private let rows: Int
    private let rowValues: Set<Value>
    private let outputs: Set<Value>
    /// The last node that reads each old value.
    private var lastReader: [Value: Int] = [:]
    private var renamed: [Value: Value] = [:]

    init(
        _ old: Graph, inputs: [Value], outputs: [Value], rows: Int, rowValues: Set<Value>
    ) {
        self.old = old
        self.rows = rows
        self.rowValues = rowValues
        self.outputs = Set(outputs)
        for node in old.nodes { for input in node.inputs { lastReader[input] = node.index } }
    }

    /// Where a value of the old graph is in the new one.
    subscript(value: Value) -> Value {
        guard let new = renamed[value] else { preconditionFailure("value was not rebuilt") }
        return new
    }

    mutating func keep(_ node: Node) throws {
        graph.label = node.label
        let values = try graph.append(node.op, node.inputs.map { self[$0] })
        for (output, value) in values.enumerated() { renamed[node.output(output)] = value }
    }

    /// Puts a loop of `count` rows at a time in the place of nodes.
    mutating func loop(over nodes: ArraySlice<Node>, count: Int) throws {
        for node in nodes where node.op is Constant || node.op is Placeholder { try keep(node) }
        let looped = nodes.filter { !($0.op is Constant || $0.op is Placeholder) }
        var body = LoopBody(rows: rows, count: count)
        for node in looped { try body.append(node, from: old, rowValues) }
        let results = looped.flatMap { node in
            node.types.indices.map { node.output($0) }.filter {
                outputs.contains($0) || lastReader[$0, default: -1] >= nodes.endIndex
            }
        }
        let loop = RowLoop(
            body.graph, inputs: body.inputs, results: results.compactMap { body.values[$0] },
            hasRows: body.hasRows, types: results.map { old[$0] }, sliceCount: rows / count)
        graph.label = looped.first?.label ?? ""
        let values = try graph.append(loop, body.operands.map { self[$0] })
        for (result, value) in zip(results, values) { renamed[result] = value }
    }
}

/// The operations of a loop for one slice.
private struct LoopBody {
    let rows: Int
    let count: Int
    var graph = Graph()
    /// Values of the whole graph that the loop reads, and what they are in the body.
    var operands: [Value] = []
    var inputs: [Value] = []
    var hasRows: [Bool] = []
    var values: [Value: Value] = [:]

    init(rows: Int, count: Int) {
        self.rows = rows
        self.count = count
    }

    mutating func append(_ node: Node, from old: Graph, _ rowValues: Set<Value>) throws {
        let types = node.inputs.map { old[$0] }
        guard let flags = RowSlice.flags(of: node, in: old, rows: rows, rowValues) else {
            throw GraphError.operands(op: node.op.name, cause: "has no rows")
        }
        let slice = RowSlice(
            total: rows, count: count, inputs: types, outputs: node.types, hasRows: flags)
        guard let op = slice.op(for: node.op) else {
            throw GraphError.operands(op: node.op.name, cause: "has rows that depend on each other")
        }
        graph.label = node.label
        let operands = try zip(node.inputs, flags).map { value, isOfRows in
            try operand(
                value, isOfRows ? slice.type(of: old[value]) ?? old[value] : old[value],
                isOfRows)
        }
        for (output, value) in try graph.append(op, operands).enumerated() {
            values[node.output(output)] = value
        }
    }

    private mutating func operand(
        _ value: Value, _ type: TensorType, _ isOfRows: Bool
    ) throws -> Value {
        if let known = values[value], graph[known] == type { return known }
        let placeholder = try graph.placeholder("operand \(operands.count)", type)
        operands.append(value)
        inputs.append(placeholder)
        hasRows.append(isOfRows)
        values[value] = values[value] ?? placeholder
        return placeholder
    }
}
