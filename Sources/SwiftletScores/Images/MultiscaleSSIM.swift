internal import CKernels

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension ImagePair {
    /// The exponents of the scales, the finest first.
    private static let scaleWeights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    /// The coarsest scale must hold a window: ⌈161 / 2⁴⌉ = 11.
    private static let smallestSide = 161

    /// Structural similarity over five scales: the contrast terms of the first four and the whole
    /// of the last, NaN if a side is below 161.
    ///
    /// - SeeAlso: Wang, Simoncelli, Bovik 2003, "Multi-scale structural similarity for image
    ///   quality assessment".
    var multiscaleSSIM: Double {
        guard min(height, width) >= Self.smallestSide else { return .nan }
        let half = ((height + 1) / 2) * ((width + 1) / 2)
        return withUnsafeTemporaryAllocation(
            of: Double.self, capacity: sl_score_ssim_scratch(width, 0)
        ) { scratch in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: half) { halved in
                meanOverChannels { a, b in
                    product(a, b, scratch: scratch.baseAddress, halved: halved)
                }
            }
        }
    }

    private func product(
        _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Double>?, halved: UnsafeMutableBufferPointer<Float>
    ) -> Double {
        var (height, width) = (height, width)
        var product = 1.0
        for (scale, weight) in Self.scaleWeights.enumerated() {
            let similarity = sl_score_ssim(a, b, height, width, 0, scratch)
            let isLast = scale == Self.scaleWeights.count - 1
            product *= pow(max(0, isLast ? similarity.ssim : similarity.contrast), weight)
            guard !isLast, let smaller = halved.baseAddress else { break }
            for plane in [a, b] {
                sl_score_halve_plane(plane, height, width, smaller)
                plane.update(from: smaller, count: ((height + 1) / 2) * ((width + 1) / 2))
            }
            (height, width) = ((height + 1) / 2, (width + 1) / 2)
        }
        return product
    }
}
