package import SwiftletTensor

extension NPYArray {
    /// The bytes of an `.npy` file in C order, its header padded so that the elements begin at a
    /// multiple of 64, as NumPy writes it. bfloat16 becomes `<V2`, as ml_dtypes writes it.
    ///
    /// - Throws: `unsupported` for more axes than NumPy has.
    package static func encode(_ tensor: Tensor) throws(NPYError) -> [UInt8] {
        if let strings = tensor.strings {
            guard tensor.rank <= NPYHeader.largestRank else {
                throw .unsupported("rank \(tensor.rank) in .npy files")
            }
            let scalars = strings.map { $0.unicodeScalars.map(\.value.littleEndian) }
            // NumPy has no strings of width 0.
            let width = max(1, scalars.map(\.count).max() ?? 0)
            var bytes = header(descriptor: "<U\(width)", shape: tensor.shape)
            bytes.reserveCapacity(bytes.count + strings.count * width * 4)
            for text in scalars {
                for value in text { withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) } }
                bytes.append(contentsOf: repeatElement(0, count: (width - text.count) * 4))
            }
            return bytes
        }
        var bytes = try header(dtype: tensor.dtype, shape: tensor.shape)
        tensor.withUnsafeBytes { elements in
            bytes.reserveCapacity(bytes.count + elements.count)
            bytes.append(contentsOf: elements)
        }
        return bytes
    }

    /// What stands before the numbers of an array that is written piece by piece.
    ///
    /// - Throws: `unsupported` for more axes than NumPy has, and for texts.
    package static func header(dtype: DType, shape: Shape) throws(NPYError) -> [UInt8] {
        guard shape.rank <= NPYHeader.largestRank else {
            throw .unsupported("rank \(shape.rank) in .npy files")
        }
        guard let descriptor = NPYHeader.Element.descriptor(dtype) else {
            throw .unsupported("dtype \(dtype) in .npy files")
        }
        return header(descriptor: descriptor, shape: shape)
    }

    private static func header(descriptor: String, shape: Shape) -> [UInt8] {
        // A tuple of one needs its comma.
        let extents =
            shape.rank == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
        var text = Array(
            "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(extents)), }".utf8)
        let prefixCount = NPYHeader.magic.count + 4
        let unpadded = prefixCount + text.count + 1
        text.append(contentsOf: repeatElement(0x20, count: (64 - unpadded % 64) % 64))
        text.append(UInt8(ascii: "\n"))
        let length = UInt16(text.count).littleEndian  // rank 64 with 20 digits each: 1,450 bytes
        return NPYHeader.magic + [1, 0] + withUnsafeBytes(of: length, Array.init) + text
    }
}
