public import SwiftletDataset
internal import SwiftletGraph
public import SwiftletLayers
internal import SwiftletTensor

extension Model {
    /// Lets the layers learn that take statistics from data before a training (``Normalization``,
    /// ``Discretization``), as Keras's `adapt` does: each from what the layers before it make of the data.
    ///
    /// - Parameters:
    ///   - onlyMissing: leaves alone the layers that have statistics already.
    ///   - rows: the samples to learn from; nil for all.
    /// - Returns: the names of the layers that were adapted.
    @discardableResult
    public mutating func adapt(
        to data: Dataset, onlyMissing: Bool = false, rows: [Int]? = nil
    ) throws -> [String] {
        var adapted: [String] = []
        for index in network.entries.indices {
            let entry = network.entries[index]
            guard let layer = entry.layer as? any AdaptableLayer, layer.isAdaptable,
                !entry.calls.isEmpty
            else {
                continue
            }
            let tensors = tensors
            guard
                !onlyMissing
                    || layer.lacksStatistics({ tensors["\(entry.name)/\($0)"] })
            else { continue }
            var adaptation = try layer.adaptation()
            try forEachInput(ofLayer: index, data, rows ?? Array(0..<data.count)) {
                try adaptation.add($0)
            }
            let (result, weights) = try adaptation.result()
            network.entries[index].layer = result
            for (name, value) in weights { self.tensors["\(entry.name)/\(name)"] = value }
            adapted.append(entry.name)
        }
        return adapted
    }

    private static let batchSize = 256

    /// Gives what the first call of a layer takes, batch by batch.
    private func forEachInput(
        ofLayer index: Int, _ data: Dataset, _ rows: [Int], _ body: (Tensor) throws -> Void
    ) throws {
        guard let source = network.entries[index].calls[0].inputs.first else { return }
        let part = try Network(
            kind: .functional, options: LayerOptions(name: nil), entries: network.entries,
            inputs: network.inputs, outputs: .leaf(source))
        let feeder = try BatchFeeder(
            data, rows: rows, network: network, batchSize: min(Self.batchSize, rows.count))
        let pass = feeder.pass()
        var programs: [Int: Program] = [:]
        for number in 0..<feeder.batchCount {
            let batch = pass.batch(number)
            let types = try feeder.types(rows: batch.count).inputs
            let program = try programs[batch.count] ?? part.program(types, tensors)
            programs[batch.count] = program
            let memory = try TensorStorage(byteCount: program.workspaceByteCount)
            let workspace = program.workspace(in: memory.pointer)
            for (position, address) in batch.inputs.enumerated() {
                program.feed(position, from: address, into: workspace)
            }
            try program.run(workspace, workers: .single)
            let type = program.outputTypes[0]
            try body(
                Tensor(shape: type.shape, dtype: type.dtype) {
                    $0.copyMemory(
                        from: UnsafeRawBufferPointer(
                            start: program.output(0, in: workspace), count: $0.count))
                })
        }
    }
}

extension Network {
    /// What the network computes of one batch outside of training.
    fileprivate func program(_ types: [TensorType], _ tensors: [String: Tensor]) throws -> Program {
        var lowering = Lowering(isTraining: false, weights: .constants(tensors))
        let inputs = try zip(inputEntries, types).map {
            try lowering.graph.placeholder($0.name, $1)
        }
        let outputs = try lower(CallArguments(list: inputs), in: &lowering)
        return try Program(lowering.graph, inputs: inputs, outputs: outputs, threads: 1)
    }
}
