package import SwiftletGraph
package import SwiftletTensor

/// A change to a graph that leaves its outputs as they are: graph in, graph out.
package protocol Pass: Sendable {
    /// The name in dumps and profiles.
    var name: String { get }

    /// Adds to `patch` what replaces `node`, whose inputs have been replaced already.
    ///
    /// - Returns: the values that take the place of the node's outputs; nil to keep the node.
    func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]?
}

/// The passes that a predictor runs.
public struct Optimizations: Sendable {
    private enum Kind { case none, standard, exact }
    private let kind: Kind

    /// The passes, given what weights are to be held in; without passes they stay as they are.
    package func passes(_ storage: WeightStorage = .float32) -> [any Pass] {
        kind == .none ? [] : PassList.standard(isExact: kind == .exact, storage: storage)
    }

    /// The graph as the layers wrote it: slow, for tests and comparisons.
    public static let none = Optimizations(kind: .none)
    /// All passes. Outputs keep within 1e-4 of Keras's, relative to their spread: convolutions of
    /// 3 × 3 taps use Winograd's algorithm where it is faster, which rounds more than plain sums.
    public static let standard = Optimizations(kind: .standard)
    /// All passes but those that round more than plain sums do.
    public static let exact = Optimizations(kind: .exact)
}

/// Runs passes one after the other.
package struct GraphOptimizer {
    package private(set) var graph: Graph
    package private(set) var inputs: [Value]
    package private(set) var outputs: [Value]
    private let cache: ConstantCache

    package init(graph: Graph, inputs: [Value], outputs: [Value], cache: ConstantCache) {
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs
        self.cache = cache
    }

    /// Runs passes, then computes the constants that they leave.
    package mutating func run(_ passes: [any Pass], workers: Workers = .single) throws {
        for pass in passes { try apply(pass) }
        guard !passes.isEmpty else { return }
        let constants = ConstantEvaluation(graph, outputs: outputs)
        try apply(ConstantSubstitution(results: constants.results(cache, workers: workers)))
        try apply(Cleanup())
    }

    private mutating func apply(_ pass: some Pass) throws {
        var patch = GraphPatch(from: graph, outputs: outputs, cache: cache)
        try patch.rewrite(with: pass, keeping: inputs)
        inputs = inputs.map { patch[$0] }
        outputs = outputs.map { patch[$0] }
        graph = patch.graph
    }
}

/// Leaves out what nobody reads.
private struct Cleanup: Pass {
    let name = "cleanup"
    func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? { nil }
}

/// A graph being rebuilt node by node from an older one.
package struct GraphPatch {
    /// The new graph so far.
    package var graph = Graph()
    private let old: Graph
    private var renamed: [Value: Value] = [:]
    /// Readers of each old value, the graph's outputs included.
    private let uses: [Value: Int]
    private let isNeeded: [Bool]
    /// The readers that values of the new graph will have.
    private var newUses: [Value: Int] = [:]
    /// Whether each node of the new graph so far follows from constants alone.
    private var constants: [Bool] = []
    /// The nodes of the new graph so far that read each value, and how many nodes that are.
    private var readers: [Value: [Int]] = [:]
    private var readerCount = 0
    package let cache: ConstantCache

    init(from old: Graph, outputs: [Value], cache: ConstantCache) {
        self.old = old
        self.cache = cache
        var isNeeded = [Bool](repeating: false, count: old.nodes.count)
        var uses: [Value: Int] = [:]
        for output in outputs {
            isNeeded[output.node] = true
            uses[output, default: 0] += 1
        }
        for node in old.nodes.reversed() where isNeeded[node.index] {
            for input in node.inputs {
                isNeeded[input.node] = true
                uses[input, default: 0] += 1
            }
        }
        self.uses = uses
        self.isNeeded = isNeeded
    }

    /// Where a value of the old graph is in the new one.
    package subscript(value: Value) -> Value {
        guard let new = renamed[value] else { preconditionFailure("value was not rebuilt") }
        return new
    }

    /// Whether `value` (of the new graph) follows from constants alone.
    package mutating func isConstant(_ value: Value) -> Bool {
        while constants.count < graph.nodes.count {
            let node = graph.nodes[constants.count]
            constants.append(node.isConstant { constants[$0.node] })
        }
        return constants[value.node]
    }

    /// The nodes of the new graph so far that read `value`.
    package mutating func readers(of value: Value) -> [Int] {
        for node in graph.nodes[readerCount...] {
            for input in Set(node.inputs) { readers[input, default: []].append(node.index) }
        }
        readerCount = graph.nodes.count
        return readers[value] ?? []
    }

    /// Whether nothing but the node at hand reads `value` (of the new graph), so that it may be
    /// merged into its producer.
    package func hasOneReader(_ value: Value) -> Bool { readerCount(of: value) == 1 }

    /// How often `value` (of the new graph) will be read, as an output of the graph too; 0 if the
    /// pass has only just put it in.
    package func readerCount(of value: Value) -> Int { newUses[value, default: 0] }

    mutating func rewrite(with pass: any Pass, keeping inputs: [Value]) throws {
        let kept = Set(inputs.map(\.node))
        for node in old.nodes where isNeeded[node.index] || kept.contains(node.index) {
            graph.label = node.label
            let moved = Node(
                index: node.index, op: node.op, inputs: node.inputs.map { self[$0] },
                types: node.types, label: node.label)
            let results =
                try kept.contains(node.index) ? nil : pass.replace(moved, in: &self)
            let values = try results ?? graph.append(node.op, moved.inputs)
            for (output, value) in values.enumerated() {
                renamed[node.output(output)] = value
                newUses[value, default: 0] += uses[node.output(output), default: 0]
            }
        }
    }
}
