public import SwiftletTensor

/// What is known of a value before any number is: its shape and element type.
public struct TensorType: Sendable, Hashable, CustomStringConvertible {
    public let shape: Shape
    public let dtype: DType

    public init(_ shape: Shape, _ dtype: DType = .float32) {
        self.shape = shape
        self.dtype = dtype
    }

    public var rank: Int { shape.rank }
    package var elementCount: Int { shape.elementCount }
    package var byteCount: Int { shape.elementCount * dtype.size }
    public var description: String { "\(dtype)\(shape)" }
}
