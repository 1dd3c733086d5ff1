package import SwiftletTensor

/// What is known of a value before any number is: its shape and element type.
package struct TensorType: Sendable, Hashable, CustomStringConvertible {
    package let shape: Shape
    package let dtype: DType

    package init(_ shape: Shape, _ dtype: DType = .float32) {
        self.shape = shape
        self.dtype = dtype
    }

    package var rank: Int { shape.rank }
    package var elementCount: Int { shape.elementCount }
    package var byteCount: Int { shape.elementCount * dtype.size }
    package var description: String { "\(dtype)\(shape)" }
}
