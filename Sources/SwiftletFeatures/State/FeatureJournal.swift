package import SwiftletFiles
internal import SwiftletTensor

/// What a network has said of the pictures of a job so far, in a file that grows: a job that was broken
/// off goes on where it stopped.
///
/// One kind of record begins a set and says, as JSON, everything that its features depend on; the other
/// holds a batch.
package final class FeatureJournal {
    private let path: String
    private let log: RecordLog
    private var sets: [JobSet] = []

    private struct JobSet {
        let job: JSONObject
        /// The batches' bytes in the file.
        var batches: [Range<Int>] = []
    }

    private enum Kind: UInt32 {
        case set = 1
        case batch = 2
    }

    /// The member of a job that is a digest of its pictures.
    package static let imagesKey = "image_list_sha256"
    private static let mark = Array("SWIFTLET FEATURES 1\n".utf8)
    private static let batchHeadSize = 20

    /// Opens a journal, or begins one.
    ///
    /// - Throws: ``FeatureError`` if the file is no journal, ``FileError`` if it is in use.
    package init(_ path: String) throws {
        self.path = path
        var sets: [JobSet] = []
        do {
            log = try RecordLog(path, mark: Self.mark) { kind, body, range in
                Self.note(kind, body, range, in: &sets)
            }
        } catch is RecordLog.Foreign {
            throw FeatureError(path, "no state file of features")
        }
        self.sets = sets
    }

    /// Whether the record makes sense.
    private static func note(
        _ kind: UInt32, _ body: UnsafeRawBufferPointer, _ range: Range<Int>,
        in sets: inout [JobSet]
    ) -> Bool {
        switch Kind(rawValue: kind) {
        case .set:
            guard let job = (try? JSON(parsing: Array(body)))?.object else { return false }
            sets.append(JobSet(job: job))
        case .batch:
            guard let head = BatchHead(body), sets.indices.contains(head.set) else { return false }
            sets[head.set].batches.append(range)
        case nil: return false
        }
        return true
    }

    /// The place of a set in the journal, whose work goes on if it was begun.
    ///
    /// - Parameter job: what the features depend on; its member `set` tells the sets apart.
    /// - Throws: ``FeatureError`` if the journal's set of that name is of another job.
    package func begin(_ job: JSONObject) throws -> Int {
        guard let place = sets.firstIndex(where: { $0.job["set"] == job["set"] }) else {
            try append(.set, Array(JSON.object(job).text().utf8))
            sets.append(JobSet(job: job))
            return sets.count - 1
        }
        let name = job["set"]?.string ?? "set"
        let digests = [Self.imagesKey: "the images"]
        if let difference = sets[place].job.difference(to: job, digests: digests) {
            throw FeatureError(path, "the state of another job: \(name): \(difference)")
        }
        return place
    }

    /// Gives the batches of a set once more, in order; returns how many pictures they are.
    package func replay(_ set: Int, _ body: (FeatureBatch) throws -> Void) throws -> Int {
        guard !sets[set].batches.isEmpty else { return 0 }
        let mapped = try log.mapped()
        var done = 0
        for range in sets[set].batches {
            let batch = try mapped.withUnsafeBytes { bytes in
                try Self.batch(UnsafeRawBufferPointer(rebasing: bytes[range]), first: done)
            }
            guard let (batch, count) = batch else {
                throw FeatureError(path, "damaged: the features of picture \(done)")
            }
            try body(batch)
            done += count
        }
        return done
    }

    /// Adds a batch whose first picture has this number.
    package func append(_ batch: FeatureBatch, of set: Int, first: Int) throws {
        let rows = batch.features?.shape[0] ?? batch.logits?.shape[0] ?? 0
        var body: [UInt8] = []
        func add(_ value: some FixedWidthInteger & BitwiseCopyable) {
            withUnsafeBytes(of: value) { body += $0 }
        }
        for number in [
            set, first, rows, batch.features?.shape[1] ?? 0, batch.logits?.shape[1] ?? 0,
        ] { add(UInt32(truncatingIfNeeded: number)) }
        for tensor in [batch.features, batch.logits] {
            tensor?.withUnsafeBytes { body += $0 }
        }
        try append(.batch, body)
    }

    private func append(_ kind: Kind, _ body: [UInt8]) throws {
        try log.append(kind.rawValue, body)
    }

    private struct BatchHead {
        let set: Int
        let first: Int
        let rows: Int
        let features: Int
        let logits: Int

        init?(_ body: UnsafeRawBufferPointer) {
            guard body.count >= FeatureJournal.batchHeadSize else { return nil }
            let numbers = (0..<5).map {
                Int(body.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
            }
            (set, first, rows) = (numbers[0], numbers[1], numbers[2])
            (features, logits) = (numbers[3], numbers[4])
            let (values, overflow) = rows.multipliedReportingOverflow(by: features + logits)
            guard !overflow, rows > 0, values <= body.count,
                body.count == FeatureJournal.batchHeadSize + values * MemoryLayout<Float>.size
            else { return nil }
        }
    }

    /// Nil if the batch does not begin with picture `first`.
    private static func batch(
        _ body: UnsafeRawBufferPointer, first: Int
    ) throws -> (FeatureBatch, Int)? {
        guard let head = BatchHead(body), head.first == first else { return nil }
        var position = batchHeadSize
        func tensor(_ width: Int) throws -> Tensor? {
            guard width > 0 else { return nil }
            let size = head.rows * width * MemoryLayout<Float>.size
            defer { position += size }
            return try Tensor(shape: Shape([head.rows, width]), dtype: .float32) { target in
                target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: body[position..<position + size]))
            }
        }
        return (
            FeatureBatch(features: try tensor(head.features), logits: try tensor(head.logits)),
            head.rows
        )
    }
}
