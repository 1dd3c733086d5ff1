internal import SwiftletLimits
package import SwiftletTensor
internal import Synchronization

/// A graph made ready to run: the steps that its outputs need, and where each value lies in memory.
///
/// Immutable; every run brings its own ``Workspace``, so any number of threads may run it at once.
package final class Program: Sendable {
    /// One operation; an object, so that a run only passes its address on.
    final class Step: Sendable {
        let op: any Op
        let label: String
        let inputs: [Int]
        let outputs: [Int]
        let inputTypes: [TensorType]
        let outputTypes: [TensorType]
        private let plan = Mutex<(any Sendable)?>(nil)

        /// What `make` gave at the first run.
        func planned<Plan: Sendable>(_ make: () -> Plan) -> Plan {
            // Unwrapped first: nothing at all would pass for an optional plan that is nil.
            if let held = plan.withLock({ $0 }), let plan = held as? Plan { return plan }
            let made = make()
            plan.withLock { $0 = made }
            return made
        }

        init(
            op: any Op, label: String, inputs: [Int], outputs: [Int], inputTypes: [TensorType],
            outputTypes: [TensorType]
        ) {
            self.op = op
            self.label = label
            self.inputs = inputs
            self.outputs = outputs
            self.inputTypes = inputTypes
            self.outputTypes = outputTypes
        }
    }

    /// Where a buffer's bytes come from.
    enum Location: Sendable {
        case arena(offset: Int)
        case constant(Tensor)
        case fed(position: Int)
    }

    /// The types that ``Workspace`` must be fed, in the order of `inputs` given at compilation.
    package let inputTypes: [TensorType]
    package let outputTypes: [TensorType]
    /// Threads for which scratch memory is planned; a run may use fewer.
    package let threads: Int
    /// Bytes of all intermediate values and scratch memory together.
    package let arenaByteCount: Int
    let steps: [Step]
    let locations: [Location]
    let outputBuffers: [Int]
    let scratchOffset: Int
    /// Whether there are strings among the values; they lie outside the arena.
    private let hasTexts: Bool

    /// Compiles what `outputs` need.
    ///
    /// - Parameters:
    ///   - inputs: placeholders in the order in which they will be fed.
    ///   - threads: the largest number of threads that a run will use.
    ///   - placesOutputs: whether outputs lie in the arena; otherwise every run must say where
    ///     they are to be written, see ``place(output:at:in:)``.
    /// - Throws: ``GraphError/feed(name:cause:)`` if a needed placeholder is not among `inputs`, or a
    ///   `LimitError`.
    package init(
        _ graph: Graph, inputs: [Value], outputs: [Value], threads: Int = 1,
        placesOutputs: Bool = true
    ) throws {
        var layout = ProgramLayout(graph: graph, inputs: inputs, outputs: outputs)
        try layout.place(threads: threads, placesOutputs: placesOutputs)
        self.threads = threads
        steps = layout.steps
        locations = layout.locations
        precondition(inputs.indices.allSatisfy { layout.buffer(of: inputs[$0]) == $0 })
        inputTypes = inputs.map { graph[$0] }
        outputTypes = outputs.map { graph[$0] }
        outputBuffers = outputs.map { layout.buffer(of: $0) }
        scratchOffset = layout.scratchOffset
        arenaByteCount = layout.arenaByteCount
        try Limits.check(.modelBytes, arenaByteCount)
        hasTexts = layout.hasTexts
    }

    /// What a run computes; see ``Op/multiplyAddCount(inputs:outputs:)``.
    package var multiplyAddCount: Int {
        steps.reduce(0) {
            $0 + $1.op.multiplyAddCount(inputs: $1.inputTypes, outputs: $1.outputTypes)
        }
    }

    /// Bytes that a run needs beside its inputs: the arena and the table of addresses.
    package var workspaceByteCount: Int {
        arenaByteCount + locations.count * MemoryLayout<UnsafeMutableRawPointer>.stride
    }

    /// Bytes of the constants that a run reads; shared ones count once.
    package var constantByteCount: Int {
        var seen = Set<ObjectIdentifier>()
        return locations.reduce(0) { sum, location in
            guard case .constant(let tensor) = location,
                seen.insert(ObjectIdentifier(tensor.storage)).inserted
            else { return sum }
            return sum + tensor.storage.byteCount
        }
    }

    /// The operations in the order in which they run.
    package var stepNames: [String] { steps.map(\.op.name) }

    /// What one step does, for profiles.
    package struct StepDescription {
        package let operation: String
        package let kernel: String
        package let label: String
        package let output: Shape
        package let multiplyAdds: Int
        /// Of operands and results, each once.
        package let byteCount: Int
        /// How often a run takes the step.
        package let calls: Int
    }

    /// The steps in the order of the numbers that a run's observer is told: those of bodies follow
    /// each other in the place of the step that runs them.
    package var stepDescriptions: [StepDescription] { descriptions(calls: 1) }

    private func descriptions(calls: Int) -> [StepDescription] {
        steps.flatMap { step in
            if let loop = step.op as? RowLoop, let body = loop.body {
                return body.descriptions(calls: calls * loop.sliceCount)
            }
            return [
                StepDescription(
                    operation: step.op.name,
                    kernel: step.op.kernel(inputs: step.inputTypes, outputs: step.outputTypes),
                    label: step.label, output: step.outputTypes[0].shape,
                    multiplyAdds: step.op.multiplyAddCount(
                        inputs: step.inputTypes, outputs: step.outputTypes),
                    byteCount: (step.inputTypes + step.outputTypes).reduce(0) { $0 + $1.byteCount },
                    calls: calls)
            ]
        }
    }

    /// The numbers that observers are told of the first step and of each after it.
    private var observedNumbers: [Int] {
        steps.reduce(into: [0]) { numbers, step in
            let body = (step.op as? RowLoop)?.body
            numbers.append((numbers.last ?? 0) + (body?.observedNumbers.last ?? 1))
        }
    }

    /// Lays the program's values out in `memory`; nothing is allocated.
    ///
    /// - Parameter memory: ``workspaceByteCount`` bytes aligned to 64, which nobody else uses while
    ///   the workspace is in use.
    package func workspace(in memory: UnsafeMutableRawPointer) -> Workspace {
        workspace(in: memory) { $0.pointer }
    }

    private func workspace(
        in memory: UnsafeMutableRawPointer,
        constants address: (TensorStorage) throws -> UnsafeMutableRawPointer
    ) rethrows -> Workspace {
        let addresses = (memory + arenaByteCount)
            .bindMemory(to: UnsafeMutableRawPointer.self, capacity: locations.count)
        for (buffer, location) in locations.enumerated() {
            switch location {
            case .arena(let offset): addresses[buffer] = memory + offset
            case .constant(let tensor): addresses[buffer] = try address(tensor.storage)
            case .fed: addresses[buffer] = memory
            }
        }
        return Workspace(
            memory: memory, addresses: addresses, texts: hasTexts ? Texts(locations) : nil)
    }

    /// Tells where input `position` lies; it stays there for further runs.
    package func feed(
        _ position: Int, from address: UnsafeRawPointer, into workspace: Workspace
    ) {
        workspace.addresses[position] = UnsafeMutableRawPointer(mutating: address)
    }

    /// Gives input `position` its strings, for the next run.
    package func feed(_ position: Int, texts: [String], into workspace: Workspace) {
        workspace.texts?[position] = texts
    }

    /// The strings of output `position` after a run.
    package func texts(_ position: Int, in workspace: Workspace) -> [String] {
        workspace.texts?[outputBuffers[position]] ?? []
    }

    /// Has output `position` written to `address` in the next runs; for programs that do not place
    /// their outputs.
    ///
    /// - Returns: false if the output is an input or a constant, or another output: it must be copied
    ///   from where it lies after a run.
    func place(
        output position: Int, at address: UnsafeMutableRawPointer, in workspace: Workspace
    ) -> Bool {
        let buffer = outputBuffers[position]
        guard case .arena = locations[buffer],
            outputBuffers[..<position].contains(buffer) == false
        else { return false }
        workspace.addresses[buffer] = address
        return true
    }

    /// Where output `position` lies after a run; valid until the next one.
    package func output(_ position: Int, in workspace: Workspace) -> UnsafeRawPointer {
        UnsafeRawPointer(workspace.addresses[outputBuffers[position]])
    }

    /// Runs all steps on the inputs that were fed.
    ///
    package func run(_ workspace: Workspace, workers: Workers) throws {
        precondition(workers.count <= threads)
        let isTimed = Limits.isTimed
        try workers.engaged {
            for step in steps {
                if isTimed { try Limits.checkTime() }
                try step.op.evaluate(call(of: step, workspace, workers: workers))
            }
        }
    }

    /// The same, and calls `observe` after every step with its number among
    /// ``stepDescriptions``; for profiles.
    package func run(
        _ workspace: Workspace, workers: Workers, observing observe: @escaping (Int) -> Void
    ) throws {
        precondition(workers.count <= threads)
        try workers.engaged {
            for (step, number) in zip(steps, observedNumbers) {
                if step.op is RowLoop {
                    try step.op.evaluate(
                        call(of: step, workspace, workers: workers) { observe(number + $0) })
                } else {
                    try step.op.evaluate(call(of: step, workspace, workers: workers))
                    observe(number)
                }
            }
        }
    }

    private func call(
        of step: Step, _ workspace: Workspace, workers: Workers,
        observing observe: ((Int) -> Void)? = nil,
        releasing release: ((_ input: Int, _ bytes: Range<Int>) -> Void)? = nil
    ) -> OpCall {
        OpCall(
            step: step, addresses: workspace.addresses, texts: workspace.texts,
            scratch: workspace.memory + scratchOffset, workers: workers, releasing: release,
            observing: observe)
    }

    /// Runs on tensors, into tensors: for tests, constant folding and single calls.
    ///
    /// - Parameters:
    ///   - releasesConstants: whether the memory of mapped constants is given back by the step that
    ///     reads them.
    ///   - memory: ``workspaceByteCount`` bytes or more that nobody else uses during the run.
    /// - Throws: ``GraphError/feed(name:cause:)`` if an input has not the type declared.
    package func run(
        _ inputs: [Tensor], workers: Workers = .single, releasesConstants: Bool = false,
        in memory: TensorStorage? = nil
    ) throws -> [Tensor] {
        precondition(inputs.count == inputTypes.count)
        let memory = try memory ?? TensorStorage(byteCount: workspaceByteCount)
        precondition(memory.byteCount >= workspaceByteCount)
        // Constants that must be copied to be read are copied for this run alone.
        var constants: [TensorStorage] = []
        let workspace = try workspace(in: memory.pointer) { storage in
            if releasesConstants { return memory.pointer }
            let aligned = try storage.aligned()
            constants.append(aligned)
            return aligned.pointer
        }
        for (position, type) in inputTypes.enumerated() {
            let found = TensorType(inputs[position].shape, inputs[position].dtype)
            guard found == type else {
                throw GraphError.feed(
                    name: "\(position)", cause: "\(type) expected, \(found) found")
            }
            feed(position, from: inputs[position].storage.pointer, into: workspace)
            if let texts = inputs[position].strings {
                feed(position, texts: texts, into: workspace)
            }
        }
        let direct = try directOutputs(in: workspace)
        return try withExtendedLifetime((memory, inputs, constants)) {
            if releasesConstants {
                try runReleasing(workspace, workers: workers)
            } else {
                try run(workspace, workers: workers)
            }
            return try outputTypes.enumerated().map { position, type in
                if type.dtype == .string {
                    return try Tensor(
                        strings: texts(position, in: workspace), shape: type.shape)
                }
                if let storage = direct[position] {
                    return try Tensor(storage: storage, shape: type.shape, dtype: type.dtype)
                }
                return try Tensor(shape: type.shape, dtype: type.dtype) {
                    let address = output(position, in: workspace)
                    $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: $0.count))
                }
            }
        }
    }

    private func runReleasing(_ workspace: Workspace, workers: Workers) throws {
        for step in steps {
            var copies: [TensorStorage] = []
            for input in step.inputs {
                guard case .constant(let tensor) = locations[input] else { continue }
                copies.append(try tensor.storage.aligned())
                workspace.addresses[input] = copies[copies.count - 1].pointer
            }
            try withExtendedLifetime(copies) {
                try step.op.evaluate(
                    call(
                        of: step, workspace, workers: workers,
                        releasing: { input, bytes in
                            guard case .constant(let tensor) = self.locations[step.inputs[input]]
                            else { return }
                            tensor.storage.releasePages(of: bytes)
                        }))
            }
            for input in step.inputs {
                if case .constant(let tensor) = locations[input] { tensor.storage.releasePages() }
            }
        }
        for buffer in outputBuffers {
            if case .constant(let tensor) = locations[buffer] {
                workspace.addresses[buffer] = tensor.storage.pointer
            }
        }
    }

    /// Lets values of the arena that are outputs lie in memory of their own, by position: a packed
    /// kernel may be large, and what lies unused in the arena costs nothing.
    private func directOutputs(in workspace: Workspace) throws -> [Int: TensorStorage] {
        var direct: [Int: TensorStorage] = [:]
        var seen = Set<Int>()
        for (position, type) in outputTypes.enumerated() where type.dtype != .string {
            let buffer = outputBuffers[position]
            guard case .arena = locations[buffer], seen.insert(buffer).inserted else { continue }
            let storage = try TensorStorage(byteCount: type.byteCount, populated: true)
            workspace.addresses[buffer] = storage.pointer
            direct[position] = storage
        }
        return direct
    }
}

/// The memory of one run at a time.
package struct Workspace {
    let memory: UnsafeMutableRawPointer
    let addresses: UnsafeMutablePointer<UnsafeMutableRawPointer>
    /// The strings of a run by buffer; nil if the program has none.
    let texts: Texts?
}

/// Strings by the buffer that they are the content of: they have no fixed size, so they do not lie
/// in the arena.
final class Texts {
    private var values: [[String]]

    init(_ locations: [Program.Location]) {
        values = locations.map {
            if case .constant(let tensor) = $0 { tensor.strings ?? [] } else { [] }
        }
    }

    subscript(buffer: Int) -> [String] {
        get { values[buffer] }
        set { values[buffer] = newValue }
    }
}
