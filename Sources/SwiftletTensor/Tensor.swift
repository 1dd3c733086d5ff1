internal import SwiftletMachine

/// A dense array of numbers or strings in row-major order, the batch outermost.
///
/// A value: copies share their bytes until one of them is written.
public struct Tensor: Sendable {
    public let shape: Shape
    public let dtype: DType
    package private(set) var storage: TensorStorage
    private var texts: [String]

    /// A tensor whose bytes are written by `body` before anybody reads them.
    ///
    /// - Throws: ``TensorError/outOfMemory(bytes:)``, or what `body` throws.
    public init(
        shape: Shape, dtype: DType = .float32,
        initializedBy body: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        try self.init(uninitialized: shape, dtype: dtype, zeroed: false)
        try body(UnsafeMutableRawBufferPointer(start: storage.pointer, count: storage.byteCount))
    }

    private init(uninitialized shape: Shape, dtype: DType, zeroed: Bool) throws(TensorError) {
        self.shape = shape
        self.dtype = dtype
        storage = try TensorStorage(
            byteCount: TensorError.checked(shape.elementCount * dtype.size), zeroed: zeroed)
        texts = dtype == .string ? try Self.texts("", count: shape.elementCount) : []
    }

    /// An array that is not had is the end of the process, so room for it is asked for first.
    private static func texts(_ text: String, count: Int) throws(TensorError) -> [String] {
        _ = try TensorStorage(byteCount: TensorError.checked(count * MemoryLayout<String>.stride))
        return [String](repeating: text, count: count)
    }

    /// A tensor of zeros (false, empty strings).
    public init(zeros shape: Shape, dtype: DType = .float32) throws(TensorError) {
        try self.init(uninitialized: shape, dtype: dtype, zeroed: true)
    }

    /// A tensor with the given elements in row-major order.
    ///
    /// - Throws: ``TensorError/elementCount(expected:found:)`` if their number is not the shape's.
    public init<Element: TensorElement>(_ elements: [Element], shape: Shape) throws(TensorError) {
        guard elements.count == shape.elementCount else {
            throw .elementCount(expected: shape.elementCount, found: elements.count)
        }
        try self.init(uninitialized: shape, dtype: Element.dtype, zeroed: false)
        elements.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(start: storage.pointer, count: $0.count)
                .copyMemory(from: $0)
        }
    }

    /// A one-dimensional tensor.
    public init<Element: TensorElement>(_ elements: [Element]) throws(TensorError) {
        try self.init(elements, shape: .vector(elements.count))
    }

    /// A tensor of rank 0.
    public init<Element: TensorElement>(scalar: Element) throws(TensorError) {
        try self.init([scalar], shape: .scalar)
    }

    /// A tensor filled with one value.
    public init<Element: TensorElement>(
        repeating value: Element, shape: Shape
    ) throws(TensorError) {
        try self.init(uninitialized: shape, dtype: Element.dtype, zeroed: false)
        storage.pointer.withMemoryRebound(to: Element.self, capacity: shape.elementCount) {
            $0.initialize(repeating: value, count: shape.elementCount)
        }
    }

    /// A tensor of equal strings.
    package init(repeatingText text: String, shape: Shape) throws(TensorError) {
        try self.init(uninitialized: shape, dtype: .string, zeroed: false)
        texts = try Self.texts(text, count: shape.elementCount)
    }

    /// A tensor of strings.
    public init(strings: [String], shape: Shape) throws(TensorError) {
        guard strings.count == shape.elementCount else {
            throw .elementCount(expected: shape.elementCount, found: strings.count)
        }
        try self.init(uninitialized: shape, dtype: .string, zeroed: false)
        texts = strings
    }

    package init(storage: TensorStorage, shape: Shape, dtype: DType) throws(TensorError) {
        guard storage.byteCount == shape.elementCount * dtype.size else {
            throw .elementCount(
                expected: shape.elementCount, found: storage.byteCount / max(dtype.size, 1))
        }
        self.shape = shape
        self.dtype = dtype
        self.storage = storage
        texts = []
    }

    /// The same numbers for somebody who reads them once: what has to be copied to be read is not
    /// kept beside the file that it lies in.
    package var readOnce: Tensor {
        guard dtype != .string, let aligned = try? storage.aligned() else { return self }
        return (try? Tensor(storage: aligned, shape: shape, dtype: dtype)) ?? self
    }

    private init(sharing other: Tensor, shape: Shape) {
        self.shape = shape
        dtype = other.dtype
        storage = other.storage
        texts = other.texts
    }

    public var rank: Int { shape.rank }
    public var elementCount: Int { shape.elementCount }

    /// The same elements under another shape; no bytes are copied.
    public func reshaped(to shape: Shape) throws(TensorError) -> Tensor {
        guard shape.elementCount == elementCount else {
            throw .elementCount(expected: shape.elementCount, found: elementCount)
        }
        return Tensor(sharing: self, shape: shape)
    }

    /// Reads the bytes in place. They are valid only inside `body`.
    public func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(storage) {
            try body(UnsafeRawBufferPointer(start: storage.pointer, count: storage.byteCount))
        }
    }

    /// Writes the bytes in place, after a copy if they are shared.
    public mutating func withUnsafeMutableBytes<Result>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) throws -> Result {
        if !isKnownUniquelyReferenced(&storage) || !storage.isOwned {
            let copy = try TensorStorage(byteCount: storage.byteCount)
            copy.pointer.copyMemory(from: storage.pointer, byteCount: storage.byteCount)
            storage = copy
        }
        return try withExtendedLifetime(storage) {
            try body(
                UnsafeMutableRawBufferPointer(start: storage.pointer, count: storage.byteCount))
        }
    }

    /// Reads the elements in place.
    ///
    /// - Throws: ``TensorError/dtype(expected:found:)`` if the tensor holds another type.
    public func withElements<Element: TensorElement, Result>(
        of type: Element.Type, _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) throws -> Result {
        guard dtype == Element.dtype else {
            throw TensorError.dtype(expected: Element.dtype, found: dtype)
        }
        return try withUnsafeBytes { try body($0.assumingMemoryBound(to: Element.self)) }
    }

    /// The elements in row-major order.
    ///
    /// - Throws: ``TensorError/dtype(expected:found:)`` if the tensor holds another type; see
    ///   ``converted(to:)``.
    public func elements<Element: TensorElement>(of type: Element.Type) throws -> [Element] {
        guard Machine.hasRoom(for: storage.byteCount) else {
            throw TensorError.outOfMemory(bytes: storage.byteCount)
        }
        return try withElements(of: type) { [Element]($0) }
    }

    /// The strings in row-major order; nil if the tensor holds numbers.
    public var strings: [String]? { dtype == .string ? texts : nil }

    /// The elements as `Float`, converted where they are stored otherwise.
    public func floats() throws -> [Float] {
        try converted(to: .float32).elements(of: Float.self)
    }

    /// The elements as `Double`, converted where they are stored otherwise.
    public func doubles() throws -> [Double] {
        try converted(to: .float64).elements(of: Double.self)
    }
}

extension Tensor {
    /// Rows `range` of the outermost axis; the bytes are copied.
    public func rows(_ range: Range<Int>) throws(TensorError) -> Tensor {
        guard rank > 0, range.lowerBound >= 0, range.upperBound <= shape[0] else {
            throw .shape(expected: "[\(range.upperBound) or more, …]", found: shape)
        }
        return try rows(at: Array(range))
    }

    /// The rows at `indices` of the outermost axis, in that order.
    public func rows(at indices: [Int]) throws(TensorError) -> Tensor {
        guard rank > 0, indices.allSatisfy({ (0..<shape[0]).contains($0) }) else {
            throw .shape(expected: "[\((indices.max() ?? 0) + 1) or more, …]", found: shape)
        }
        let rowShape = try shape.replacing(axis: 0, with: indices.count)
        let rowCount = shape.count(of: 1...)
        if dtype == .string {
            let rows = indices.flatMap { texts[$0 * rowCount..<($0 + 1) * rowCount] }
            return try Tensor(strings: rows, shape: rowShape)
        }
        let result = try Tensor(uninitialized: rowShape, dtype: dtype, zeroed: false)
        let bytes = rowCount * dtype.size
        for (position, index) in indices.enumerated() {
            (result.storage.pointer + position * bytes)
                .copyMemory(from: storage.pointer + index * bytes, byteCount: bytes)
        }
        return result
    }

    /// Whether both hold the same bytes under the same shape and type (so NaN equals itself).
    public func isIdentical(to other: Tensor) -> Bool {
        guard shape == other.shape, dtype == other.dtype, texts == other.texts else { return false }
        return withUnsafeBytes { a in other.withUnsafeBytes { b in a.elementsEqual(b) } }
    }
}
