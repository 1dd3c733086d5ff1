internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How pixels of another size follow from those that are there, as TensorFlow's `image.resize`.
enum Resampling: String, CaseIterable {
    case nearest, bilinear, bicubic, lanczos3, lanczos5, area

    /// What each new pixel takes of each old one: `[new, old]`, pixel centres at ½.
    func matrix(from old: Int, to new: Int, antialiases: Bool) throws -> Tensor {
        let shape = try Shape([new, old])
        guard shape.elementCount <= OperationCall.largestTable else {
            throw ModelError.config(key: "size", cause: "is too large")
        }
        var matrix = [Float](repeating: 0, count: shape.elementCount)
        let ratio = Double(old) / Double(new)
        for row in 0..<new {
            let weights =
                switch self {
                case .nearest: [(min(Int((Double(row) + 0.5) * ratio), old - 1), 1.0)]
                case .area: overlaps(Double(row) * ratio, Double(row + 1) * ratio, old)
                default:
                    spread((Double(row) + 0.5) * ratio, old, antialiases ? max(ratio, 1) : 1)
                }
            for (column, weight) in weights { matrix[row * old + column] += Float(weight) }
        }
        return try Tensor(matrix, shape: shape)
    }

    /// The same for pixels scaled and moved; beyond the image there is nothing.
    func matrix(
        from old: Int, to new: Int, scale: Double, translation: Double, antialiases: Bool
    ) throws -> Tensor {
        let shape = try Shape([new, old])
        guard shape.elementCount <= OperationCall.largestTable else {
            throw ModelError.config(key: "size", cause: "is too large")
        }
        var matrix = [Float](repeating: 0, count: shape.elementCount)
        let inverse = 1 / scale
        let width = antialiases ? max(inverse, 1) : 1
        for row in 0..<new {
            let sample = (Double(row) + 0.5 - translation) * inverse - 0.5
            guard sample >= -0.5, sample <= Double(old) - 0.5 else { continue }
            let weights = (0..<old).map { kernel(abs(sample - Double($0)) / width) }
            let sum = weights.reduce(0, +)
            guard abs(sum) > 1000 * 1.192_092_9e-7 else { continue }
            for column in 0..<old { matrix[row * old + column] = Float(weights[column] / sum) }
        }
        return try Tensor(matrix, shape: shape)
    }

    private var radius: Double {
        switch self {
        case .nearest, .area: 0.5
        case .bilinear: 1
        case .bicubic: 2
        case .lanczos3: 3
        case .lanczos5: 5
        }
    }

    /// Weights of the pixels within the kernel's reach; those beyond the edge are left out and the
    /// others scaled to sum 1.
    private func spread(_ centre: Double, _ count: Int, _ width: Double) -> [(Int, Double)] {
        let first = max(0, Int((centre - radius * width - 0.5).rounded(.up)))
        let last = min(count - 1, Int((centre + radius * width - 0.5).rounded(.down)))
        guard first <= last else { return [(min(max(first, 0), count - 1), 1)] }
        // TensorFlow takes the cubic weights from a table of 1024 places between two pixels.
        let isTabled = self == .bicubic && width == 1
        let whole = (centre - 0.5).rounded(.down)
        let steps = ((centre - 0.5 - whole) * 1024).rounded(.toNearestOrEven) / 1024
        let middle = isTabled ? whole + steps + 0.5 : centre
        let weights = (first...last).map {
            ($0, kernel(abs(Double($0) + 0.5 - middle) / width))
        }
        let sum = weights.reduce(0) { $0 + $1.1 }
        return sum == 0 ? [] : weights.map { ($0.0, $0.1 / sum) }
    }

    /// The share of each pixel in an interval.
    private func overlaps(_ start: Double, _ end: Double, _ count: Int) -> [(Int, Double)] {
        let last = min(count, Int(end.rounded(.up)))
        return (Int(start)..<max(last, Int(start) + 1)).map { pixel in
            let part = min(Double(pixel + 1), end) - max(Double(pixel), start)
            return (min(pixel, count - 1), part / (end - start))
        }
    }

    /// The weight at a distance from the centre.
    private func kernel(_ x: Double) -> Double {
        switch self {
        case .nearest, .area: return x <= 0.5 ? 1 : 0
        case .bilinear: return max(0, 1 - x)
        case .bicubic:
            // Keys' kernel with a = −½.
            if x < 1 { return ((1.5 * x - 2.5) * x) * x + 1 }
            return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
        case .lanczos3, .lanczos5:
            if x < 1e-9 { return 1 }
            guard x < radius else { return 0 }
            return radius * sin(.pi * x) * sin(.pi * x / radius) / (.pi * .pi * x * x)
        }
    }
}
