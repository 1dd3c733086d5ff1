package import SwiftletTensor

/// Where the numbers of an `.npy` file lie, for readers that leave them there.
package struct NPYLayout {
    package let shape: Shape
    package let dtype: DType
    /// Whether the bytes of each number stand in the order that is not this machine's.
    package let isSwapped: Bool
    package let offset: Int

    /// Nil for texts and for numbers that do not lie in row-major order.
    ///
    /// - Throws: ``NPYError`` if this is no `.npy` file or it is cut off.
    package init?(of bytes: UnsafeRawBufferPointer) throws(NPYError) {
        try self.init(NPYHeader(parsing: bytes))
    }

    /// The layout of a file that is read in order.
    ///
    /// - Parameters:
    ///   - count: bytes of the file.
    ///   - next: gives the next bytes of the file; they lie within it.
    /// - Returns: nil as above; what was read then is no more than the header.
    /// - Throws: ``NPYError``, or what `next` throws.
    package init?(
        count: Int, reading next: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        var bytes = [UInt8](repeating: 0, count: min(count, NPYHeader.startCount))
        try bytes.withUnsafeMutableBytes(next)
        let end = try bytes.withUnsafeBytes { try NPYHeader.textRange(in: $0).end }
        guard end <= count else { throw NPYError.truncated(needed: end, found: count) }
        let start = bytes.count
        bytes += [UInt8](repeating: 0, count: max(0, end - start))
        try bytes.withUnsafeMutableBytes {
            try next(UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
        }
        try self.init(bytes.withUnsafeBytes { try NPYHeader(parsing: $0, total: count) })
    }

    private init?(_ header: NPYHeader) {
        guard case .number(let dtype) = header.element.kind,
            !header.isFortranOrder || header.shape.rank < 2
        else { return nil }
        shape = header.shape
        self.dtype = dtype
        isSwapped = header.element.isBigEndian
        offset = header.dataOffset
    }
}
