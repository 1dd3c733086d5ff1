internal import SwiftletTensor

/// Uncompressed Windows bitmaps of 1, 4, 8, 16, 24 and 32 bits per pixel; gray if the palette is.
enum BMP {
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Tensor {
        let header = try Header(bytes)
        let rows = try Rows(header, bytes)
        return try DataError.Cause.wrapping {
            try Tensor(shape: header.extent.shape, dtype: .uint8) { pixels in
                var target = 0
                for y in 0..<header.extent.height {
                    for x in 0..<header.extent.width {
                        let colour = try rows.colour(x, y)
                        for channel in 0..<header.extent.channels {
                            pixels[target] = colour[channel]
                            target += 1
                        }
                    }
                }
            }
        }
    }

    /// Red, green, blue.
    private typealias Colour = SIMD3<UInt8>

    private struct Header {
        let extent: ImageExtent
        let isTopDown: Bool
        let bitsPerPixel: Int
        let dataOffset: Int
        /// Red, green, blue; for 16 and 32 bits.
        let masks: [UInt32]
        /// For up to 8 bits.
        let palette: [Colour]

        init(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) {
            var reader = ByteReader(bytes, from: 10)
            dataOffset = Int(try reader.littleEndian(UInt32.self))
            let size = Int(try reader.littleEndian(UInt32.self))
            guard size == 12 || size >= 40 else {
                throw .malformed("damaged BMP image: header of \(size) bytes")
            }
            let isOld = size == 12
            let width =
                try isOld
                ? Int(reader.littleEndian(UInt16.self)) : Int(reader.littleEndian(Int32.self))
            let height =
                try isOld
                ? Int(reader.littleEndian(UInt16.self)) : Int(reader.littleEndian(Int32.self))
            _ = try reader.littleEndian(UInt16.self)  // planes
            bitsPerPixel = Int(try reader.littleEndian(UInt16.self))
            let compression = try isOld ? 0 : reader.littleEndian(UInt32.self)
            guard [0, 3, 6].contains(compression) else {
                throw .unsupported("compressed BMP image")
            }
            isTopDown = height < 0
            var used: UInt32 = 0
            if !isOld {
                try reader.move(to: 46)
                used = try reader.littleEndian()
            }
            switch bitsPerPixel {
            case 1, 4, 8:
                try reader.move(to: 14 + size)
                let count = used == 0 ? 1 << bitsPerPixel : min(Int(used), 1 << bitsPerPixel)
                palette = try Self.palette(&reader, count: count, entrySize: isOld ? 3 : 4)
                masks = []
            case 24: (palette, masks) = ([], [])
            case 16, 32:
                palette = []
                guard compression != 0 else {
                    masks =
                        bitsPerPixel == 16
                        ? [0x7c00, 0x3e0, 0x1f] : [0xff_0000, 0xff00, 0xff]
                    break
                }
                try reader.move(to: 54)
                masks = try [reader.littleEndian(), reader.littleEndian(), reader.littleEndian()]
            default:
                throw .unsupported("BMP image of \(bitsPerPixel) bits per pixel")
            }
            // Gray pictures are stored with a palette of grays.
            let isGray = bitsPerPixel <= 8 && palette.allSatisfy { $0.x == $0.y && $0.y == $0.z }
            extent = try ImageExtent(width: width, height: abs(height), channels: isGray ? 1 : 3)
        }

        private static func palette(
            _ reader: inout ByteReader, count: Int, entrySize: Int
        ) throws(DataError.Cause) -> [Colour] {
            var palette: [Colour] = []
            for _ in 0..<count {
                let entry = try reader.take(entrySize)
                palette.append(Colour(entry[2], entry[1], entry[0]))
            }
            return palette
        }
    }

    /// Pixels by position; rows are padded to four bytes and usually stand bottom up.
    private struct Rows {
        let header: Header
        let stride: Int
        let bytes: UnsafeRawBufferPointer

        init(_ header: Header, _ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) {
            self.header = header
            stride = (header.extent.width * header.bitsPerPixel + 31) / 32 * 4
            var reader = ByteReader(bytes)
            try reader.move(to: header.dataOffset)
            self.bytes = try reader.take(stride * header.extent.height)
        }

        func colour(_ x: Int, _ y: Int) throws(DataError.Cause) -> Colour {
            let row = (header.isTopDown ? y : header.extent.height - 1 - y) * stride
            switch header.bitsPerPixel {
            case 24:
                let pixel = row + x * 3
                return Colour(bytes[pixel + 2], bytes[pixel + 1], bytes[pixel])
            case 16, 32:
                let size = header.bitsPerPixel / 8
                var value: UInt32 = 0
                for index in 0..<size {
                    value |= UInt32(bytes[row + x * size + index]) << (8 * index)
                }
                return Colour(
                    sample(value, mask: header.masks[0]), sample(value, mask: header.masks[1]),
                    sample(value, mask: header.masks[2]))
            default:
                let bit = x * header.bitsPerPixel
                let shift = 8 - header.bitsPerPixel - bit % 8
                let index = Int(bytes[row + bit / 8]) >> shift & (1 << header.bitsPerPixel - 1)
                guard index < header.palette.count else {
                    throw .malformed(
                        "damaged BMP image: colour \(index) of \(header.palette.count)")
                }
                return header.palette[index]
            }
        }

        /// The bits under `mask`, widened to 0…255.
        private func sample(_ value: UInt32, mask: UInt32) -> UInt8 {
            guard mask != 0 else { return 0 }
            let shift = UInt32(mask.trailingZeroBitCount)
            let largest = UInt64(mask >> shift)
            return UInt8(truncatingIfNeeded: UInt64((value & mask) >> shift) * 255 / largest)
        }
    }
}
