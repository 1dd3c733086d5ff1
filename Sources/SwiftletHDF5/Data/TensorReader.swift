internal import SwiftletTensor

/// Makes tensors of elements in the file's own types.
struct TensorReader {
    let type: Datatype
    let shape: Shape
    let heap: GlobalHeap

    /// From here on, bytes are worth viewing in place rather than copying.
    private static let smallestView = 4096

    /// A tensor of elements that lie in one piece; large ones that are as a tensor has them stay
    /// where they are, and the tensor keeps the file open.
    func tensor(of range: Range<Int>, _ reading: Reading) throws(Refusal) -> Tensor {
        let bytes = reading.image.bytes(range)
        guard bytes.count == range.count else { throw .damaged("data outside the file") }
        let scalar = type.scalar
        if scalar.isNative, range.count >= Self.smallestView {
            return try refusing { () throws(TensorError) in
                try Tensor(
                    storage: TensorStorage(
                        viewing: bytes, elementSize: scalar.size, owner: reading.image),
                    shape: shape, dtype: scalar.dtype)
            }
        }
        // Copied, they are not held in memory twice.
        defer { reading.image.release(bytes) }
        return try tensor(bytes, reading)
    }

    /// A tensor whose elements `fill` writes in the file's own type into `byteCount` bytes.
    func tensor(
        byteCount: Int, _ reading: Reading,
        filledBy fill: (UnsafeMutableRawBufferPointer) throws(Refusal) -> Void
    ) throws(Refusal) -> Tensor {
        let storage = try refusing { () throws(TensorError) in
            try TensorStorage(byteCount: TensorError.checked(byteCount))
        }
        try fill(UnsafeMutableRawBufferPointer(start: storage.pointer, count: byteCount))
        if type.scalar.isNative {
            return try refusing { () throws(TensorError) in
                try Tensor(storage: storage, shape: shape, dtype: type.dtype)
            }
        }
        defer { withExtendedLifetime(storage) {} }
        return try tensor(
            UnsafeRawBufferPointer(start: storage.pointer, count: byteCount), reading)
    }

    /// A converted copy.
    private func tensor(
        _ bytes: UnsafeRawBufferPointer, _ reading: Reading
    ) throws(Refusal) -> Tensor {
        let scalar = type.scalar
        guard let needed = product([shape.elementCount, scalar.size]), needed <= bytes.count else {
            throw .damaged("data that is cut short")
        }
        if scalar.dtype == .string {
            let strings = try scalar.strings(bytes, count: shape.elementCount, heap, reading)
            return try refusing { () throws(TensorError) in
                try Tensor(strings: strings, shape: shape)
            }
        }
        do {
            return try Tensor(shape: shape, dtype: scalar.dtype) { buffer in
                if scalar.isNative {
                    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<needed]))
                } else {
                    scalar.convert(bytes, to: buffer, count: shape.elementCount)
                }
            }
        } catch {
            throw .damaged("\(error)")
        }
    }

    private func refusing<Result>(
        _ body: () throws(TensorError) -> Result
    ) throws(Refusal) -> Result {
        do {
            return try body()
        } catch {
            throw .damaged("\(error)")
        }
    }
}
