internal import SwiftletTensor

/// PGM and PPM, as text (`P2`, `P3`) or bytes (`P5`, `P6`).
///
/// A largest value other than 255 or 65535 is scaled up to the next of the two.
enum Netpbm {
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Tensor {
        var reader = Reader(bytes: bytes)
        let kind = bytes[1]
        guard
            let channels = [
                UInt8(ascii: "2"): 1, UInt8(ascii: "5"): 1, UInt8(ascii: "3"): 3,
                UInt8(ascii: "6"): 3,
            ][kind]
        else { throw .unsupported("netpbm image of kind P\(Unicode.Scalar(kind))") }
        let width = try reader.number()
        let height = try reader.number()
        let largest = try reader.number()
        guard (1...65535).contains(largest) else {
            throw .malformed("damaged image: largest value \(largest)")
        }
        let extent = try ImageExtent(width: width, height: height, channels: channels)
        let isText = kind < UInt8(ascii: "4")
        // A number in a text takes a digit and a space.
        let needed = extent.shape.elementCount * (isText || largest > 255 ? 2 : 1)
        try reader.endHeader()
        guard needed <= reader.remaining + (isText ? 1 : 0) else {
            throw .truncated(needed: needed, found: reader.remaining)
        }
        return try DataError.Cause.wrapping {
            try Tensor(shape: extent.shape, dtype: largest > 255 ? .uint16 : .uint8) { output in
                let full = largest > 255 ? 65535 : 255
                for index in 0..<extent.shape.elementCount {
                    let value = isText ? try reader.number() : reader.sample(isWide: largest > 255)
                    guard value <= largest else {
                        throw DataError.Cause.malformed(
                            "damaged image: value \(value) where \(largest) is the largest")
                    }
                    let scaled =
                        largest == full ? value : (value * full * 2 + largest) / (largest * 2)
                    if largest > 255 {
                        output.storeBytes(
                            of: UInt16(truncatingIfNeeded: scaled), toByteOffset: index * 2,
                            as: UInt16.self)
                    } else {
                        output[index] = UInt8(truncatingIfNeeded: scaled)
                    }
                }
            }
        }
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var position = 2

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        var remaining: Int { bytes.count - position }

        /// A decimal number after white space and comments.
        mutating func number() throws(DataError.Cause) -> Int {
            while position < bytes.count {
                if bytes[position] == UInt8(ascii: "#") {
                    while position < bytes.count, bytes[position] != 0x0a { position += 1 }
                } else if !Self.isSpace(bytes[position]) {
                    break
                } else {
                    position += 1
                }
            }
            var value = 0
            let start = position
            while position < bytes.count, (0x30...0x39).contains(bytes[position]), value < 1 << 40 {
                value = value * 10 + Int(bytes[position] - 0x30)
                position += 1
            }
            guard position > start else {
                throw position < bytes.count
                    ? .malformed("damaged image: byte \(position) is no number")
                    : .truncated(needed: bytes.count + 1, found: bytes.count)
            }
            return value
        }

        /// One white space stands between the header and the samples.
        mutating func endHeader() throws(DataError.Cause) {
            guard remaining > 0, Self.isSpace(bytes[position]) else {
                throw .malformed("damaged image: no space after the header")
            }
            position += 1
        }

        /// Only within the size checked before.
        mutating func sample(isWide: Bool) -> Int {
            defer { position += isWide ? 2 : 1 }
            return isWide
                ? Int(bytes[position]) << 8 | Int(bytes[position + 1]) : Int(bytes[position])
        }

        private static func isSpace(_ byte: UInt8) -> Bool {
            byte == 0x20 || (0x09...0x0d).contains(byte)
        }
    }
}
