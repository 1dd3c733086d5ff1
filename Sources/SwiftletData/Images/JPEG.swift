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
        let isPrint =
            colours == Int32(TJCS_CMYK.rawValue) || colours == Int32(TJCS_YCCK.rawValue)
        let extent = try ImageExtent(
            width: Int(width), height: Int(height), channels: isGray ? 1 : 3)
        return try DataError.Cause.wrapping {
            try Tensor(shape: extent.shape, dtype: .uint8) { pixels in
                guard isPrint else {
                    return try decoder.decompress(
                        bytes, extent, as: isGray ? TJPF_GRAY : TJPF_RGB, into: pixels)
                }
                let memory = try TensorStorage(byteCount: extent.width * extent.height * 4)
                let inks = UnsafeMutableRawBufferPointer(
                    start: memory.pointer, count: memory.byteCount)
                try decoder.decompress(bytes, extent, as: TJPF_CMYK, into: inks)
                withExtendedLifetime(memory) { print(inks, into: pixels) }
            }
        }
    }

    /// Inks as Adobe stores them, 255 for none, become colours as Pillow mixes them.
    private static func print(
        _ inks: UnsafeMutableRawBufferPointer, into pixels: UnsafeMutableRawBufferPointer
    ) {
        for pixel in 0..<inks.count / 4 {
            let paper = Int(inks[pixel * 4 + 3])
            for channel in 0..<3 {
                let product = (255 - Int(inks[pixel * 4 + channel])) * paper + 128
                let absorbed = (product >> 8 + product) >> 8
                pixels[pixel * 3 + channel] = UInt8(clamping: paper - absorbed)
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

        borrowing func decompress(
            _ bytes: UnsafeRawBufferPointer, _ extent: ImageExtent, as format: TJPF,
            into pixels: UnsafeMutableRawBufferPointer
        ) throws(DataError.Cause) {
            let status = tjDecompress2(
                handle, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt(bytes.count),
                pixels.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(extent.width), 0,
                Int32(extent.height), Int32(format.rawValue),
                TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT)
            guard status == 0 || isHarmless else { throw failure }
        }

        var failure: DataError.Cause { .malformed("damaged JPEG image: \(message)") }

        /// Cameras write stray bytes between segments; only missing ones leave pixels undefined.
        var isHarmless: Bool {
            tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
                && message.contains("extraneous bytes")
        }
    }
}
