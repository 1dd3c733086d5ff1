internal import CKernels

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension ImagePair {
    /// Peak signal to noise ratio in decibels: `10 log₁₀(255² / MSE)` over all pixels and channels, of
    /// 16-bit images with 65535; infinite for identical images.
    var psnr: Double {
        let peak = samples == SL_SCORE_WORDS ? 65535.0 : 255
        return 10 * log10(peak * peak / meanSquare)
    }

    private var meanSquare: Double {
        let values = Double(height * width * channels)
        guard reference.storedChannels == candidate.storedChannels else {
            // One of the two has an alpha channel.
            let scale = samples == SL_SCORE_WORDS ? 257.0 * 257 : 1
            return scale
                * meanOverChannels { a, b in
                    (0..<height * width).reduce(0) { sum, index in
                        let difference = Double(a[index]) - Double(b[index])
                        return sum + difference * difference
                    } / Double(height * width)
                }
        }
        return sl_score_squared_difference(
            reference.pixels, candidate.pixels, samples, height * width,
            reference.storedChannels, channels) / values
    }
}
