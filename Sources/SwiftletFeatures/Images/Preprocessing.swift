package import SwiftletTensor

/// How a network wants its pixels: `v · factor + offset`, in so many channels.
package struct Preprocessing: Sendable {
    package var resizing = ResizeMethod.bilinear
    package var factor: Float = 1
    package var offset: Float = 0

    package init() {}

    /// 0 … 255 become −1 … 1.
    package static func symmetric(_ resizing: ResizeMethod = .bilinear) -> Preprocessing {
        var own = Preprocessing()
        (own.resizing, own.factor, own.offset) = (resizing, 2 / 255, -1)
        return own
    }

    /// (v − 128) / 128, as the network was trained with in TensorFlow.
    package static func centered(_ resizing: ResizeMethod) -> Preprocessing {
        var own = Preprocessing()
        (own.resizing, own.factor, own.offset) = (resizing, 1 / 128, -1)
        return own
    }

    /// One picture, resized, as the network takes it, written where a batch has its place.
    ///
    /// - Parameter channels: 1 or 3; a gray picture is repeated, of a coloured one the luminance
    ///   is taken.
    func apply(
        _ picture: Tensor, height: Int, width: Int, channels: Int,
        into target: UnsafeMutableBufferPointer<Float>
    ) throws {
        let pixels = try Pixels(picture, channels: channels)
        let resized = resizing.resize(pixels, height: height, width: width)
        let source = resized.values
        if resized.channels == channels {
            for index in source.indices { target[index] = source[index] * factor + offset }
            return
        }
        for index in source.indices {
            let value = source[index] * factor + offset
            for channel in 0..<channels { target[index * channels + channel] = value }
        }
    }
}

extension Pixels {
    /// Pixels as 0 … 255, without alpha: of a `uint8` picture, of a `uint16` one the high bytes, as
    /// Pillow converts them, or of doubles.
    ///
    /// - Parameter wanted: where that is 1, colours become their luminance (ITU-R 601, as Pillow
    ///   has it).
    package init(_ picture: Tensor, channels wanted: Int) throws {
        let stored = picture.shape[2]
        let counted = stored == 2 ? 1 : min(stored, 3)
        let isLuminance = wanted == 1 && counted == 3
        let channels = isLuminance ? 1 : counted
        let pixels = picture.shape[0] * picture.shape[1]
        func values<Sample: TensorElement>(
            _: Sample.Type, _ value: (Sample) -> Float
        ) throws -> [Float] {
            try picture.withElements(of: Sample.self) { samples in
                [Float](unsafeUninitializedCapacity: pixels * channels) { target, count in
                    for pixel in 0..<pixels {
                        let start = pixel * stored
                        if isLuminance {
                            let (r, g, b) = (
                                value(samples[start]), value(samples[start + 1]),
                                value(samples[start + 2])
                            )
                            target[pixel] = r * 0.299 + g * 0.587 + b * 0.114
                            continue
                        }
                        for channel in 0..<channels {
                            target[pixel * channels + channel] = value(samples[start + channel])
                        }
                    }
                    count = pixels * channels
                }
            }
        }
        let found: [Float]
        switch picture.dtype {
        case .uint16: found = try values(UInt16.self) { Float($0 >> 8) }
        case .float64: found = try values(Double.self) { Float($0) }
        default: found = try values(UInt8.self) { Float($0) }
        }
        self.init(
            height: picture.shape[0], width: picture.shape[1],
            channels: channels, values: found)
    }
}
