internal import CTurboJPEG
internal import SwiftletTensor

/// JPEG through libjpeg-turbo, with the same arithmetic as Pillow (accurate inverse transform,
/// smooth upsampling of colour).
enum JPEG {
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Tensor {
        guard let decoder = Decoder() else { throw .malformed("no memory to decode JPEG images") }
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var (width, height, subsampling, colours) = (Int32(0), Int32(0), Int32(0), Int32(0))
        let status = tjDecompressHeader3(
            decoder.handle, start, UInt(bytes.count), &width, &height, &subsampling, &colours)
        guard status == 0 else { throw decoder.failure }
        let isGray = colours == Int32(TJCS_GRAY.rawValue)
        guard isGray || colours == Int32(TJCS_YCbCr.rawValue) || colours == Int32(TJCS_RGB.rawValue)
        else { throw .unsupported("CMYK JPEG image") }
        let extent = try ImageExtent(
            width: Int(width), height: Int(height), channels: isGray ? 1 : 3)
        return try DataError.Cause.wrapping {
            try Tensor(shape: extent.shape, dtype: .uint8) { pixels in
                let status = tjDecompress2(
                    decoder.handle, start, UInt(bytes.count),
                    pixels.baseAddress?.assumingMemoryBound(to: UInt8.self), width, 0, height,
                    isGray ? Int32(TJPF_GRAY.rawValue) : Int32(TJPF_RGB.rawValue),
                    TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT)
                guard status == 0 || decoder.isHarmless else { throw decoder.failure }
            }
        }
    }

    /// One decoder of the library, freed on every path.
    private struct Decoder: ~Copyable {
        let handle: tjhandle

        init?() {
            guard let handle = tjInitDecompress() else { return nil }
            self.handle = handle
        }

        deinit { tjDestroy(handle) }

        private var message: String {
            tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown error"
        }

        var failure: DataError.Cause { .malformed("damaged JPEG image: \(message)") }

        /// Cameras write stray bytes between segments; only missing ones leave pixels undefined.
        var isHarmless: Bool {
            tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
                && message.contains("extraneous bytes")
        }
    }
}
