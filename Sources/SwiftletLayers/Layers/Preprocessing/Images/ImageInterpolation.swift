internal import SwiftletGraph
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How the pixels of a resized image follow from the old ones, as TensorFlow's `image.resize` has it.
public enum ImageInterpolation: String, Sendable, CaseIterable {
    case nearest, bilinear, bicubic, area, lanczos3, lanczos5, gaussian, mitchellcubic
}

extension ImageInterpolation {
    /// Elements of a matrix beyond which it is refused.
    private static let largestMatrix = 1 << 26

    /// What each new pixel along an axis takes of each old one: `[new, old]`, pixel centres at ½.
    ///
    /// - Parameter antialias: widens the kernel by the factor by which the axis shrinks.
    func matrix(from old: Int, to new: Int, antialias: Bool = false) throws -> Tensor {
        let (count, overflow) = old.multipliedReportingOverflow(by: new)
        guard !overflow, old > 0, new > 0, count <= Self.largestMatrix else {
            throw ModelError.config(
                key: "size", cause: "\(old) pixels cannot be made \(new) by \(rawValue)")
        }
        var matrix = [Float](repeating: 0, count: count)
        for output in 0..<new {
            for (input, weight) in weights(of: output, from: old, to: new, antialias) {
                matrix[output * old + input] += Float(weight)
            }
        }
        return try Tensor(matrix, shape: Shape([new, old]))
    }

    private func weights(
        of output: Int, from old: Int, to new: Int, _ antialias: Bool
    ) -> [(Int, Double)] {
        let ratio = Float(old) / Float(new)
        let centre = Double((Float(output) + 0.5) * ratio)
        switch self {
        case .nearest: return [(min(Int(centre), old - 1), 1)]
        case .area: return areaWeights(of: output, ratio, old)
        case .bicubic where !antialias: return tableWeights(of: output, ratio, old)
        default:
            let stretch = antialias ? max(Double(ratio), 1) : 1
            return kernelWeights(centre, old, radius: radius * stretch) { kernel($0 / stretch) }
        }
    }

    /// How far the kernel reaches, in pixels.
    private var radius: Double {
        switch self {
        case .nearest, .area: 0.5
        case .bilinear: 1
        case .gaussian: 1.5
        case .bicubic, .mitchellcubic: 2
        case .lanczos3: 3
        case .lanczos5: 5
        }
    }

    /// Whether pixels change even where their number does not.
    fileprivate var blurs: Bool { self == .gaussian || self == .mitchellcubic }

    /// The weight of a pixel at a distance of at least 0.
    private func kernel(_ x: Double) -> Double {
        switch self {
        case .nearest, .area: return x <= 0.5 ? 1 : 0
        case .bilinear: return max(0, 1 - x)
        case .gaussian: return x < 1.5 ? exp(-x * x / (2 * 0.5 * 0.5)) : 0
        case .bicubic:  // Keys' kernel with a = −½.
            if x < 1 { return ((1.5 * x - 2.5) * x) * x + 1 }
            return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
        case .mitchellcubic:
            if x < 1 { return ((7.0 / 6 * x - 2) * x) * x + 8.0 / 9 }
            return x < 2 ? ((-7.0 / 18 * x + 2) * x - 10.0 / 3) * x + 16.0 / 9 : 0
        case .lanczos3, .lanczos5:
            if x <= 1e-3 { return 1 }
            guard x <= radius else { return 0 }
            return radius * sin(.pi * x) * sin(.pi * x / radius) / (.pi * .pi * x * x)
        }
    }

    /// Weights of the pixels within `radius`; those beyond the edge are left out and the others
    /// scaled to sum 1.
    private func kernelWeights(
        _ centre: Double, _ size: Int, radius: Double, _ kernel: (Double) -> Double
    ) -> [(Int, Double)] {
        func clamped(_ place: Double) -> Int { min(max(Int(place), 0), size - 1) }
        let first = clamped((centre - radius - 0.5).rounded(.up))
        let last = clamped((centre + radius - 0.5).rounded(.down))
        guard first <= last else { return [(clamped(centre), 1)] }
        let weights = (first...last).map { ($0, kernel(abs(Double($0) + 0.5 - centre))) }
        let sum = weights.reduce(0) { $0 + $1.1 }
        return abs(sum) > 1e-30 ? weights.map { ($0.0, $0.1 / sum) } : weights
    }

    /// TensorFlow keeps Keys' kernel in a table of 1,024 steps a pixel.
    private func tableWeights(of output: Int, _ ratio: Float, _ size: Int) -> [(Int, Double)] {
        let place = (Float(output) + 0.5) * ratio - 0.5
        let floor = place.rounded(.down)
        let fraction = Double(((place - floor) * 1024).rounded(.toNearestOrEven) / 1024)
        let base = Int(floor)
        let weights = (-1...2).filter { (0..<size).contains(base + $0) }
            .map { (base + $0, kernel(abs(Double($0) - fraction))) }
        let sum = weights.reduce(0) { $0 + $1.1 }
        return weights.map { ($0.0, $0.1 / sum) }
    }

    /// The share of the new pixel's area that each old one covers.
    private func areaWeights(of output: Int, _ ratio: Float, _ size: Int) -> [(Int, Double)] {
        let (start, end) = (Float(output) * ratio, Float(output + 1) * ratio)
        return (Int(start.rounded(.down))..<Int(end.rounded(.up))).map { pixel in
            let low = max(Float(pixel), start)
            let high = min(Float(pixel + 1), end)
            return (min(pixel, size - 1), Double((high - low) / ratio))
        }
    }
}

extension Lowering {
    /// Images `[batch, height, width, channels]` brought to another size.
    mutating func resizeImages(
        _ x: Value, to extents: [Int], _ interpolation: ImageInterpolation, antialias: Bool = false
    ) throws -> Value {
        switch interpolation {
        case .nearest: return try graph.resize(x, to: extents, .nearest)
        case .bilinear where !antialias: return try graph.resize(x, to: extents, .bilinear)
        default:
            // One matrix per axis: resizing is linear, and the axes do not mix.
            let old = graph.shape(of: x).dimensions
            var y = x
            for (axis, extent) in zip(1..., extents)
            where old[axis] != extent || interpolation.blurs {
                let matrix = try interpolation.matrix(
                    from: graph.shape(of: y)[axis], to: extent, antialias: antialias)
                y = try graph.multiplyAlong(axis: axis, of: y, by: matrix)
            }
            return y
        }
    }
}

extension Graph {
    /// `matrix · x` along one axis, all others kept.
    mutating func multiplyAlong(axis: Int, of x: Value, by matrix: Tensor) throws -> Value {
        let shape = shape(of: x)
        let inner = shape.count(of: (axis + 1)...)
        let outer = shape.count(of: ..<axis)
        let flat = try reshape(x, to: [outer, shape[axis], inner])
        let product = try matmul(constant(matrix), flat)
        return try reshape(
            product, to: shape.replacing(axis: axis, with: matrix.shape[0]))
    }
}
