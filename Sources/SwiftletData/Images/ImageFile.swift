internal import SwiftletLimits
public import SwiftletTensor

/// Pictures in files: PNG, JPEG, WebP, BMP, PPM and PGM, told apart by their contents.
///
/// A picture is a tensor `[height, width, channels]` of 1 (gray) or 3 (red, green, blue) channels,
/// `uint8`, or `uint16` where the file has more than 8 bits per sample. Palettes are resolved, an
/// alpha channel is dropped, colours are as stored (no gamma or profile is applied).
public enum ImageFile {
    /// The picture in a file.
    ///
    /// - Parameter upright: turns the picture as the camera's Exif data say.
    public static func read(_ path: String, upright: Bool = false) throws(DataError) -> Tensor {
        try DataError.reading(path) { bytes throws(DataError.Cause) in
            try decode(bytes, upright: upright)
        }
    }

    /// The picture in the bytes of a file.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, upright: Bool = false
    ) throws(DataError.Cause) -> Tensor {
        let picture = try stored(bytes)
        return upright ? try Orientation.apply(Orientation.read(bytes), to: picture) : picture
    }

    private static func stored(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Tensor {
        switch ImageFormat(startOf: bytes) {
        case .png: return try PNG.decode(bytes)
        case .jpeg: return try JPEG.decode(bytes)
        case .webp: return try WebP.decode(bytes)
        case .bmp: return try BMP.decode(bytes)
        case .netpbm: return try Netpbm.decode(bytes)
        case .other(let name): throw .unsupported("\(name) image")
        case nil: throw .wrongFormat(expected: "a PNG, JPEG, WebP, BMP, PPM or PGM image")
        }
    }

    /// The bytes of a PNG file of a `uint8` picture `[height, width, 1 or 3]`.
    package static func png(_ picture: Tensor) throws(DataError.Cause) -> [UInt8] {
        try PNG.encode(picture)
    }

    /// Writes a `uint8` picture `[height, width, 1 or 3]` or `[height, width]` as PNG.
    public static func writePNG(_ picture: Tensor, to path: String) throws(DataError) {
        try DataError.writing(path) { () throws(DataError.Cause) in try PNG.encode(picture) }
    }
}

/// A kind of picture file, by its first bytes.
enum ImageFormat: Equatable {
    case png, jpeg, webp, bmp, netpbm
    /// Known, but not read here.
    case other(String)

    init?(startOf bytes: UnsafeRawBufferPointer) {
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) {
            self = .png
        } else if bytes.starts(with: [0xff, 0xd8, 0xff]) {
            self = .jpeg
        } else if bytes.starts(with: "BM".utf8) {
            self = .bmp
        } else if bytes.count > 1, bytes[0] == UInt8(ascii: "P"), (0x31...0x37).contains(bytes[1]) {
            self = .netpbm
        } else if bytes.starts(with: "GIF8".utf8) {
            self = .other("GIF")
        } else if bytes.count > 11, bytes.starts(with: "RIFF".utf8),
            bytes[8..<12].elementsEqual("WEBP".utf8)
        {
            self = .webp
        } else if bytes.starts(with: [0x49, 0x49, 0x2a, 0])
            || bytes.starts(with: [0x4d, 0x4d, 0, 0x2a])
        {
            self = .other("TIFF")
        } else {
            return nil
        }
    }
}

/// The checked extent of a picture.
struct ImageExtent {
    let shape: Shape
    let width: Int
    let height: Int
    let channels: Int

    /// - Throws: if there are no pixels or too many.
    init(width: Int, height: Int, channels: Int) throws(DataError.Cause) {
        guard width > 0, height > 0 else {
            throw .malformed("image of \(width) × \(height) pixels")
        }
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        do {
            try Limits.check(.imagePixels, overflow ? .max : pixels)
            try Limits.checkTime()
        } catch {
            throw .limit(error)
        }
        (self.width, self.height, self.channels) = (width, height, channels)
        do {
            shape = try Shape([height, width, channels])
        } catch {
            throw .tensor(error)
        }
    }
}
