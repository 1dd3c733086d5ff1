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
        let squares = sl_score_squared_difference(
            reference, candidate, isDeep, height * width, storedChannels, channels)
        let mean = Double(squares) / Double(height * width * channels)
        let peak = isDeep ? 65535.0 : 255
        return 10 * log10(peak * peak / mean)
    }
}
