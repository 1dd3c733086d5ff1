internal import SwiftletTensor

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
    /// Pixels of a `uint8` or `uint16` picture as 0 … 255, without alpha.
    ///
    /// - Parameter wanted: where that is 1, colours become their luminance (ITU-R 601, as Pillow
    ///   has it).
    init(_ picture: Tensor, channels wanted: Int) throws {
        let stored = picture.shape[2]
        let counted = stored == 2 ? 1 : min(stored, 3)
        var values: [Float] = []
        values.reserveCapacity(picture.elementCount)
        func take<Sample: TensorElement & BinaryInteger>(_: Sample.Type, _ factor: Float) throws {
            try picture.withElements(of: Sample.self) { samples in
                for start in stride(from: 0, to: samples.count, by: stored) {
                    if wanted == 1, counted == 3 {
                        let (r, g, b) = (
                            Float(samples[start]), Float(samples[start + 1]),
                            Float(samples[start + 2])
                        )
                        values.append((r * 0.299 + g * 0.587 + b * 0.114) * factor)
                    } else {
                        for channel in 0..<counted {
                            values.append(Float(samples[start + channel]) * factor)
                        }
                    }
                }
            }
        }
        if picture.dtype == .uint16 {
            try take(UInt16.self, 1 / 257)
        } else {
            try take(UInt8.self, 1)
        }
        self.init(
            height: picture.shape[0], width: picture.shape[1],
            channels: wanted == 1 ? 1 : counted, values: values)
    }
}
