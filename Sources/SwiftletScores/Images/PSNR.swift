internal import CKernels

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension ImagePair {
    /// Peak signal to noise ratio in decibels: `10 log₁₀(255² / MSE)` over all pixels and channels;
    /// infinite for identical images.
    var psnr: Double {
        let squares = sl_score_squared_difference(
            reference, candidate, height * width, storedChannels, channels)
        let mean = Double(squares) / Double(height * width * channels)
        return 10 * log10(255 * 255 / mean)
    }
}
