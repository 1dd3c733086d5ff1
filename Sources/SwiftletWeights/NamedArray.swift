package import SwiftletTensor

/// An array in a file of weights: its name, shape and type are known before its elements are read.
package struct NamedArray: Sendable {
    package let name: String
    package let shape: Shape
    package let dtype: DType
    private let reading: @Sendable () throws -> Tensor

    package init(
        name: String, shape: Shape, dtype: DType, read: @escaping @Sendable () throws -> Tensor
    ) {
        self.name = name
        self.shape = shape
        self.dtype = dtype
        reading = read
    }

    /// An array that is in memory.
    package init(name: String, _ tensor: Tensor) {
        self.init(name: name, shape: tensor.shape, dtype: tensor.dtype) { tensor }
    }

    /// The elements in row-major order.
    package func read() throws -> Tensor { try reading() }

    package func renamed(_ name: String) -> NamedArray {
        NamedArray(name: name, shape: shape, dtype: dtype, read: reading)
    }
}
