internal import SwiftletGraph
internal import SwiftletTensor
internal import Synchronization

/// Computes what depends on constants alone once all passes have had their say: a kernel that was
/// scaled and then packed is made in one go, and what lies between is never kept.
///
/// Results are made by several threads at once, the largest first.
struct ConstantEvaluation {
    private let graph: Graph
    private let outputs: [Value]
    private let isConstant: [Bool]

    init(_ graph: Graph, outputs: [Value]) {
        self.graph = graph
        self.outputs = outputs
        var isConstant: [Bool] = []
        for node in graph.nodes { isConstant.append(node.isConstant { isConstant[$0.node] }) }
        self.isConstant = isConstant
    }

    /// The nodes whose results are wanted, with these results.
    func results(_ cache: ConstantCache, workers: Workers) throws -> [Int: [Tensor]] {
        let wanted = wantedNodes.sorted { size($0) > size($1) }
        let found = Mutex<[Int: Result<[Tensor], any Error>]>([:])
        let memory = ThreadMemory()
        workers.forEach(parts: wanted.count) { part, thread in
            let node = graph.nodes[wanted[part]]
            let result = Result {
                try cache.value(of: key(node)) {
                    try compute(node) { try memory.bytes($0, thread: thread) }
                }
            }
            found.withLock { $0[node.index] = result }
        }
        return try found.withLock { try $0.mapValues { try $0.get() } }
    }

    private func size(_ node: Int) -> Int {
        graph.nodes[node].types.reduce(0) { $0 + $1.byteCount }
    }

    /// Constant nodes, beside the tensors themselves, that others than constants read.
    private var wantedNodes: Set<Int> {
        var isNeeded = [Bool](repeating: false, count: graph.nodes.count)
        var wanted = Set<Int>()
        func need(_ value: Value) {
            if !isConstant[value.node] {
                isNeeded[value.node] = true
            } else if !(graph.op(of: value) is Constant) {
                wanted.insert(value.node)
            }
        }
        outputs.forEach(need)
        for node in graph.nodes.reversed() where isNeeded[node.index] { node.inputs.forEach(need) }
        return wanted
    }

    private func compute(
        _ node: Node, in memory: (_ byteCount: Int) throws -> TensorStorage
    ) throws -> [Tensor] {
        let values = node.types.indices.map { node.output($0) }
        let program = try Program(graph, inputs: [], outputs: values)
        // Kernels of 16 bits take the place of what they are made of, piece by piece.
        let isNarrowed = node.types.allSatisfy { $0.dtype.size == 2 }
        let results = try program.run(
            [], releasesConstants: isNarrowed, in: memory(program.workspaceByteCount))
        release(node)
        return results
    }

    /// Gives back the pages of a file whose weights have been packed.
    private func release(_ node: Node) {
        for input in node.inputs {
            let producer = graph.nodes[input.node]
            if let constant = producer.op as? Constant {
                constant.tensor.storage.releasePages()
            } else {
                release(producer)
            }
        }
    }

    private func key(_ node: Node) -> ConstantKey {
        .operation(
            DescribedOp(node),
            node.inputs.map { input in
                let producer = graph.nodes[input.node]
                if let constant = producer.op as? Constant { return .tensor(constant.tensor) }
                return .output(input.output, of: key(producer))
            })
    }
}

/// What threads compute in, one result after the other: to have the system hand out fresh memory for each
/// takes longer than many of the computations.
private final class ThreadMemory: Sendable {
    private let held = Mutex<[Int: TensorStorage]>([:])

    func bytes(_ count: Int, thread: Int) throws -> TensorStorage {
        if let held = held.withLock({ $0[thread] }), held.byteCount >= count { return held }
        held.withLock { $0[thread] = nil }
        let storage = try TensorStorage(byteCount: count)
        held.withLock { $0[thread] = storage }
        return storage
    }
}

extension Node {
    /// Whether the results follow from constants alone and from what the op says of itself.
    ///
    /// - Parameter isConstant: the answer for the node's inputs.
    func isConstant(_ isConstant: (Value) -> Bool) -> Bool {
        if op is Constant { return true }
        // What an op with a tensor or a graph inside computes does not follow from its description.
        if op is Pad || op is Scan || op is ScanGradient { return false }
        return !inputs.isEmpty && inputs.allSatisfy(isConstant)
    }
}

/// Puts results in the place of the nodes that they are the results of.
struct ConstantSubstitution: Pass {
    let name = "constant substitution"
    let results: [Int: [Tensor]]

    func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        try results[node.index]?.map { try patch.graph.constant($0) }
    }
}
