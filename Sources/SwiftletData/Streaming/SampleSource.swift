internal import SwiftletDataset
internal import SwiftletFiles
package import SwiftletTensor

/// Some samples of a file, one after the other.
package struct SampleBlock: Sendable {
    /// In the order of the roles.
    package let inputs: [Tensor]
    package let targets: [Tensor]
    package let weights: Tensor?
}

/// Samples of a data file that are read in order, some at a time, so that the file need not fit in
/// memory. One caller at a time.
package class SampleSource {
    package let file: String
    /// Samples of the whole file.
    package let count: Int
    /// Whether targets are float64 here that are to become int32 if all of them, of the whole file, are
    /// whole numbers, and float32 otherwise: a table does not tell classes and measures apart.
    package let hasUntypedTargets: Bool

    init(file: String, count: Int, hasUntypedTargets: Bool = false) {
        self.file = file
        self.count = count
        self.hasUntypedTargets = hasUntypedTargets
    }

    /// All rows of the inputs, where one of them is a text: what a model makes of texts may depend on
    /// the longest. Nil for numbers alone.
    package var textInputs: [Tensor]? { nil }

    /// Passes over the next samples; there are so many.
    package func skip(_ count: Int) throws(DataError) {}

    /// The next samples; there are so many.
    package func read(_ count: Int) throws(DataError) -> SampleBlock {
        SampleBlock(inputs: [], targets: [], weights: nil)
    }
}

/// Samples whose inputs, targets and weights are arrays of their own.
final class ArraySource: SampleSource {
    typealias Part = (name: String, rows: any RowReader)
    private let inputs: [Part]
    private let targets: [Part]
    private let weights: (any RowReader)?

    init(
        file: String, inputs: [Part], targets: [Part] = [], weights: (any RowReader)? = nil
    ) throws(DataError) {
        self.inputs = try Self.besideTexts(inputs, file)
        self.targets = targets
        self.weights = weights
        super.init(file: file, count: try Self.count(file, inputs + targets, weights))
    }

    /// The same that a ``Dataset`` of them would ask.
    private static func count(
        _ file: String, _ parts: [Part], _ weights: (any RowReader)?
    ) throws(DataError) -> Int {
        guard let first = parts.first else { throw DataError(file: file, .dataset(.noInputs)) }
        var count = 0
        for (name, rows) in parts {
            guard let own = rows.shape.first else {
                throw DataError(file: file, .dataset(.scalar(name: name)))
            }
            if name == first.name { count = own }
            guard own == count else {
                throw DataError(
                    file: file,
                    .dataset(
                        .counts(name: first.name, count: count, other: name, otherCount: own)))
            }
        }
        if let weights, weights.shape.first != count {
            throw DataError(file: file, .dataset(.sampleWeights(weights.shape)))
        }
        return count
    }

    /// The inputs, all of them in memory where one is a text.
    private static func besideTexts(_ inputs: [Part], _ file: String) throws(DataError) -> [Part] {
        guard inputs.contains(where: { $0.rows.dtype == .string }) else { return inputs }
        var parts: [Part] = []
        for (name, rows) in inputs {
            if (rows as? TensorRows)?.all != nil || rows.shape.rank == 0 {
                parts.append((name, rows))
            } else {
                let all = try rows.read(rows.shape[0])
                parts.append((name, TensorRows(all, file: file)))
            }
        }
        return parts
    }

    private var readers: [any RowReader] {
        (inputs + targets).map(\.rows) + [weights].compactMap(\.self)
    }

    override var textInputs: [Tensor]? {
        guard inputs.contains(where: { $0.rows.dtype == .string }) else { return nil }
        let all = inputs.compactMap { ($0.rows as? TensorRows)?.all }
        return all.count == inputs.count ? all : nil
    }

    override func skip(_ count: Int) throws(DataError) {
        for rows in readers { try rows.skip(count) }
    }

    override func read(_ count: Int) throws(DataError) -> SampleBlock {
        func tensors(_ parts: [Part]) throws(DataError) -> [Tensor] {
            var all: [Tensor] = []
            for (_, rows) in parts { all.append(try rows.read(count)) }
            return all
        }
        return SampleBlock(
            inputs: try tensors(inputs), targets: try tensors(targets),
            weights: try weights.map { rows throws(DataError) in try rows.read(count) })
    }
}

/// Samples in the rows of a table of numbers.
final class TableSource: SampleSource {
    private let mapped: MappedFile
    private var rows: CSVRows
    private let columns: NumberTable.Columns
    private var released = 0
    private static let releasedAtOnce = 1 << 24

    /// - Parameter needsTargets: whether some columns are targets and weights.
    init(_ path: String, _ roles: DataRoles, needsTargets: Bool) throws(DataError) {
        do {
            let file = try MappedFile(path)
            let bytes = file.withUnsafeBytes { $0 }
            let table = try CSVRows(bytes)
            let head = try NumberTable(
                columnNames: table.names,
                values: DataError.Cause.wrapping {
                    try Tensor(zeros: Shape([0, table.columnCount]), dtype: .float64)
                })
            mapped = file
            rows = table
            columns =
                needsTargets
                ? try head.columns(roles)
                : NumberTable.Columns(
                    inputs: try head.inputPositions(roles), targets: [], weight: nil)
            super.init(
                file: path, count: try Self.count(file, bytes), hasUntypedTargets: needsTargets)
        } catch let error as FileError {
            throw DataError(error)
        } catch let error as CSVError {
            throw DataError(file: path, place: error.place, error.cause)
        } catch let cause as DataError.Cause {
            throw DataError(file: path, cause)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private static func count(
        _ file: MappedFile, _ bytes: UnsafeRawBufferPointer
    ) throws(CSVError) -> Int {
        var rows = try CSVRows(bytes)
        var count = 0
        while true {
            let start = rows.position
            let more = try rows.skip(1 << 16)
            guard more > 0 else { break }
            count += more
            file.release(UnsafeRawBufferPointer(rebasing: bytes[start..<rows.position]))
        }
        guard count > 0 else {
            throw CSVError(place: nil, .missing("numbers below the header"))
        }
        return count
    }

    private func located<Result>(
        _ body: () throws(CSVError) -> Result
    ) throws(DataError) -> Result {
        do {
            return try body()
        } catch {
            throw DataError(file: file, place: error.place, error.cause)
        }
    }

    override func skip(_ count: Int) throws(DataError) {
        _ = try located { () throws(CSVError) in try rows.skip(count) }
        release()
    }

    override func read(_ count: Int) throws(DataError) -> SampleBlock {
        var x: [Float] = []
        var y: [Double] = []
        var weights: [Double] = []
        x.reserveCapacity(count * columns.inputs.count)
        y.reserveCapacity(count * columns.targets.count)
        for _ in 0..<count {
            guard try located({ () throws(CSVError) in try rows.next() }) else {
                throw DataError(file: file, .missing("further rows: the file has changed"))
            }
            for column in columns.inputs { x.append(Float(rows.values[column])) }
            for column in columns.targets { y.append(rows.values[column]) }
            if let column = columns.weight { weights.append(rows.values[column]) }
        }
        release()
        let (inputs, targets, own) = (x, y, weights)
        return try DataError.located(file: file) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping {
                SampleBlock(
                    inputs: [try Tensor(inputs, shape: Shape([count, columns.inputs.count]))],
                    targets: columns.targets.isEmpty
                        ? [] : [try Tensor(targets, shape: Shape([count, columns.targets.count]))],
                    weights: columns.weight == nil ? nil : try Tensor(own))
            }
        }
    }

    private func release() {
        let end = rows.position
        guard end - released > Self.releasedAtOnce else { return }
        mapped.withUnsafeBytes {
            mapped.release(UnsafeRawBufferPointer(rebasing: $0[released..<end]))
        }
        released = end
    }
}
