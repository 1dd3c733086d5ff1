internal import SwiftletDataset
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Where the tensors of one batch lie.
struct BatchMemory {
    var inputs: [UnsafeRawPointer] = []
    var targets: [UnsafeRawPointer?] = []
    var sampleWeights: UnsafeRawPointer?
}

/// Cuts batches out of a dataset into memory that is used again and again.
struct BatchFeeder {
    let count: Int
    let batchSize: Int
    private let inputs: [Column]
    private let targets: [Column?]
    private let sampleWeights: Column?

    /// One tensor of the dataset, and where its rows of a batch go.
    private struct Column {
        let source: Tensor
        let rowShape: [Int]
        let dtype: DType
        let memory: TensorStorage

        init(_ source: Tensor, rowShape: [Int], dtype: DType, batchSize: Int) throws {
            self.source = source
            self.rowShape = rowShape
            self.dtype = dtype
            let rowBytes = rowShape.reduce(1, *) * dtype.size
            memory = try TensorStorage(byteCount: rowBytes * batchSize)
        }

        func type(rows: Int) throws -> TensorType {
            TensorType(try Shape([rows] + rowShape), dtype)
        }

        func load(_ rows: some Collection<Int>) throws -> UnsafeRawPointer {
            let size = rowShape.reduce(1, *) * dtype.size
            if source.dtype == dtype {
                for (place, row) in rows.enumerated() {
                    (memory.pointer + place * size).copyMemory(
                        from: source.storage.pointer + row * size, byteCount: size)
                }
            } else {
                let batch = try source.rows(at: Array(rows)).converted(to: dtype)
                memory.pointer.copyMemory(
                    from: batch.storage.pointer, byteCount: size * rows.count)
            }
            return UnsafeRawPointer(memory.pointer)
        }
    }

    /// - Parameter sampleWeights: float32 `[samples]`, or nil.
    /// - Throws: ``TrainingError/data(name:cause:)`` if the data do not fit the model.
    init(
        _ data: Dataset, network: Network, setup: ResolvedSetup, sampleWeights: Tensor?,
        batchSize: Int
    ) throws {
        count = data.count
        self.batchSize = batchSize
        guard count > 0 else {
            throw TrainingError.data(name: data.inputs[0].name, cause: "has no samples")
        }
        let size = min(batchSize, count)
        let entries = network.inputEntries
        inputs = try zip(entries, Self.matched(data.inputs, to: entries.map(\.name), "input")).map {
            entry, tensor in
            let (rowShape, dtype) = try Self.inputRow(entry, tensor)
            return try Column(tensor, rowShape: rowShape, dtype: dtype, batchSize: size)
        }
        let wanted = setup.outputNames.indices.filter { setup.needsTargets($0) }
        let names = wanted.map { setup.outputNames[$0] }
        var targets = [Column?](repeating: nil, count: setup.outputNames.count)
        for (output, tensor) in zip(wanted, try Self.matched(data.targets, to: names, "target")) {
            let name = setup.outputNames[output]
            guard tensor.dtype != .string else {
                throw TrainingError.data(name: name, cause: "targets are text, numbers expected")
            }
            targets[output] = try Column(
                tensor, rowShape: Array(tensor.shape.dimensions.dropFirst()), dtype: .float32,
                batchSize: size)
        }
        self.targets = targets
        self.sampleWeights = try sampleWeights.map {
            try Column(
                $0, rowShape: Array($0.shape.dimensions.dropFirst()), dtype: .float32,
                batchSize: size)
        }
    }

    /// The tensors by name, or in order where the names are others.
    private static func matched(
        _ tensors: NamedTensors, to names: [String], _ kind: String
    ) throws -> [Tensor] {
        let byName = names.compactMap { tensors[$0] }
        if byName.count == names.count { return byName }
        guard tensors.count == names.count else {
            throw TrainingError.data(
                name: names.joined(separator: "', '"),
                cause: "\(names.count) \(kind)\(names.count == 1 ? "" : "s") expected, "
                    + "\(tensors.count) found")
        }
        return tensors.tensors
    }

    /// The shape and type of one sample of an input, as the model takes it.
    private static func inputRow(
        _ entry: Network.Entry, _ tensor: Tensor
    ) throws -> (shape: [Int], dtype: DType) {
        var row = Array(tensor.shape.dimensions.dropFirst())
        guard let input = entry.layer as? Input else {
            throw ModelError.structure("'\(entry.name)' is an input but no InputLayer")
        }
        guard tensor.dtype != .string else {
            throw TrainingError.data(name: entry.name, cause: "is text, numbers expected")
        }
        let dtype = input.dtype.isFloatingPoint ? DType.float32 : input.dtype
        let declared = input.shape
        if !input.isDeclared, declared.isEmpty { return (row, dtype) }
        // A last axis of one element comes or goes, as in Keras.
        if row.count == declared.count - 1, declared.last == .some(1) { row.append(1) }
        if row.count == declared.count + 1, row.last == 1 { row.removeLast() }
        guard row.count == declared.count,
            zip(row, declared).allSatisfy({ $1 == nil || $0 == $1 })
        else {
            let wanted = declared.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
            throw TrainingError.data(
                name: entry.name,
                cause: "samples of shape [\(wanted)] expected, \(row) found")
        }
        return (row, dtype)
    }

    /// All targets of an output; nil where none are needed.
    func targets(of output: Int) -> Tensor? { targets[output]?.source }

    var batchCount: Int { (count + batchSize - 1) / batchSize }

    /// The samples of batch `index` as positions in an order.
    func range(_ index: Int) -> Range<Int> {
        index * batchSize..<min(count, (index + 1) * batchSize)
    }

    func types(rows: Int) throws -> BatchTypes {
        BatchTypes(
            inputs: try inputs.map { try $0.type(rows: rows) },
            targets: try targets.map { try $0?.type(rows: rows) },
            sampleWeights: try sampleWeights?.type(rows: rows))
    }

    /// Brings the samples at `rows` into memory; valid until the next call.
    func load(_ rows: some Collection<Int>) throws -> BatchMemory {
        BatchMemory(
            inputs: try inputs.map { try $0.load(rows) },
            targets: try targets.map { try $0?.load(rows) },
            sampleWeights: try sampleWeights?.load(rows))
    }
}
