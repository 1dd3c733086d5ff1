internal import SwiftletArchive
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletScores
internal import SwiftletTensor

/// The HDF5 file of an ``EvaluationState``: datasets `truth`, `predicted` and maybe `sample_weight`, whose
/// rows are those of the shard, and at the root an attribute `swiftlet_evaluation` of JSON, beside its own
/// CRC-32.
///
///     {"version": 1, "shard": "3/16", "rows": [125000, 187500], "identity": {…}, "model": …, "data": …,
///      "roles": {…}, "crc32": {"truth": …, …}, "instruction_sets": ["avx512"]}
enum StateFile {
    static let attribute = "swiftlet_evaluation"
    static let checksum = "swiftlet_evaluation_crc32"
    static let version = 1
    static let names = (truth: "truth", predicted: "predicted", weights: "sample_weight")

    static func checksum(of text: String) -> String {
        String(Array(text.utf8).withUnsafeBytes { crc32(of: $0) }, radix: 16)
    }
}

extension EvaluationState {
    /// Writes a state whose rows lie on the disk.
    static func write(_ arrays: [RowArray], _ head: JSONObject, to path: String) throws {
        var sums = JSONObject()
        for array in arrays {
            var sum: UInt32 = 0
            try array.pieces { sum = crc32(of: $0, continuing: sum) }
            sums[array.name] = .int(Int(sum))
        }
        var head = head
        head["version"] = .int(StateFile.version)
        head["crc32"] = .object(sums)
        let text = JSON.object(head).text()
        try HDF5Writer.write(
            to: path,
            arrays.map { HDF5Writer.Streamed($0.name, $0.dtype, $0.shape, pieces: $0.pieces) }
        ) { writer in
            try writer.attribute(StateFile.attribute, of: "/", text)
            try writer.attribute(StateFile.checksum, of: "/", StateFile.checksum(of: text))
        }
    }

    /// Reads a state file, of which nothing is taken for granted.
    ///
    /// - Throws: ``StreamError`` if it is none, or contradicts itself; ``HDF5Error`` if it is damaged.
    public init(contentsOf path: String) throws {
        func refused(_ cause: String) -> StreamError { StreamError(path, cause) }
        let root = try HDF5File(path).root
        guard let text = try root.attribute(StateFile.attribute)?.strings?.first else {
            throw refused("no state file of an evaluation")
        }
        guard try root.attribute(StateFile.checksum)?.strings == [StateFile.checksum(of: text)],
            let head = (try? JSON(parsing: Array(text.utf8)))?.object,
            let version = head["version"]?.int
        else { throw refused("damaged: its description") }
        guard version == StateFile.version else {
            throw refused("a state file of version \(version); this program reads version 1")
        }
        guard let identity = head["identity"]?.object, let total = identity["rows"]?.int,
            let batchSize = identity["batch_size"]?.int, total >= 0, batchSize > 0,
            identity["model"]?.string != nil, identity["data"]?.string != nil,
            let shard = head["shard"]?.string.flatMap({ Shard($0) }),
            let scoring = identity["scoring"]?.object.flatMap({ Scoring($0) }),
            let confidence = Optional<Confidence>.read(identity["confidence"]),
            let model = head["model"]?.string, let data = head["data"]?.string,
            let roles = head["roles"]?.object.flatMap({ DataRoles($0) }),
            let instructionSets = head["instruction_sets"]?.array?.compactMap(\.string)
        else { throw refused("damaged: its description") }
        let rows = shard.rows(of: total, batchSize: batchSize)
        guard head["rows"] == .array([.int(rows.lowerBound), .int(rows.upperBound)]) else {
            throw refused("damaged: its rows are not those of shard \(shard)")
        }
        func array(_ name: String) throws -> Tensor {
            let dataset = try root.dataset(name)
            guard dataset.dtype != .string, dataset.shape.first == rows.count else {
                throw refused(
                    "\(name): \(rows.count) rows of numbers expected, \(dataset.dtype) "
                        + "\(dataset.shape) found")
            }
            let tensor = try dataset.read()
            var sum: UInt32 = 0
            tensor.forEachPiece { sum = crc32(of: $0, continuing: sum) }
            guard head["crc32"]?[name]?.int == Int(sum) else {
                throw refused("damaged: \(name) has not its CRC-32")
            }
            return tensor
        }
        self.init(
            shard: shard, rows: rows, identity: identity, model: model, data: data,
            scoring: scoring, confidence: confidence, roles: roles,
            instructionSets: instructionSets,
            truth: try array(StateFile.names.truth),
            predicted: try array(StateFile.names.predicted),
            weights: root.contains(StateFile.names.weights)
                ? try array(StateFile.names.weights) : nil)
    }
}
