internal import SwiftletTensor

/// Which way round a camera held a picture: Exif's tag 274, 1 … 8.
enum Orientation {
    private static let tag: UInt16 = 274
    private static let exifMark = Array("Exif\0\0".utf8)

    /// 1, which changes nothing, where a file does not say or says it wrongly.
    static func read(_ bytes: UnsafeRawBufferPointer) -> Int {
        let found: Int?
        switch ImageFormat(startOf: bytes) {
        case .jpeg: found = try? jpeg(bytes)
        case .png: found = try? png(bytes)
        case .webp: found = try? webP(bytes)
        default: found = nil
        }
        return found.map { (1...8).contains($0) ? $0 : 1 } ?? 1
    }

    /// The picture the right way up, as Pillow's `exif_transpose` turns it.
    static func apply(_ orientation: Int, to picture: Tensor) throws(DataError.Cause) -> Tensor {
        guard orientation > 1 else { return picture }
        let (height, width) = (picture.shape[0], picture.shape[1])
        let size = picture.shape[2] * picture.dtype.size
        let isTurned = orientation >= 5
        let fromBelow = [3, 4, 6, 7].contains(orientation)
        let fromRight = [2, 3, 7, 8].contains(orientation)
        let (rows, columns) = isTurned ? (width, height) : (height, width)
        return try DataError.Cause.wrapping {
            let shape = try Shape([rows, columns, picture.shape[2]])
            return try Tensor(shape: shape, dtype: picture.dtype) { output in
                picture.withUnsafeBytes { input in
                    for y in 0..<rows {
                        for x in 0..<columns {
                            let (r, c) = isTurned ? (x, y) : (y, x)
                            let row = fromBelow ? height - 1 - r : r
                            let column = fromRight ? width - 1 - c : c
                            let (source, target) = (
                                (row * width + column) * size, (y * columns + x) * size
                            )
                            for byte in 0..<size { output[target + byte] = input[source + byte] }
                        }
                    }
                }
            }
        }
    }

    /// Among the segments before the pixels.
    private static func jpeg(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Int? {
        var reader = ByteReader(bytes, from: 2)
        while reader.remaining >= 4 {
            let marker: UInt16 = try reader.bigEndian()
            guard marker >= 0xff01, marker != 0xffda else { return nil }
            if marker == 0xffff {  // a byte that fills
                try reader.move(to: reader.position - 1)
                continue
            }
            let segment = try reader.take(Int(try reader.bigEndian(UInt16.self)) - 2)
            if marker == 0xffe1, segment.starts(with: exifMark) {
                return try tiff(UnsafeRawBufferPointer(rebasing: segment[exifMark.count...]))
            }
        }
        return nil
    }

    private static func png(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Int? {
        var reader = ByteReader(bytes, from: 8)
        while reader.remaining >= 12 {
            let size = Int(try reader.bigEndian(UInt32.self))
            let name = try reader.take(4)
            let content = try reader.take(size)
            if name.elementsEqual("eXIf".utf8) { return try tiff(content) }
            _ = try reader.take(4)  // checksum
        }
        return nil
    }

    private static func webP(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Int? {
        var reader = ByteReader(bytes, from: 12)
        while reader.remaining >= 8 {
            let name = try reader.take(4)
            let size = Int(try reader.littleEndian(UInt32.self))
            let content = try reader.take(size)
            if name.elementsEqual("EXIF".utf8) {
                let start = content.starts(with: exifMark) ? exifMark.count : 0
                return try tiff(UnsafeRawBufferPointer(rebasing: content[start...]))
            }
            if size % 2 == 1, reader.remaining > 0 { _ = try reader.take(1) }
        }
        return nil
    }

    /// The tag in the first directory of a TIFF header.
    private static func tiff(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Int? {
        var reader = ByteReader(bytes)
        let order: UInt16 = try reader.littleEndian()
        guard order == 0x4949 || order == 0x4d4d else { return nil }
        let isLittle = order == 0x4949
        func number<Number: FixedWidthInteger & BitwiseCopyable>(
            _: Number.Type
        ) throws(DataError.Cause) -> Number {
            isLittle ? try reader.littleEndian() : try reader.bigEndian()
        }
        guard try number(UInt16.self) == 42 else { return nil }
        try reader.move(to: Int(try number(UInt32.self)))
        for _ in 0..<(try number(UInt16.self)) {
            let entry = try number(UInt16.self)
            _ = try reader.take(6)  // type and count
            if entry == tag { return Int(try number(UInt16.self)) }
            _ = try reader.take(4)
        }
        return nil
    }
}
