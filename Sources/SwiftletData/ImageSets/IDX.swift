internal import SwiftletFiles
public import SwiftletTensor

/// The IDX format of MNIST and its kin: one array of numbers, often packed by gzip.
public enum IDX {
    /// The array in a file, in the type and shape it is stored in: MNIST's images are `uint8`
    /// `[60000, 28, 28]`, its labels `uint8` `[60000]`.
    public static func read(_ path: String) throws(DataError) -> Tensor {
        try DataError.readingUnpacked(path) { bytes throws(DataError.Cause) in try decode(bytes) }
    }

    package static func decode(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Tensor {
        let layout = try layout(bytes)
        let stored = UnsafeRawBufferPointer(rebasing: bytes[layout.offset...])
        return try DataError.Cause.wrapping {
            try Tensor(shape: layout.shape, dtype: layout.dtype) { output in
                output.copyMemory(from: stored)
                reverseBytes(output, size: layout.dtype.size)
            }
        }
    }

    /// What the header says, checked against the number of bytes there are.
    static func layout(
        _ bytes: UnsafeRawBufferPointer
    ) throws(DataError.Cause) -> (shape: Shape, dtype: DType, offset: Int) {
        guard isIDX(bytes), let dtype = types[bytes[2]] else {
            throw .wrongFormat(expected: "an IDX file")
        }
        let rank = Int(bytes[3])
        var reader = ByteReader(bytes, from: 4)
        var dimensions: [Int] = []
        for _ in 0..<rank { dimensions.append(Int(try reader.bigEndian(UInt32.self))) }
        let shape: Shape
        do {
            shape = try Shape(dimensions)
        } catch {
            throw .tensor(error)
        }
        let needed = shape.elementCount * dtype.size
        guard needed == reader.remaining else {
            guard needed < reader.remaining else {
                throw .truncated(needed: needed, found: reader.remaining)
            }
            throw .malformed("\(reader.remaining - needed) bytes after the array of shape \(shape)")
        }
        return (shape, dtype, bytes.count - needed)
    }

    /// Two zeros, a type and a rank.
    static func isIDX(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 4 && bytes[0] == 0 && bytes[1] == 0 && types[bytes[2]] != nil && bytes[3] > 0
    }

    private static let types: [UInt8: DType] = [
        0x08: .uint8, 0x09: .int8, 0x0b: .int16, 0x0c: .int32, 0x0d: .float32, 0x0e: .float64,
    ]

    /// The file with the labels of the images in `path`, by the names that MNIST gave them; nil
    /// for other names.
    package static func labelsPath(forImages path: String) -> String? {
        let name = fileName(of: path)
        for (images, labels) in [("images-idx3", "labels-idx1"), ("images.idx3", "labels.idx1")] {
            guard let place = name.firstRange(of: images) else { continue }
            return directory(of: path) + "/" + name.replacingCharacters(in: place, with: labels)
        }
        return nil
    }
}

extension String {
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(text) }
            .map { $0..<index($0, offsetBy: text.count) }
    }

    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
