public import SwiftletLimits

/// Why a tensor could not be made or read.
public enum TensorError: Error, Equatable, CustomStringConvertible {
    /// A dimension is negative.
    case negativeDimension([Int])
    /// The number of bytes does not fit an `Int` or exceeds the address space.
    case tooLarge([Int])
    /// The number of elements given is not the number that the shape holds.
    case elementCount(expected: Int, found: Int)
    /// The tensor holds another element type than the one asked for.
    case dtype(expected: DType, found: DType)
    /// The tensor has another shape than the one needed.
    case shape(expected: String, found: Shape)
    /// The limits in force allow no such tensor.
    case limit(LimitError)
    /// There is no memory for the tensor.
    case outOfMemory(bytes: Int)
    /// No conversion exists between the two element types.
    case conversion(from: DType, to: DType)

    public var description: String {
        switch self {
        case .negativeDimension(let dimensions): "negative dimension in \(dimensions)"
        case .tooLarge(let dimensions): "shape \(dimensions) is too large"
        case .elementCount(let expected, let found):
            "\(expected) elements expected, \(found) found"
        case .dtype(let expected, let found): "dtype \(expected) expected, \(found) found"
        case .shape(let expected, let found): "shape \(expected) expected, \(found) found"
        case .limit(let error): error.description
        case .outOfMemory(let bytes): "no memory for \(bytes) bytes"
        case .conversion(let from, let to): "dtype \(from) cannot be converted to \(to)"
        }
    }
}

extension TensorError {
    /// The bytes of a tensor that is kept in memory, if the limits in force allow so many.
    package static func checked(_ byteCount: Int) throws(TensorError) -> Int {
        do {
            try Limits.check(.tensorBytes, byteCount)
        } catch {
            throw .limit(error)
        }
        return byteCount
    }
}
