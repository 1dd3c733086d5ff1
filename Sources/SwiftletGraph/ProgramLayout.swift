internal import SwiftletTensor

/// Works out a program's steps, buffers and their lifetimes.
struct ProgramLayout {
    private let graph: Graph
    private let inputs: [Value]
    private let outputs: [Value]
    /// The nodes that the outputs need, in the graph's order.
    private let needed: [Int]
    private var buffers: [Value: Int] = [:]
    private(set) var steps: [Program.Step] = []
    private(set) var locations: [Program.Location] = []
    private(set) var scratchOffset = 0
    private(set) var arenaByteCount = 0
    // Per buffer.
    private var byteCounts: [Int] = []
    private var firstUse: [Int] = []
    private var lastUse: [Int] = []

    init(graph: Graph, inputs: [Value], outputs: [Value]) {
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs
        needed = Self.needed(for: outputs, in: graph)
    }

    /// What one of many constants needs is a few nodes of many, so the others are not looked at.
    private static func needed(for outputs: [Value], in graph: Graph) -> [Int] {
        var isNeeded = [Bool](repeating: false, count: graph.nodes.count)
        var needed: [Int] = []
        var left = outputs.map(\.node)
        while let node = left.popLast() {
            guard !isNeeded[node] else { continue }
            isNeeded[node] = true
            needed.append(node)
            left += graph.nodes[node].inputs.lazy.map(\.node)
        }
        return needed.sorted()
    }

    /// Whether there are strings among the values.
    var hasTexts: Bool {
        buffers.keys.contains { graph[$0].dtype == .string }
    }

    func buffer(of value: Value) -> Int {
        guard let buffer = buffers[value] else { preconditionFailure("value without a buffer") }
        return buffer
    }

    mutating func place(threads: Int, placesOutputs: Bool) throws {
        for (position, input) in inputs.enumerated() {
            _ = addBuffer(input, .fed(position: position))
        }
        let remainingUses = countUses()
        try makeSteps(remainingUses, threads: threads)
        var scratch = 0
        for step in steps {
            scratch = max(
                scratch,
                step.op.scratchByteCount(
                    inputs: step.inputTypes, outputs: step.outputTypes, threads: threads))
        }
        if !placesOutputs {
            for output in outputs { byteCounts[buffer(of: output)] = 0 }
        }
        planMemory(scratch: scratch)
    }

    private func countUses() -> [Value: Int] {
        var uses: [Value: Int] = [:]
        for index in needed {
            for input in graph.nodes[index].inputs { uses[input, default: 0] += 1 }
        }
        for output in outputs { uses[output, default: 0] += 1 }
        return uses
    }

    private mutating func addBuffer(_ value: Value, _ location: Program.Location) -> Int {
        let buffer = locations.count
        buffers[value] = buffer
        locations.append(location)
        byteCounts.append(graph[value].byteCount)
        firstUse.append(steps.count)
        lastUse.append(steps.count)
        return buffer
    }

    private mutating func makeSteps(_ uses: [Value: Int], threads: Int) throws {
        // Readers still to come of each buffer, so that the last one may overwrite it.
        var readers = [Int: Int]()
        for (value, count) in uses {
            if let buffer = buffers[value] { readers[buffer, default: 0] += count }
        }
        for index in needed {
            let node = graph.nodes[index]
            switch node.op {
            case let placeholder as Placeholder:
                guard buffers[node.output()] != nil else {
                    throw GraphError.feed(name: placeholder.placeholder, cause: "is not fed")
                }
            case let constant as Constant:
                _ = addBuffer(node.output(), .constant(constant.tensor))
            case let op where op.isView:
                let source = buffer(of: node.inputs[0])
                buffers[node.output()] = source
                readers[source, default: 0] += uses[node.output(), default: 0] - 1
            case let op:
                addStep(node, try op.prepared(threads: threads), &readers)
            }
            if !node.op.isView {
                for output in node.types.indices {
                    let value = node.output(output)
                    readers[buffer(of: value), default: 0] += uses[value, default: 0]
                }
            }
        }
        for output in outputs { lastUse[buffer(of: output)] = steps.count }
    }

    private mutating func addStep(
        _ node: Node, _ op: any Op, _ readers: inout [Int: Int]
    ) {
        let inputBuffers = node.inputs.map { buffer(of: $0) }
        for buffer in inputBuffers {
            lastUse[buffer] = steps.count
            readers[buffer, default: 0] -= 1
        }
        var outputBuffers: [Int] = []
        for output in node.types.indices {
            let value = node.output(output)
            if output == 0, let reused = overwritable(node, inputBuffers, readers) {
                buffers[value] = reused
                lastUse[reused] = steps.count
                outputBuffers.append(reused)
            } else {
                outputBuffers.append(addBuffer(value, .arena(offset: 0)))
            }
        }
        steps.append(
            Program.Step(
                op: op, label: node.label, inputs: inputBuffers, outputs: outputBuffers,
                inputTypes: node.inputs.map { graph[$0] }, outputTypes: node.types))
    }

    /// An arena buffer of equal size that this node is the last to read.
    private func overwritable(
        _ node: Node, _ inputBuffers: [Int], _ readers: [Int: Int]
    ) -> Int? {
        for (index, buffer) in inputBuffers.enumerated() where node.op.canOverwrite(input: index) {
            guard case .arena = locations[buffer], readers[buffer] == 0,
                inputBuffers.count(where: { $0 == buffer }) == 1,
                byteCounts[buffer] == node.types[0].byteCount
            else { continue }
            return buffer
        }
        return nil
    }

    private mutating func planMemory(scratch: Int) {
        var arena: [Int] = []
        var lifetimes: [MemoryPlan.Lifetime] = []
        for (buffer, location) in locations.enumerated() {
            guard case .arena = location else { continue }
            arena.append(buffer)
            lifetimes.append(
                MemoryPlan.Lifetime(
                    byteCount: byteCounts[buffer], first: firstUse[buffer], last: lastUse[buffer]))
        }
        let plan = MemoryPlan(lifetimes)
        for (buffer, offset) in zip(arena, plan.offsets) {
            locations[buffer] = .arena(offset: offset)
        }
        scratchOffset = plan.byteCount
        arenaByteCount = plan.byteCount + (scratch + 63) & -64
    }
}
