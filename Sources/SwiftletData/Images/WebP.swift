internal import CWebP
internal import SwiftletTensor

/// WebP through libwebp: lossy and lossless, alpha dropped, of an animation the first picture, all as
/// Pillow has them.
enum WebP {
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Tensor {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var features = WebPBitstreamFeatures()
        let status = WebPGetFeatures(start, bytes.count, &features)
        guard status == VP8_STATUS_OK else { throw failure(status) }
        let extent = try ImageExtent(
            width: Int(features.width), height: Int(features.height), channels: 3)
        try checkLength(bytes)
        return try DataError.Cause.wrapping {
            try Tensor(shape: extent.shape, dtype: .uint8) { pixels in
                guard features.has_animation == 0 else {
                    return try firstFrame(bytes, extent, into: pixels)
                }
                let target = pixels.baseAddress?.assumingMemoryBound(to: UInt8.self)
                guard
                    WebPDecodeRGBInto(start, bytes.count, target, pixels.count, features.width * 3)
                        != nil
                else { throw DataError.Cause.malformed("damaged WebP image") }
            }
        }
    }

    /// The container says how long it is; libwebp does not mind what is missing behind the pixels.
    private static func checkLength(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) {
        var reader = ByteReader(bytes, from: 4)
        let size = Int(try reader.littleEndian(UInt32.self)) + 8
        guard size <= bytes.count else { throw .truncated(needed: size, found: bytes.count) }
    }

    /// The canvas after the first step of an animation; what that leaves out is black.
    private static func firstFrame(
        _ bytes: UnsafeRawBufferPointer, _ extent: ImageExtent,
        into pixels: UnsafeMutableRawBufferPointer
    ) throws(DataError.Cause) {
        var data = WebPData(
            bytes: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), size: bytes.count)
        var options = WebPAnimDecoderOptions()
        guard WebPAnimDecoderOptionsInit(&options) != 0 else {
            throw .unsupported("animated WebP image by this version of libwebp")
        }
        options.color_mode = MODE_RGBA
        options.use_threads = 0
        guard let decoder = WebPAnimDecoderNew(&data, &options) else {
            throw .malformed("damaged WebP animation")
        }
        defer { WebPAnimDecoderDelete(decoder) }
        var info = WebPAnimInfo()
        var canvas: UnsafeMutablePointer<UInt8>?
        var time: Int32 = 0
        guard WebPAnimDecoderGetInfo(decoder, &info) != 0,
            Int(info.canvas_width) == extent.width, Int(info.canvas_height) == extent.height,
            WebPAnimDecoderGetNext(decoder, &canvas, &time) != 0, let canvas
        else { throw .malformed("damaged WebP animation") }
        for pixel in 0..<extent.width * extent.height {
            for channel in 0..<3 { pixels[pixel * 3 + channel] = canvas[pixel * 4 + channel] }
        }
    }

    private static func failure(_ status: VP8StatusCode) -> DataError.Cause {
        switch status {
        case VP8_STATUS_UNSUPPORTED_FEATURE: .unsupported("kind of WebP image")
        case VP8_STATUS_NOT_ENOUGH_DATA: .malformed("WebP image that ends too early")
        case VP8_STATUS_OUT_OF_MEMORY: .malformed("no memory to decode WebP images")
        default: .malformed("damaged WebP image")
        }
    }
}
