extension Tensor {
    /// Writes rows of the outermost axis, one after the other and converted, without a copy of the
    /// tensor even where its bytes lie unaligned in a file.
    ///
    /// The two types are convertible and `rows` lie within the tensor.
    package func copyRows(
        _ rows: some Collection<Int>, as target: DType, to output: UnsafeMutableRawPointer
    ) {
        let width = shape.count(of: 1...)
        let (size, step) = (width * dtype.size, width * target.size)
        let source = storage.unalignedBytes
        withExtendedLifetime(storage) {
            if target == dtype {
                for (place, row) in rows.enumerated() {
                    (output + place * step).copyMemory(from: source + row * size, byteCount: size)
                }
            } else if Int(bitPattern: source) % dtype.size == 0 {
                for (place, row) in rows.enumerated() {
                    convertElements(
                        source + row * size, from: dtype, to: target, output + place * step,
                        count: width)
                }
            } else {
                withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) { aligned in
                    guard let start = aligned.baseAddress else { return }
                    for (place, row) in rows.enumerated() {
                        start.copyMemory(from: source + row * size, byteCount: size)
                        convertElements(
                            start, from: dtype, to: target, output + place * step, count: width)
                    }
                }
            }
        }
    }

    /// Whether the bytes lie in a file rather than in memory of the tensor's own.
    package var isMapped: Bool { !storage.isOwned }

    /// Gives back the memory of bytes that lie in a file; they are read anew where they are needed.
    package func releasePages() { storage.releasePages() }
}

extension Tensor {
    /// Shows the bytes where they lie, one piece after the other, and gives back the memory of those
    /// that lie in a file.
    package func forEachPiece(
        of size: Int = 1 << 24, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        try withExtendedLifetime(storage) {
            let all = UnsafeRawBufferPointer(
                start: storage.unalignedBytes, count: storage.byteCount)
            for start in stride(from: 0, to: all.count, by: size) {
                try body(
                    UnsafeRawBufferPointer(rebasing: all[start..<min(all.count, start + size)]))
                if isMapped { releasePages() }
            }
        }
    }
}

extension Tensor {
    /// The rows of tensors that differ in nothing but their number, in order.
    package init(joining parts: [Tensor]) throws {
        guard let first = parts.first else {
            throw TensorError.elementCount(expected: 1, found: 0)
        }
        if parts.count == 1 {
            self = first
            return
        }
        for part in parts {
            guard part.rank > 0, part.rank == first.rank, part.dtype == first.dtype,
                part.shape.dropFirst().elementsEqual(first.shape.dropFirst())
            else { throw TensorError.shape(expected: "\(first.shape)", found: part.shape) }
        }
        let shape = try first.shape.replacing(
            axis: 0, with: parts.reduce(0) { $0 + $1.shape[0] })
        if first.dtype == .string {
            try self.init(strings: parts.flatMap { $0.strings ?? [] }, shape: shape)
            return
        }
        try self.init(shape: shape, dtype: first.dtype) { target in
            guard var place = target.baseAddress else { return }
            for part in parts {
                part.withUnsafeBytes { bytes in
                    guard let start = bytes.baseAddress else { return }
                    place.copyMemory(from: start, byteCount: bytes.count)
                    place += bytes.count
                }
            }
        }
    }
}
