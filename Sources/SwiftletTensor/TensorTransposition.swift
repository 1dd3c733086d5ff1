extension Tensor {
    /// The same elements with the axes in another order, as NumPy's `transpose`.
    ///
    /// - Parameter axes: for each axis of the result, the axis of this tensor; every one once.
    /// - Throws: ``TensorError/shape(expected:found:)`` for other axes or a tensor of strings.
    package func transposed(_ axes: [Int]) throws -> Tensor {
        guard axes.sorted() == Array(0..<rank), dtype != .string else {
            throw TensorError.shape(expected: "axes \(axes)", found: shape)
        }
        if axes == Array(0..<rank) { return self }
        let result = try Shape(axes.map { shape[$0] })
        let steps = axes.map { shape.strides[$0] }
        return try Tensor(shape: result, dtype: dtype) { output in
            withUnsafeBytes { input in
                func copy<Word: BitwiseCopyable>(_: Word.Type) {
                    let source = input.assumingMemoryBound(to: Word.self)
                    let target = output.assumingMemoryBound(to: Word.self)
                    result.forEachOffset(steps) { position, offset in
                        target[position] = source[offset]
                    }
                }
                switch dtype.size {
                case 1: copy(UInt8.self)
                case 2: copy(UInt16.self)
                case 4: copy(UInt32.self)
                default: copy(UInt64.self)
                }
            }
        }
    }
}

extension Shape {
    /// Calls `body` for every element in row-major order with its place under other strides.
    fileprivate func forEachOffset(
        _ strides: [Int], _ body: (_ position: Int, _ offset: Int) -> Void
    ) {
        var index = [Int](repeating: 0, count: rank)
        var offset = 0
        for position in 0..<elementCount {
            body(position, offset)
            for axis in stride(from: rank - 1, through: 0, by: -1) {
                index[axis] += 1
                offset += strides[axis]
                if index[axis] < self[axis] { break }
                offset -= strides[axis] * self[axis]
                index[axis] = 0
            }
        }
    }
}
