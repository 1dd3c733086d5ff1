internal import SwiftletData
public import SwiftletDataset
internal import SwiftletFiles
package import SwiftletLayers
internal import SwiftletRuntime
internal import SwiftletTensor
internal import SwiftletTraining

/// How the rows of a file are worked through.
public struct StreamOptions: Sendable {
    /// Rows that are computed at once.
    public var batchSize = 32
    /// Which part of the rows is taken; nil for all of them.
    public var shard: Shard?
    /// Whether what is done is kept beside the output, under its name and `.journal`, until the output is
    /// there: the same job goes on where it was broken off. Of another job it is refused.
    public var resumes = false

    public init(batchSize: Int = 32, shard: Shard? = nil, resumes: Bool = false) {
        (self.batchSize, self.shard, self.resumes) = (batchSize, shard, resumes)
    }
}

extension DataRoles {
    /// The names of a model's inputs and outputs, and the shape of its pictures if it takes some.
    package init(of model: Model) {
        self.init(inputs: model.inputNames, outputs: model.outputNames)
        let extents = model.inputShapes.first?.compactMap(\.self) ?? []
        if model.inputShapes.count == 1, model.inputShapes[0].count == 3, extents.count == 3,
            extents[2] == 1 || extents[2] == 3
        {
            imageShape = extents
        }
    }
}

/// Rows of a file on their way through a model.
struct StreamedJob {
    let predictor: Predictor
    let source: SampleSource
    let shard: Shard
    let batchSize: Int
    let rows: Range<Int>
    /// What the answers depend on.
    private(set) var identity: JSONObject

    /// - Parameters:
    ///   - data: the path that was opened as `source`.
    ///   - isKept: whether the answers outlive the process, and hence must say what they depend on.
    init(
        _ predictor: Predictor, _ source: SampleSource, data: String, _ options: StreamOptions,
        isKept: Bool
    ) throws {
        self.predictor = predictor
        self.source = source
        shard = options.shard ?? .whole
        batchSize = try predictor.batchSize(options.batchSize, rows: source.count)
        rows = shard.rows(of: source.count, batchSize: batchSize)
        identity = [
            "rows": .int(source.count), "batch_size": .int(batchSize),
            "passes": .array(predictor.passNames.map { .string($0) }),
        ]
        guard isKept else { return }
        identity["model"] = .string(predictor.model.digest)
        identity["data"] = .string(try DataSource.digest(of: data))
    }

    mutating func add(_ key: String, _ value: JSON) { identity[key] = value }

    /// Computes all rows that are not in the journal yet.
    ///
    /// - Parameters:
    ///   - output: what errors name, and where the journal lies beside.
    ///   - arrays: what is kept of each block.
    func run(
        for output: String, data: String, resuming: Bool, progress: @escaping (Int) -> Void,
        keeping arrays: (SampleBlock, [Tensor]) throws -> [(name: String, tensor: Tensor)]
    ) throws -> (journal: RowJournal, times: StreamTimes) {
        var job = identity
        job["shard"] = .string(shard.description)
        if resuming { job["data_stamp"] = .string(try DataSource.stamp(of: data)) }
        let journal = try RowJournal(
            resuming ? Self.journal(of: output) : nil, job: job, output: output)
        let done = journal.rows
        guard done <= rows.count, done % batchSize == 0 || done == rows.count else {
            throw StreamError(
                Self.journal(of: output), "\(done) rows of \(rows.count) in batches of \(batchSize)"
            )
        }
        guard done < rows.count || journal.columns.isEmpty else {
            return (journal, StreamTimes())
        }
        let loop = BatchLoop(
            predictor: predictor, source: source, batchSize: batchSize, rows: rows)
        let times = try loop.run(from: done, progress: progress) { block, count, outputs in
            try journal.append(rows: count, arrays(block, outputs))
        }
        return (journal, times)
    }

    static func journal(of output: String) -> String { output + ".journal" }

    /// Takes the journal away, once everything is in the output.
    static func finish(_ output: String, resuming: Bool) throws {
        if resuming { try removeFile(journal(of: output)) }
    }
}
