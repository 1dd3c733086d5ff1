package import SwiftletGraph
package import SwiftletTensor
internal import Synchronization

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
    package let passes: [any Pass]

    /// The graph as the layers wrote it: slow, for tests and comparisons.
    public static let none = Optimizations(passes: [])
    /// All passes. Outputs keep within 1e-4 of Keras's, relative to their spread: convolutions of
    /// 3 × 3 taps use Winograd's algorithm where it is faster, which rounds more than plain sums.
    public static let standard = Optimizations(passes: PassList.standard(isExact: false))
    /// All passes but those that round more than plain sums do.
    public static let exact = Optimizations(passes: PassList.standard(isExact: true))
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

    package mutating func run(_ passes: [any Pass]) throws {
        for pass in passes {
            var patch = GraphPatch(from: graph, outputs: outputs, cache: cache)
            try patch.rewrite(with: pass, keeping: inputs)
            inputs = inputs.map { patch[$0] }
            outputs = outputs.map { patch[$0] }
            graph = patch.graph
        }
    }
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

    /// Whether nothing but the node at hand reads `value` (of the new graph), so that it may be
    /// merged into its producer.
    package func hasOneReader(_ value: Value) -> Bool { newUses[value] == 1 }

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

/// Results of operations on constants, shared by the plans of one predictor: a weight is folded and
/// packed once, whatever the number of batch sizes.
package final class ConstantCache: Sendable {
    private struct Key: Hashable {
        let op: String
        let operands: [ObjectIdentifier]
    }

    /// The operands are kept so that their identities stay theirs.
    private struct Entry: Sendable {
        let operands: [Tensor]
        let value: any Sendable
    }

    private let entries = Mutex<[Key: Entry]>([:])

    package init() {}

    /// What `make` gives for an operation on these constants, made once.
    package func value<Result: Sendable>(
        of op: String, on operands: [Tensor], _ make: () throws -> Result
    ) rethrows -> Result {
        let key = Key(op: op, operands: operands.map { ObjectIdentifier($0.storage) })
        if let found = entries.withLock({ $0[key]?.value }) as? Result { return found }
        let value = try make()
        entries.withLock { $0[key] = Entry(operands: operands, value: value) }
        return value
    }
}
