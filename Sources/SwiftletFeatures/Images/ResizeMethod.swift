internal import CKernels
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How pictures get the size that a network takes. Each is what one library does, to the bit where
/// that is defined.
package enum ResizeMethod: String, Sendable, CaseIterable {
    /// PyTorch's `interpolate`, Keras's `Resizing`: half-pixel centres, no antialiasing.
    case bilinear
    /// The same with antialiasing: the filter widens when it shrinks.
    case antialiased = "bilinear-antialias"
    /// TensorFlow 1's `resize_bilinear`: corners aligned on one side.
    case legacyBilinear = "tf1-bilinear"
    /// Pillow's filters, which widen when they shrink, with 8-bit rounding.
    case pillowBilinear = "pil-bilinear"
    case pillowBicubic = "pil-bicubic"
    case pillowLanczos = "pil-lanczos"
    case pillowBox = "pil-box"
    case pillowHamming = "pil-hamming"
    case pillowNearest = "pil-nearest"
    /// Pillow's filters on single-precision channels (mode F).
    case floatBilinear = "pil-bilinear-float"
    case floatBicubic = "pil-bicubic-float"
    case floatLanczos = "pil-lanczos-float"
    case floatBox = "pil-box-float"
    case floatHamming = "pil-hamming-float"
    /// Pillow's bicubic filter on single-precision channels, clipped to 0…255, as clean-fid has it.
    case cleanBicubic = "clean-bicubic"

    /// Resizes `[height, width, channels]` of 0 … 255.
    package func resize(_ picture: Pixels, height: Int, width: Int) -> Pixels {
        guard picture.height != height || picture.width != width else { return picture }
        switch self {
        case .bilinear, .legacyBilinear:
            let across = blends(picture.width, to: width)
            let down = blends(picture.height, to: height)
            return down.apply(across.apply(picture, axis: 1), axis: 0)
        case .pillowNearest:
            let across = Self.nearest(picture.width, to: width)
            let down = Self.nearest(picture.height, to: height)
            return down.apply(across.apply(picture, axis: 1), axis: 0)
        case .pillowBilinear: return filtered(picture, height, width, .bilinear, bytes: true)
        case .pillowBicubic: return filtered(picture, height, width, .bicubic, bytes: true)
        case .pillowLanczos: return filtered(picture, height, width, .lanczos, bytes: true)
        case .pillowBox: return filtered(picture, height, width, .box, bytes: true)
        case .pillowHamming: return filtered(picture, height, width, .hamming, bytes: true)
        case .antialiased, .floatBilinear:
            return filtered(picture, height, width, .bilinear, bytes: false)
        case .floatBicubic: return filtered(picture, height, width, .bicubic, bytes: false)
        case .floatLanczos: return filtered(picture, height, width, .lanczos, bytes: false)
        case .floatBox: return filtered(picture, height, width, .box, bytes: false)
        case .floatHamming: return filtered(picture, height, width, .hamming, bytes: false)
        case .cleanBicubic:
            var result = filtered(picture, height, width, .bicubic, bytes: false)
            for index in result.values.indices {
                result.values[index] = min(max(result.values[index], 0), 255)
            }
            return result
        }
    }

    private func blends(_ extent: Int, to count: Int) -> Blends {
        let scale = Float(extent) / Float(count)
        var blends = Blends()
        for place in 0..<count {
            let position =
                self == .legacyBilinear
                ? Float(place) * scale : max(0, (Float(place) + 0.5) * scale - 0.5)
            let low = min(Int32(position), Int32(extent - 1))
            blends.low.append(low)
            blends.high.append(min(low + 1, Int32(extent - 1)))
            blends.share.append(min(max(position - Float(low), 0), 1))
        }
        return blends
    }

    /// Pillow walks with the step added up, not multiplied.
    private static func nearest(_ extent: Int, to count: Int) -> Blends {
        let step = Double(extent) / Double(count)
        var blends = Blends()
        var position = step * 0.5
        for _ in 0..<count {
            let place = min(Int32(position), Int32(extent - 1))
            blends.low.append(place)
            blends.high.append(place)
            blends.share.append(0)
            position += step
        }
        return blends
    }

    /// Pillow resizes the width first, and leaves out what changes nothing.
    private func filtered(
        _ picture: Pixels, _ height: Int, _ width: Int, _ filter: Filter, bytes: Bool
    ) -> Pixels {
        var result = picture
        if width != picture.width {
            result = Taps(filter, picture.width, to: width).apply(result, axis: 1, bytes: bytes)
        }
        if height != picture.height {
            result = Taps(filter, picture.height, to: height).apply(result, axis: 0, bytes: bytes)
        }
        return result
    }
}

/// A picture `[height, width, channels]` of 0 … 255.
package struct Pixels: Sendable {
    package var height: Int
    package var width: Int
    package let channels: Int
    package var values: [Float]

    package init(height: Int, width: Int, channels: Int, values: [Float]) {
        self.height = height
        self.width = width
        self.channels = channels
        self.values = values
    }

    /// The extents beside an axis (0 down, 1 across), and the picture with another extent there.
    fileprivate func around(axis: Int) -> (outer: Int, extent: Int, inner: Int) {
        axis == 0 ? (1, height, width * channels) : (height, width, channels)
    }

    fileprivate func replacing(axis: Int, with extent: Int) -> Pixels {
        let (height, width) = axis == 0 ? (extent, width) : (height, extent)
        return Pixels(
            height: height, width: width, channels: channels,
            values: [Float](repeating: 0, count: height * width * channels))
    }
}

private enum Filter {
    case box, bilinear, hamming, bicubic, lanczos

    var support: Double {
        switch self {
        case .box: 0.5
        case .bilinear, .hamming: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .box: return x > -0.5 && x <= 0.5 ? 1 : 0
        case .bilinear: return abs(x) < 1 ? 1 - abs(x) : 0
        case .hamming:
            let angle = abs(x) * .pi
            if angle == 0 { return 1 }
            // Pillow writes the two constants in single precision.
            let (base, wave) = (Double(Float(0.54)), Double(Float(0.46)))
            return abs(x) < 1 ? sin(angle) / angle * (base + wave * cos(angle)) : 0
        case .bicubic:
            let (a, x) = (-0.5, abs(x))
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
        case .lanczos:
            return x >= -3 && x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
        }
    }

    private static func sinc(_ x: Double) -> Double {
        x == 0 ? 1 : sin(x * .pi) / (x * .pi)
    }
}

/// The weights along one axis.
private struct Taps {
    private var first: [Int32] = []
    private var used: [Int32] = []
    private var weights: [Double] = []
    private let width: Int

    init(_ filter: Filter, _ extent: Int, to count: Int) {
        let scale = Double(extent) / Double(count)
        let stretch = max(scale, 1)
        let support = filter.support * stretch
        width = Int(support.rounded(.up)) * 2 + 1
        for place in 0..<count {
            let center = (Double(place) + 0.5) * scale
            let start = max(0, Int(center - support + 0.5))
            let end = min(extent, Int(center + support + 0.5))
            var row = (start..<max(start, end)).map { position in
                filter((Double(position) - center + 0.5) * (1 / stretch))
            }
            let sum = row.reduce(0, +)
            if sum != 0 { for index in row.indices { row[index] /= sum } }
            first.append(Int32(start))
            used.append(Int32(row.count))
            weights += row + [Double](repeating: 0, count: max(0, width - row.count))
        }
    }

    func apply(_ picture: Pixels, axis: Int, bytes: Bool) -> Pixels {
        let (outer, extent, inner) = picture.around(axis: axis)
        var result = picture.replacing(axis: axis, with: first.count)
        first.withUnsafeBufferPointer { first in
            used.withUnsafeBufferPointer { used in
                weights.withUnsafeBufferPointer { weights in
                    var taps = sl_score_taps(
                        count: first.count, width: width, first: first.baseAddress,
                        used: used.baseAddress, weights: weights.baseAddress)
                    guard bytes else {
                        sl_score_filter_axis(
                            picture.values, outer, extent, inner, &taps, &result.values)
                        return
                    }
                    let input = picture.values.map { UInt8(min(max($0, 0), 255).rounded()) }
                    var output = [UInt8](repeating: 0, count: result.values.count)
                    sl_score_filter_axis_bytes(input, outer, extent, inner, &taps, &output)
                    result.values = output.map(Float.init)
                }
            }
        }
        return result
    }
}

/// The neighbours along one axis.
private struct Blends {
    var low: [Int32] = []
    var high: [Int32] = []
    var share: [Float] = []

    func apply(_ picture: Pixels, axis: Int) -> Pixels {
        let (outer, extent, inner) = picture.around(axis: axis)
        var result = picture.replacing(axis: axis, with: low.count)
        low.withUnsafeBufferPointer { low in
            high.withUnsafeBufferPointer { high in
                share.withUnsafeBufferPointer { share in
                    var blends = sl_score_blends(
                        count: low.count, low: low.baseAddress, high: high.baseAddress,
                        share: share.baseAddress)
                    sl_score_blend_axis(
                        picture.values, outer, extent, inner, &blends, &result.values)
                }
            }
        }
        return result
    }
}
