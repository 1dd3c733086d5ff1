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
        let header = try NPYHeader(parsing: bytes)
        guard case .number(let dtype) = header.element.kind,
            !header.isFortranOrder || header.shape.rank < 2
        else { return nil }
        shape = header.shape
        self.dtype = dtype
        isSwapped = header.element.isBigEndian
        offset = header.dataOffset
    }
}
