internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletLayers
public import SwiftletRuntime
public import SwiftletTensor
internal import SwiftletTraining

/// What a prediction from a file to a file has written.
public struct StreamedPrediction: Sendable {
    /// An array in the output.
    public struct Output: Sendable {
        public let name: String
        public let dtype: DType
        public let shape: Shape
    }

    /// The rows of the input that are in the output: all, or those of the shard.
    public let rows: Range<Int>
    public let outputs: [Output]
    public let times: StreamTimes
    /// Whether processors took part whose instruction sets round differently in the last digits.
    public let isMixed: Bool
}

extension Predictor {
    /// Predicts from a file into a file. Neither has to fit in memory: rows are read, computed and written
    /// some at a time, and read while others are computed.
    ///
    /// ```swift
    /// let options = StreamOptions(shard: Shard(3, of: 16), resumes: true)
    /// try predictor.predict(from: "rows.h5", to: "part3.npz", options)
    /// ```
    ///
    /// - Parameters:
    ///   - input: any data file or folder of pictures; see ``DataSource/loadInputs(_:roles:)``.
    ///   - output: `.npz` or `.h5` (`output_0`, `output_1` …), `.npy` or `.csv`. It appears whole or not
    ///     at all, and is the same, byte for byte, however often the job was broken off. Beside a
    ///     shard's lies its description, under the same name and `.shard`; see
    ///     ``StreamedPrediction/merge(_:to:progress:)``.
    ///   - progress: called with the number of rows that are done.
    /// - Throws: ``DataError`` for the files, ``ModelError`` if rows do not fit the model,
    ///   ``StreamError`` if what was kept of a job that was broken off belongs to another one.
    @discardableResult
    public func predict(
        from input: String, to output: String, _ options: StreamOptions = StreamOptions(),
        progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> StreamedPrediction {
        let destination = try DataDestination(output, arrayCount: model.outputNames.count)
        var roles = DataRoles(of: model)
        roles.textInputs = model.textInputNames
        let source = try DataSource.openInputs(input, roles: roles)
        let job = try StreamedJob(
            self, source, data: input, options,
            isKept: options.resumes || options.shard != nil)
        let (journal, times) = try job.run(
            for: output, data: input, resuming: options.resumes,
            progress: { progress($0, job.rows.count) },
            keeping: { _, outputs in
                outputs.enumerated().map { ("output_\($0)", $1) }
            })
        let arrays = try journal.arrays()
        let texts = journal.hasTexts ? try journal.tensors() : []
        if options.shard != nil {
            try PredictionPart(output, job, journal, arrays, texts: texts.map(\.tensor)).write()
        }
        if journal.hasTexts {
            try destination.write(NamedTensors(texts))
        } else {
            try destination.write(arrays)
        }
        try StreamedJob.finish(output, resuming: options.resumes)
        return StreamedPrediction(
            rows: job.rows,
            outputs: arrays.map { .init(name: $0.name, dtype: $0.dtype, shape: $0.shape) },
            times: times, isMixed: journal.instructionSets.count > 1)
    }
}
