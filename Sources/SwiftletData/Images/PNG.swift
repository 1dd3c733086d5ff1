internal import CPNGCodec
internal import SwiftletTensor

/// PNG through libpng.
enum PNG {
    static func decode(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Tensor {
        var image = swiftlet_png()
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard swiftlet_png_read_header(start, bytes.count, &image) == 0 else {
            throw failure(image)
        }
        let extent = try ImageExtent(
            width: Int(image.width), height: Int(image.height), channels: Int(image.channels))
        let size = extent.shape.elementCount * Int(image.bytesPerSample)
        // Deflate shrinks to a thousandth at best, and palettes and single bits to a 24th of that.
        guard size / 24 / 1100 <= bytes.count else {
            throw .truncated(needed: size / 24 / 1100, found: bytes.count)
        }
        return try DataError.Cause.wrapping {
            try Tensor(shape: extent.shape, dtype: image.bytesPerSample == 1 ? .uint8 : .uint16) {
                let pixels = $0.baseAddress?.assumingMemoryBound(to: UInt8.self)
                guard swiftlet_png_read(start, bytes.count, &image, pixels, $0.count) == 0 else {
                    throw failure(image)
                }
            }
        }
    }

    static func encode(_ picture: Tensor) throws(DataError.Cause) -> [UInt8] {
        let channels = picture.rank == 2 ? 1 : picture.shape.last ?? 0
        guard picture.dtype == .uint8, (2...3).contains(picture.rank),
            channels == 1 || channels == 3
        else {
            throw .mismatch(
                "a picture to write is uint8 [height, width, 1 or 3], not "
                    + "\(picture.dtype) \(picture.shape)")
        }
        let extent = try ImageExtent(
            width: picture.shape[1], height: picture.shape[0], channels: channels)
        guard let width = UInt32(exactly: extent.width), let height = UInt32(exactly: extent.height)
        else { throw .unsupported("image of \(extent.width) × \(extent.height) pixels") }
        var image = swiftlet_png()
        (image.width, image.height, image.channels) = (width, height, UInt32(channels))
        var output: [UInt8] = []
        let status = picture.withUnsafeBytes { pixels in
            withUnsafeMutablePointer(to: &output) { output in
                swiftlet_png_write(
                    &image, pixels.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    { context, bytes, count in
                        context?.assumingMemoryBound(to: [UInt8].self).pointee
                            .append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
                    }, output)
            }
        }
        guard status == 0 else { throw failure(image) }
        return output
    }

    private static func failure(_ image: swiftlet_png) -> DataError.Cause {
        let message = withUnsafeBytes(of: image.message) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return .malformed("damaged PNG image: \(message.isEmpty ? "no memory" : message)")
    }
}
