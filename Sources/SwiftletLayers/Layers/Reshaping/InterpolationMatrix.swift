internal import SwiftletGraph
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension UpSampling2D.Interpolation {
    /// What each new pixel along an axis takes of each old one: `[count · size, size]`, pixel
    /// centres at ½, as TensorFlow's `image.resize` has it without antialiasing.
    func matrix(from size: Int, times count: Int) throws -> Tensor {
        let (outputs, overflow) = size.multipliedReportingOverflow(by: count)
        guard !overflow else { throw ModelError.config(key: "size", cause: "is too large") }
        var matrix = [Float](
            repeating: 0, count: try Shape([outputs, size]).elementCount)
        for output in 0..<outputs {
            let centre = (Double(output) + 0.5) / Double(count)
            for (input, weight) in weights(around: centre, size: size) {
                matrix[output * size + input] += Float(weight)
            }
        }
        return try Tensor(matrix, shape: Shape([outputs, size]))
    }

    private func weights(around centre: Double, size: Int) -> [(Int, Double)] {
        switch self {
        case .nearest: return [(min(Int(centre), size - 1), 1)]
        case .bilinear: return kernelWeights(centre, size, radius: 1) { max(0, 1 - $0) }
        case .bicubic: return cubicWeights(centre, size)
        case .lanczos3: return kernelWeights(centre, size, radius: 3) { lanczos($0, 3) }
        case .lanczos5: return kernelWeights(centre, size, radius: 5) { lanczos($0, 5) }
        }
    }

    /// Weights of the pixels within `radius`; those beyond the edge are left out and the others
    /// scaled to sum 1.
    private func kernelWeights(
        _ centre: Double, _ size: Int, radius: Int, _ kernel: (Double) -> Double
    ) -> [(Int, Double)] {
        let first = max(0, Int((centre - Double(radius) - 0.5).rounded(.up)))
        let last = min(size - 1, Int((centre + Double(radius) - 0.5).rounded(.down)))
        guard first <= last else { return [(min(max(first, 0), size - 1), 1)] }
        let weights = (first...last).map { ($0, kernel(abs(Double($0) + 0.5 - centre))) }
        let sum = weights.reduce(0) { $0 + $1.1 }
        return weights.map { ($0.0, $0.1 / sum) }
    }

    /// Keys' kernel with a = −½.
    private func cubicWeights(_ centre: Double, _ size: Int) -> [(Int, Double)] {
        kernelWeights(centre, size, radius: 2) { x in
            if x < 1 { return ((1.5 * x - 2.5) * x) * x + 1 }
            return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
        }
    }

    private func lanczos(_ x: Double, _ radius: Double) -> Double {
        if x < 1e-9 { return 1 }
        guard x < radius else { return 0 }
        return radius * sin(.pi * x) * sin(.pi * x / radius) / (.pi * .pi * x * x)
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
