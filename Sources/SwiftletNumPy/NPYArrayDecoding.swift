internal import SwiftletFiles
package import SwiftletTensor

/// The bytes of the `.npy` format: one array, with its type and shape.
package enum NPYArray {
    /// Whether bytes begin as the format does.
    package static func isNPY(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: NPYHeader.magic)
    }

    /// Reads one array; what follows it is left alone, as NumPy does.
    ///
    /// Every number type but complex and extended ones is understood, in either byte order and
    /// either memory order; `U` and `S` become strings, the `V2` of ml_dtypes bfloat16.
    package static func decode(_ bytes: UnsafeRawBufferPointer) throws(NPYError) -> Tensor {
        let header = try NPYHeader(parsing: bytes)
        let stored = UnsafeRawBufferPointer(
            rebasing: bytes[header.dataOffset..<header.dataOffset + header.dataByteCount])
        switch header.element.kind {
        case .number: return try numbers(header, stored)
        case .unicode, .bytes: return try strings(header, stored)
        }
    }

    /// The pickled Python objects that an array consists of; nil if it holds plain elements.
    ///
    /// - Throws: ``NPYError`` if the header cannot be read.
    package static func pickle(
        in bytes: UnsafeRawBufferPointer
    ) throws(NPYError) -> UnsafeRawBufferPointer? {
        let (fields, end) = try NPYHeader.fields(in: bytes)
        guard case .string(let descriptor)? = fields["descr"], descriptor.hasSuffix("O") else {
            return nil
        }
        return UnsafeRawBufferPointer(rebasing: bytes[end...])
    }

    private static func numbers(
        _ header: NPYHeader, _ stored: UnsafeRawBufferPointer
    ) throws(NPYError) -> Tensor {
        let element = header.element
        return try NPYError.wrapping {
            try Tensor(shape: header.shape, dtype: element.dtype) { output in
                if header.isFortranOrder, header.shape.rank > 1 {
                    let size = element.byteCount
                    forEachFortranOffset(header.shape) { position, offset in
                        let slot = UnsafeMutableRawBufferPointer(
                            rebasing: output[position * size..<(position + 1) * size])
                        slot.copyMemory(
                            from: UnsafeRawBufferPointer(
                                rebasing: stored[offset * size..<(offset + 1) * size]))
                    }
                } else {
                    output.copyMemory(from: stored)
                }
                if element.isBigEndian { reverseBytes(output, size: element.byteCount) }
                if element.dtype == .bool {
                    // A Swift Bool other than 0 and 1 is undefined; a file may hold any byte.
                    for index in output.indices { output[index] = output[index] == 0 ? 0 : 1 }
                }
            }
        }
    }

    private static func strings(
        _ header: NPYHeader, _ stored: UnsafeRawBufferPointer
    ) throws(NPYError) -> Tensor {
        var texts = [String](repeating: "", count: header.shape.elementCount)
        var firstBad: Int?
        let size = header.element.byteCount
        forEachFortranOffset(header.shape, isFortran: header.isFortranOrder) { position, offset in
            let slot = UnsafeRawBufferPointer(rebasing: stored[offset * size..<(offset + 1) * size])
            let text =
                header.element.kind == .unicode
                ? unicode(slot, isBigEndian: header.element.isBigEndian) : utf8(slot)
            if let text { texts[position] = text } else { firstBad = firstBad ?? position }
        }
        if let firstBad { throw .malformed("string \(firstBad) is no valid text") }
        return try NPYError.wrapping { try Tensor(strings: texts, shape: header.shape) }
    }

    private static func unicode(_ slot: UnsafeRawBufferPointer, isBigEndian: Bool) -> String? {
        var text = String.UnicodeScalarView()
        var pendingZeros = 0
        for start in stride(from: 0, to: slot.count, by: 4) {
            let raw = slot.loadUnaligned(fromByteOffset: start, as: UInt32.self)
            let value = isBigEndian ? UInt32(bigEndian: raw) : UInt32(littleEndian: raw)
            if value == 0 {
                pendingZeros += 1
                continue
            }
            guard let scalar = Unicode.Scalar(value) else { return nil }
            text.append(contentsOf: repeatElement("\0", count: pendingZeros))
            pendingZeros = 0
            text.append(scalar)
        }
        return String(text)
    }

    private static func utf8(_ slot: UnsafeRawBufferPointer) -> String? {
        let end = slot.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        return String(strictUTF8: slot[..<end])
    }

    /// Calls `body(position, offset)` for every element in row-major order, `offset` being the
    /// element's place in column-major order.
    private static func forEachFortranOffset(
        _ shape: Shape, isFortran: Bool = true, _ body: (_ position: Int, _ offset: Int) -> Void
    ) {
        guard isFortran else {
            for position in 0..<shape.elementCount { body(position, position) }
            return
        }
        var strides: [Int] = []
        var step = 1
        for dimension in shape {
            strides.append(step)
            step *= max(dimension, 1)
        }
        var index = [Int](repeating: 0, count: shape.rank)
        var offset = 0
        for position in 0..<shape.elementCount {
            body(position, offset)
            for axis in stride(from: shape.rank - 1, through: 0, by: -1) {
                index[axis] += 1
                offset += strides[axis]
                if index[axis] < shape[axis] { break }
                offset -= strides[axis] * shape[axis]
                index[axis] = 0
            }
        }
    }
}
