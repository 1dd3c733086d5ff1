/// The extent of a tensor along each axis, outermost first. A scalar has rank 0.
///
/// A shape is always valid: no extent is negative and the number of elements, at the widest element
/// type, fits the address space.
public struct Shape: Sendable, Hashable, RandomAccessCollection, CustomStringConvertible {
    public let dimensions: [Int]
    /// The number of elements: the product of all dimensions, 1 for a scalar.
    public let elementCount: Int

    /// Bytes beyond this are refused even where an `Int` could hold them.
    private static let largestByteCount = 1 << 46
    private static let widestElement = 8

    /// - Throws: ``TensorError/negativeDimension(_:)`` or ``TensorError/tooLarge(_:)``.
    public init(_ dimensions: [Int]) throws(TensorError) {
        var product = 1
        var isEmpty = false
        for dimension in dimensions {
            guard dimension >= 0 else { throw .negativeDimension(dimensions) }
            if dimension == 0 {
                isEmpty = true
                continue
            }
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard !overflow, next <= Self.largestByteCount / Self.widestElement else {
                throw .tooLarge(dimensions)
            }
            product = next
        }
        self.dimensions = dimensions
        elementCount = isEmpty ? 0 : product
    }

    private init(dimensions: [Int], elementCount: Int) {
        self.dimensions = dimensions
        self.elementCount = elementCount
    }

    /// The shape of a scalar.
    public static let scalar = Shape(dimensions: [], elementCount: 1)

    /// The shape `[count]`: a count of things that exist in memory is always valid.
    public static func vector(_ count: Int) -> Shape {
        precondition(count >= 0 && count <= largestByteCount / widestElement)
        return Shape(dimensions: [count], elementCount: count)
    }

    public var rank: Int { dimensions.count }
    public var startIndex: Int { 0 }
    public var endIndex: Int { dimensions.count }
    public subscript(axis: Int) -> Int { dimensions[axis] }

    /// Elements between neighbours along each axis in row-major order.
    public var strides: [Int] {
        var strides = [Int](repeating: 1, count: rank)
        var step = 1
        for axis in stride(from: rank - 1, through: 0, by: -1) {
            strides[axis] = step
            step *= Swift.max(dimensions[axis], 1)
        }
        return strides
    }

    /// The product of the dimensions in `range`, e.g. the rows of a matrix seen as `[rows, last]`.
    public func count(of range: some RangeExpression<Int>) -> Int {
        dimensions[range].reduce(1, *)
    }

    /// The axis as a number from 0, where negative ones count from the end; nil outside the rank.
    public func normalizedAxis(_ axis: Int) -> Int? {
        let normalized = axis < 0 ? axis + rank : axis
        return (0..<rank).contains(normalized) ? normalized : nil
    }

    /// The shape with one dimension replaced.
    public func replacing(axis: Int, with extent: Int) throws(TensorError) -> Shape {
        var dimensions = dimensions
        dimensions[axis] = extent
        return try Shape(dimensions)
    }

    /// The shape both operands take in an element-wise operation under NumPy's rules; nil if they
    /// do not fit.
    public func broadcast(with other: Shape) -> Shape? {
        let rank = Swift.max(self.rank, other.rank)
        var result = [Int](repeating: 1, count: rank)
        for axis in 0..<rank {
            let a = axis - (rank - self.rank)
            let b = axis - (rank - other.rank)
            let x = a < 0 ? 1 : self[a]
            let y = b < 0 ? 1 : other[b]
            guard x == y || x == 1 || y == 1 else { return nil }
            result[axis] = x == 1 ? y : x
        }
        return try? Shape(result)
    }

    public var description: String { "\(dimensions)" }

    public static func == (a: Shape, b: Shape) -> Bool { a.dimensions == b.dimensions }
    public func hash(into hasher: inout Hasher) { hasher.combine(dimensions) }
}

extension Shape: ExpressibleByArrayLiteral {
    /// A shape written in source, such as `[28, 28, 1]`; an impossible one is a programmer's error.
    public init(arrayLiteral dimensions: Int...) {
        do {
            try self.init(dimensions)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
