internal import SwiftletFiles
internal import SwiftletTensor

/// Bytes of a file and what keeps them alive.
struct Stored: @unchecked Sendable {
    private let bytes: UnsafeRawBufferPointer
    private let owner: MappedFile

    init(_ bytes: UnsafeRawBufferPointer, owner: MappedFile) {
        self.bytes = bytes
        self.owner = owner
    }

    init(_ file: MappedFile) {
        self.init(file.withUnsafeBytes { $0 }, owner: file)
    }

    /// - Precondition: the range lies within the bytes.
    func part(_ range: Range<Int>) -> Stored {
        Stored(UnsafeRawBufferPointer(rebasing: bytes[range]), owner: owner)
    }

    var count: Int { bytes.count }

    func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        defer { withExtendedLifetime(owner) {} }
        return try body(bytes)
    }
}

/// How the elements of an array lie in bytes.
struct Layout: Sendable {
    let shape: Shape
    let dtype: DType
    /// Elements between neighbours along each axis.
    let strides: [Int]
    var isBigEndian = false

    static func shape(_ extents: [Int], _ name: String) throws(WeightFileError.Cause) -> Shape {
        do {
            return try Shape(extents)
        } catch {
            throw .damaged("array \(quoted(name)): \(error)")
        }
    }

    static func fortranStrides(_ shape: Shape) -> [Int] {
        var step = 1
        return shape.map { extent in
            defer { step *= max(extent, 1) }
            return step
        }
    }

    /// Elements that the array reaches over; nil if it does not fit an `Int` or begins before the
    /// start.
    var reach: Int? {
        if shape.elementCount == 0 { return 0 }
        var last = 0
        for (extent, stride) in zip(shape, strides) {
            let (span, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
            let (sum, overflowsToo) = last.addingReportingOverflow(span)
            guard !overflow, !overflowsToo, stride >= 0 else { return nil }
            last = sum
        }
        return last.addingReportingOverflow(1).overflow ? nil : last + 1
    }

    /// The array in row-major order and this machine's byte order.
    ///
    /// - Parameter bytes: that the array's ``reach`` lies in.
    func read(from stored: Stored) throws -> Tensor {
        let size = dtype.size
        return try Tensor(shape: shape, dtype: dtype) { output in
            stored.withUnsafeBytes { input in
                if strides == shape.strides || shape.elementCount <= 1 {
                    output.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: input[..<output.count]))
                } else {
                    gather(input, size, output)
                }
            }
            if isBigEndian { reverseBytes(output, size: size) }
            // A Swift Bool other than 0 and 1 is undefined; a file may hold any byte.
            if dtype == .bool {
                for index in output.indices { output[index] = output[index] == 0 ? 0 : 1 }
            }
        }
    }

    private func gather(
        _ input: UnsafeRawBufferPointer, _ size: Int, _ output: UnsafeMutableRawBufferPointer
    ) {
        var index = [Int](repeating: 0, count: shape.rank)
        var offset = 0
        for position in 0..<shape.elementCount {
            output.baseAddress.map { target in
                input.baseAddress.map { source in
                    (target + position * size).copyMemory(
                        from: source + offset * size, byteCount: size)
                }
            }
            for axis in stride(from: shape.rank - 1, through: 0, by: -1) {
                index[axis] += 1
                offset += strides[axis]
                if index[axis] < shape[axis] { break }
                offset -= strides[axis] * shape[axis]
                index[axis] = 0
            }
        }
    }
}
