internal import SwiftletArchive
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletTensor

/// What is known of the answers to a part of the rows, so that they can be put together with the others: a
/// file of JSON beside the answers, under their name and `.shard`, since a table has no room for it.
///
///     {"swiftlet_prediction": 1, "shard": "3/16", "rows": [125000, 187500], "identity": {…},
///      "outputs": [{"name": …, "dtype": …, "row": […], "crc32": …}, …], "instruction_sets": ["avx512"]}
struct PredictionPart {
    struct Output: Equatable {
        let name: String
        let dtype: DType
        /// Extents of a row.
        let row: [Int]
    }

    /// Of the answers.
    let path: String
    let shard: Shard
    /// Of the whole input.
    let rows: Range<Int>
    /// What the answers depend on.
    let identity: JSONObject
    let outputs: [Output]
    /// Of the outputs' bytes.
    let checksums: [UInt32]
    let instructionSets: [String]

    private static let mark = "swiftlet_prediction"
    private static let version = 1

    /// Rows of all parts together.
    var totalRows: Int { identity["rows"]?.int ?? 0 }

    static func place(of answers: String) -> String { answers + ".shard" }

    /// The description of answers that are about to be written.
    ///
    /// - Parameter texts: the arrays in memory, where some of them are texts.
    init(
        _ path: String, _ job: StreamedJob, _ journal: RowJournal, _ arrays: [RowArray],
        texts: [Tensor]
    ) throws {
        self.path = path
        (shard, rows, identity) = (job.shard, job.rows, job.identity)
        instructionSets = journal.instructionSets
        outputs = arrays.map {
            Output(name: $0.name, dtype: $0.dtype, row: Array($0.shape.dropFirst()))
        }
        checksums = try arrays.enumerated().map { index, array in
            if let texts = texts.isEmpty ? nil : texts[index].strings {
                return Self.checksum(of: texts)
            }
            var sum: UInt32 = 0
            try array.pieces { sum = crc32(of: $0, continuing: sum) }
            return sum
        }
    }

    private static func checksum(of texts: [String]) -> UInt32 {
        texts.reduce(0) { sum, text in
            Array("\(text)\0".utf8).withUnsafeBytes { crc32(of: $0, continuing: sum) }
        }
    }

    /// Before the answers: who finds these finds the description.
    func write() throws {
        let json: JSON = [
            Self.mark: .int(Self.version), "shard": .string(shard.description),
            "rows": .array([.int(rows.lowerBound), .int(rows.upperBound)]),
            "identity": .object(identity),
            "outputs": .array(
                zip(outputs, checksums).map { output, sum in
                    [
                        "name": .string(output.name), "dtype": .string("\(output.dtype)"),
                        "row": .array(output.row.map { .int($0) }), "crc32": .int(Int(sum)),
                    ]
                }),
            "instruction_sets": .array(instructionSets.map { .string($0) }),
        ]
        try AtomicFile.write(json.text(pretty: true) + "\n", to: Self.place(of: path))
    }

    /// Reads the description beside answers, of which nothing is taken for granted.
    ///
    /// - Throws: ``StreamError`` if there is none, or it contradicts itself.
    init(beside path: String) throws {
        let place = Self.place(of: path)
        guard PathKind(path) == .regular else { throw StreamError(path, "no such file") }
        guard PathKind(place) == .regular else {
            throw StreamError(
                path,
                "no part of a prediction: \(place), which predict --shard writes beside it, is missing"
            )
        }
        let damaged = StreamError(place, "damaged: no description of a part of a prediction")
        guard let json = try? JSON(parsing: readText(place)), let version = json[Self.mark]?.int
        else { throw damaged }
        guard version == Self.version else {
            throw StreamError(place, "of version \(version); this program reads version 1")
        }
        guard let identity = json["identity"]?.object, let total = identity["rows"]?.int,
            let batchSize = identity["batch_size"]?.int, total >= 0, batchSize > 0,
            identity["model"]?.string != nil, identity["data"]?.string != nil,
            let shard = json["shard"]?.string.flatMap({ Shard($0) }),
            let outputs = json["outputs"]?.array, !outputs.isEmpty,
            let sets = json["instruction_sets"]?.array?.compactMap(\.string)
        else { throw damaged }
        let rows = shard.rows(of: total, batchSize: batchSize)
        guard json["rows"] == .array([.int(rows.lowerBound), .int(rows.upperBound)]) else {
            throw StreamError(place, "damaged: its rows are not those of shard \(shard)")
        }
        (self.path, self.shard, self.rows, self.identity) = (path, shard, rows, identity)
        self.outputs = outputs.compactMap { Output($0) }
        checksums = outputs.compactMap { $0["crc32"]?.int.flatMap { UInt32(exactly: $0) } }
        instructionSets = sets
        guard self.outputs.count == outputs.count, checksums.count == outputs.count,
            Set(self.outputs.map(\.name)).count == outputs.count
        else { throw damaged }
    }
}

extension PredictionPart.Output {
    /// Nil if it is none that a description has, or too large for any array.
    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.string, let type = json["dtype"]?.string,
            let dtype = DType.allCases.first(where: { "\($0)" == type }),
            let extents = json["row"]?.array?.map(\.int), !extents.contains(nil),
            let shape = try? Shape(extents.compactMap(\.self))
        else { return nil }
        (self.name, self.dtype, row) = (name, dtype, Array(shape))
    }
}

// MARK: Joining

extension StreamedPrediction {
    /// Puts the parts of one prediction together, in any order: the file is that of one run over everything,
    /// byte for byte. Neither the parts nor the whole have to fit in memory.
    ///
    /// ```swift
    /// let parts = (1...16).map { "part\($0).npz" }
    /// try StreamedPrediction.merge(parts, to: "answers.npz")
    /// ```
    ///
    /// - Parameters:
    ///   - paths: what ``Predictor/predict(from:to:_:progress:)`` wrote for all shards. Beside each lies its
    ///     description, under its name and `.shard`.
    ///   - output: of any format that predictions have; it appears whole or not at all.
    ///   - progress: called with the number of rows that are done.
    /// - Throws: ``StreamError`` if the parts are of different models, data or options, or one of them
    ///   is missing, there twice or damaged; ``DataError`` for the files.
    @discardableResult
    public static func merge(
        _ paths: [String], to output: String,
        progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> StreamedPrediction {
        let parts = try PredictionPart.all(paths)
        guard let first = parts.first else { throw StreamError(output, "no parts") }
        let destination = try DataDestination(output, arrayCount: first.outputs.count)
        let start = ContinuousClock.now
        let total = first.totalRows
        let done = Done(total, of: first.outputs.count)
        let arrays = try first.outputs.indices.map { index in
            let (name, dtype) = (first.outputs[index].name, first.outputs[index].dtype)
            let shape = try Shape([total] + first.outputs[index].row)
            return RowArray(name, dtype, shape) { take in
                var taken = 0
                for part in parts {
                    try part.forEachPiece(of: index) { piece, rows in
                        try take(piece)
                        taken += rows
                        progress(done.rows(taken, of: index), total)
                    }
                }
            }
        }
        if first.outputs.contains(where: { $0.dtype == .string }) {
            try destination.write(
                NamedTensors(
                    first.outputs.indices.map { index in
                        (
                            first.outputs[index].name,
                            try Tensor(joining: parts.map { try $0.texts(of: index) })
                        )
                    }))
        } else {
            try destination.write(arrays)
        }
        var times = StreamTimes()
        times.whole = .now - start
        return StreamedPrediction(
            rows: 0..<total,
            outputs: arrays.map { .init(name: $0.name, dtype: $0.dtype, shape: $0.shape) },
            times: times, isMixed: Set(parts.flatMap(\.instructionSets)).count > 1)
    }

    /// How far it is, in rows: each output counts for its share of them.
    private final class Done {
        private let total: Int
        private let outputs: Int
        private var most = 0

        init(_ total: Int, of outputs: Int) { (self.total, self.outputs) = (total, outputs) }

        func rows(_ rows: Int, of output: Int) -> Int {
            let isLast = output == outputs - 1 && rows == total
            most = max(most, isLast ? total : output * (total / outputs) + rows / outputs)
            return most
        }
    }
}

extension PredictionPart {
    /// The parts of one prediction in order, all of them.
    fileprivate static func all(_ paths: [String]) throws -> [PredictionPart] {
        var parts: [PredictionPart] = []
        for path in paths {
            let part = try PredictionPart(beside: path)
            if let first = parts.first { try part.requireSame(as: first) }
            parts.append(part)
        }
        guard let count = parts.first?.shard.count else { return [] }
        try Shard.requireAll(parts.map { ($0.path, $0.shard) }, of: count)
        return parts.sorted { $0.shard.index < $1.shard.index }
    }

    private func requireSame(as other: PredictionPart) throws {
        let names = ["model": "the models' layers or weights", "data": "the inputs"]
        if let difference = other.identity.difference(to: identity, digests: names) {
            throw StreamError(
                path, "not of the same prediction as \(other.path): \(difference)")
        }
        guard other.shard.count == shard.count else {
            throw StreamError(
                path, "shard \(shard), but \(other.path) is shard \(other.shard)")
        }
        guard other.outputs == outputs else {
            throw StreamError(path, "its outputs differ in form from those of \(other.path)")
        }
    }

    /// The bytes of an output, some rows at a time; they are known to be those that were written once the
    /// last one has been seen.
    fileprivate func forEachPiece(
        of index: Int, _ body: (UnsafeRawBufferPointer, _ rows: Int) throws -> Void
    ) throws {
        let output = outputs[index]
        let shape = try Shape([rows.count] + output.row)
        var sum: UInt32 = 0
        try WrittenRows(output.name, of: path, dtype: output.dtype, shape: shape).forEachPiece {
            piece, rows in
            sum = crc32(of: piece, continuing: sum)
            try body(piece, rows)
        }
        guard sum == checksums[index] else {
            throw StreamError(
                path, "\(output.name) is not what \(Self.place(of: path)) describes: other values")
        }
    }

    /// Of an output of texts.
    fileprivate func texts(of index: Int) throws -> Tensor {
        let output = outputs[index]
        let shape = try Shape([rows.count] + output.row)
        let tensor = try WrittenRows(output.name, of: path, dtype: output.dtype, shape: shape).all()
        guard let texts = tensor.strings, Self.checksum(of: texts) == checksums[index] else {
            throw StreamError(
                path, "\(output.name) is not what \(Self.place(of: path)) describes: other values")
        }
        return tensor
    }
}
