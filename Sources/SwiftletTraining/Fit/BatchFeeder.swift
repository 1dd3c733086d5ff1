internal import SwiftletDataset
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Where the tensors of one batch lie.
struct BatchMemory {
    /// Samples; of those that are shared out, all of them, not only the ones in memory.
    var count: Int
    var inputs: [UnsafeRawPointer] = []
    var targets: [UnsafeRawPointer?] = []
    var sampleWeights: UnsafeRawPointer?
}

/// Cuts batches out of a dataset into memory that is used again and again.
struct BatchFeeder {
    /// Samples.
    let count: Int
    let batchSize: Int
    /// The samples' places in the dataset; nil if they are all of it, in its order.
    private let rows: [Int]?
    private let inputs: [Column]
    private let targets: [Column?]
    private let sampleWeights: Column?
    /// The ranks that share out every batch.
    private let group: RankGroup?
    /// Reads the next batch during a step, where that takes long enough to be worth it.
    private let side: SideThread?

    /// Bytes of a batch from which on the next one is read on a thread of its own.
    private static let manyBytes = 1 << 16

    /// One tensor of the dataset, and where its rows of a batch go.
    private struct Column {
        let source: Tensor
        let rowShape: [Int]
        let dtype: DType
        /// For the batch at work and the next one.
        let memories: [TensorStorage]
        let reading: ReadingCount?

        init(_ source: Tensor, rowShape: [Int], dtype: DType, batchSize: Int) throws {
            guard Tensor.canConvert(source.dtype, to: dtype) else {
                throw TensorError.conversion(from: source.dtype, to: dtype)
            }
            self.source = source
            self.rowShape = rowShape
            self.dtype = dtype
            let bytes = try Shape([batchSize] + rowShape).elementCount * dtype.size
            memories = try (0..<2).map { _ in try TensorStorage(byteCount: bytes) }
            reading = source.isMapped ? ReadingCount() : nil
        }

        /// Whether reading a batch costs more than waking a thread.
        var isSlow: Bool {
            let bytes = memories[0].byteCount
            return source.isMapped || bytes >= (source.dtype == dtype ? 4 : 1) * manyBytes
        }

        func type(rows: Int) throws -> TensorType {
            TensorType(try Shape([rows] + rowShape), dtype)
        }

        func load(_ rows: some Collection<Int>, slot: Int) -> UnsafeRawPointer {
            let memory = memories[slot]
            source.copyRows(rows, as: dtype, to: memory.pointer)
            reading?.add(rows: rows.count, of: source)
            return UnsafeRawPointer(memory.pointer)
        }
    }

    /// Keeps the memory small that a file's pages take.
    private final class ReadingCount {
        private var bytes = 0
        private static let most = 1 << 25
        /// What the system maps around a place that is read.
        private static let neighbourhood = 1 << 16

        func add(rows: Int, of source: Tensor) {
            let size = source.shape.count(of: 1...) * source.dtype.size
            bytes += rows * (size + Self.neighbourhood)
            guard bytes > Self.most else { return }
            bytes = 0
            source.releasePages()
        }
    }

    /// - Parameters:
    ///   - rows: which samples of the dataset; nil for all.
    ///   - setup: which targets are needed; nil for none.
    ///   - sampleWeights: float32, one for each sample of the dataset, or nil.
    ///   - group: the ranks that share out every batch; nil if there is one only.
    /// - Throws: ``TrainingError/data(name:cause:)`` if the data do not fit the model.
    init(
        _ data: Dataset, rows: [Int]? = nil, network: Network, setup: ResolvedSetup? = nil,
        sampleWeights: Tensor? = nil, batchSize: Int, group: RankGroup? = nil
    ) throws {
        self.group = group
        count = rows?.count ?? data.count
        self.rows = rows
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
        let outputs = setup?.outputNames ?? []
        let wanted = outputs.indices.filter { setup?.needsTargets($0) == true }
        let names = wanted.map { outputs[$0] }
        var targets = [Column?](repeating: nil, count: outputs.count)
        let found = wanted.isEmpty ? [] : try Self.matched(data.targets, to: names, "target")
        for (output, tensor) in zip(wanted, found) {
            let name = outputs[output]
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
        let isSlow = (self.inputs + targets.compactMap(\.self)).contains { $0.isSlow }
        side = isSlow ? SideThread() : nil
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

    /// Calls `body` with the targets of an output in pieces; not at all where none are needed.
    func forEachTarget(of output: Int, _ body: (UnsafeBufferPointer<Float>) throws -> Void) throws {
        guard let column = targets[output] else { return }
        var start = 0
        while start < count {
            let end = min(count, start + batchSize)
            let floats = column.load(places(start..<end), slot: 0)
                .assumingMemoryBound(to: Float.self)
            let width = column.rowShape.reduce(1, *)
            try body(UnsafeBufferPointer(start: floats, count: (end - start) * width))
            start = end
        }
    }

    private func places(_ range: Range<Int>) -> ArraySlice<Int> {
        rows?[range] ?? ArraySlice(range)
    }

    var batchCount: Int { (count + batchSize - 1) / batchSize }

    /// The samples of batch `index` as positions in an order.
    func range(_ index: Int) -> Range<Int> {
        index * batchSize..<min(count, (index + 1) * batchSize)
    }

    /// What this rank takes of a batch.
    private func share(of range: Range<Int>) -> Range<Int> {
        guard let share = group?.share(of: range.count) else { return range }
        return range.lowerBound + share.lowerBound..<range.lowerBound + share.upperBound
    }

    /// The types of a whole batch.
    func types(rows: Int) throws -> BatchTypes {
        BatchTypes(
            inputs: try inputs.map { try $0.type(rows: rows) },
            targets: try targets.map { try $0?.type(rows: rows) },
            sampleWeights: try sampleWeights?.type(rows: rows))
    }

    /// Brings samples into memory; valid until the call after the next one of the other slot.
    private func load(_ rows: some Collection<Int>, of count: Int, slot: Int) -> BatchMemory {
        BatchMemory(
            count: count, inputs: inputs.map { $0.load(rows, slot: slot) },
            targets: targets.map { $0?.load(rows, slot: slot) },
            sampleWeights: sampleWeights?.load(rows, slot: slot))
    }

    // MARK: Passes

    /// - Parameter order: of the samples, as positions; nil for their own.
    func pass(order: [Int]? = nil) -> Pass { Pass(self, order: order) }

    /// One pass over the batches; while the caller works on one, the next one is read.
    final class Pass: @unchecked Sendable {
        let feeder: BatchFeeder
        /// Places in the dataset; nil for all in order.
        private let places: [Int]?
        /// Written by the side thread while it has a job, read by the caller after it.
        private var next: (index: Int, batch: BatchMemory)?

        fileprivate init(_ feeder: BatchFeeder, order: [Int]?) {
            self.feeder = feeder
            if let order, let rows = feeder.rows {
                places = order.map { rows[$0] }
            } else {
                places = order ?? feeder.rows
            }
        }

        deinit { feeder.side?.wait() }

        /// Batch `index`, in memory until the next call.
        func batch(_ index: Int) -> BatchMemory {
            guard let side = feeder.side else { return load(index) }
            side.wait()
            let batch = next.flatMap { $0.index == index ? $0.batch : nil } ?? load(index)
            next = nil
            if index + 1 < feeder.batchCount {
                // The job holds nothing: whoever drops the pass waits for it.
                let pass = Unmanaged.passUnretained(self)
                side.begin {
                    pass._withUnsafeGuaranteedRef { $0.next = (index + 1, $0.load(index + 1)) }
                }
            }
            return batch
        }

        private func load(_ index: Int) -> BatchMemory {
            let range = feeder.range(index)
            let share = feeder.share(of: range)
            if let places { return feeder.load(places[share], of: range.count, slot: index % 2) }
            return feeder.load(share, of: range.count, slot: index % 2)
        }
    }
}
