internal import SwiftletTensor

/// An array of a file whose rows are read in order, some at a time: it need not fit in memory.
protocol RowReader: AnyObject {
    /// Of the whole array, the rows outermost.
    var shape: Shape { get }
    var dtype: DType { get }
    /// Passes over the next rows; there are so many.
    func skip(_ count: Int) throws(DataError)
    /// The next rows; there are so many.
    func read(_ count: Int) throws(DataError) -> Tensor
}

extension RowReader {
    /// Bytes of one row.
    var rowBytes: Int { shape.count(of: 1...) * dtype.size }

    /// `count` rows whose bytes `body` writes.
    func rows(
        _ count: Int, file: String,
        _ body: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws(DataError) -> Tensor {
        do {
            return try Tensor(shape: shape.replacing(axis: 0, with: count), dtype: dtype) {
                try body($0)
            }
        } catch let error as DataError {
            throw error
        } catch let error as TensorError {
            throw DataError(file: file, .tensor(error))
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

/// The rows of a tensor in memory, or in a file whose pages are given back behind the reader.
final class TensorRows: RowReader {
    private let tensor: Tensor
    private let file: String
    private var position = 0
    private var unreleased = 0
    private static let releasedAtOnce = 1 << 24

    init(_ tensor: Tensor, file: String) {
        self.tensor = tensor
        self.file = file
    }

    var shape: Shape { tensor.shape }
    var dtype: DType { tensor.dtype }
    /// All rows, if they are in memory.
    var all: Tensor? { tensor.isMapped ? nil : tensor }

    func skip(_ count: Int) { position += count }

    func read(_ count: Int) throws(DataError) -> Tensor {
        let range = position..<position + count
        position += count
        if dtype == .string {
            return try DataError.located(file: file) { () throws(DataError.Cause) in
                try DataError.Cause.wrapping { try tensor.rows(range) }
            }
        }
        let rows = try rows(count, file: file) { bytes in
            if let start = bytes.baseAddress { tensor.copyRows(range, as: dtype, to: start) }
        }
        unreleased += count * rowBytes
        if unreleased > Self.releasedAtOnce, tensor.isMapped {
            tensor.releasePages()
            unreleased = 0
        }
        return rows
    }
}

/// The rows of an array that comes as pieces of several rows.
final class BandRows: RowReader {
    let shape: Shape
    let dtype: DType
    private let file: String
    /// Rows of a piece.
    private let height: Int
    private let band: (Int) throws(DataError) -> Tensor
    private var current: (number: Int, tensor: Tensor)?
    private var position = 0

    /// - Parameter band: reads a piece by its number.
    init(
        shape: Shape, dtype: DType, file: String, height: Int,
        band: @escaping (Int) throws(DataError) -> Tensor
    ) {
        (self.shape, self.dtype, self.file) = (shape, dtype, file)
        self.height = max(1, height)
        self.band = band
    }

    func skip(_ count: Int) { position += count }

    func read(_ count: Int) throws(DataError) -> Tensor {
        try rows(count, file: file) { bytes in
            guard let start = bytes.baseAddress else { return }
            let end = position + count
            var written = 0
            while position < end {
                let number = position / height
                let tensor = try piece(number)
                let first = position - number * height
                let rows = first..<min(first + end - position, tensor.shape.first ?? 0)
                guard !rows.isEmpty else { throw DataError(file: file, .missing("further rows")) }
                tensor.copyRows(rows, as: dtype, to: start + written)
                written += rows.count * rowBytes
                position += rows.count
            }
        }
    }

    private func piece(_ number: Int) throws(DataError) -> Tensor {
        if let current, current.number == number { return current.tensor }
        current?.tensor.releasePages()
        current = nil
        let tensor = try band(number)
        current = (number, tensor)
        return tensor
    }

    deinit { current?.tensor.releasePages() }
}
