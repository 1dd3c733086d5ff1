internal import CKernels

/// Structural similarity under an 11 × 11 Gaussian window of σ = 1.5, with population moments,
/// C₁ = (0.01 · 255)², C₂ = (0.03 · 255)²; the mean over pixels, then over channels.
///
/// - SeeAlso: Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment".
extension ImagePair {
    private static let window = 11

    /// Only where the window lies wholly inside; NaN below 11 × 11.
    var ssim: Double { ssim(border: 0) }

    /// Over all pixels, the image extended by reflection that does not repeat the edge; NaN where
    /// a side is too short to reflect.
    var fullSSIM: Double { ssim(border: Self.window / 2) }

    private func ssim(border: Int) -> Double {
        let side = min(height, width)
        guard side > border, side + 2 * border >= Self.window else { return .nan }
        return withUnsafeTemporaryAllocation(
            of: Double.self, capacity: sl_score_ssim_scratch(width, border)
        ) { scratch in
            meanOverChannels { a, b in
                sl_score_ssim(a, b, height, width, border, scratch.baseAddress).ssim
            }
        }
    }

    private static let uniformWindow = 7

    /// Under 7 × 7 equal weights with the moments of a sample, as scikit-image has it unless told
    /// otherwise; NaN below 7 × 7.
    var uniformSSIM: Double {
        guard min(height, width) >= Self.uniformWindow else { return .nan }
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: 5 * width) { scratch in
            meanOverChannels { a, b in
                sl_score_uniform_ssim(
                    a, b, height, width, Self.uniformWindow, scratch.baseAddress)
            }
        }
    }
}

/// What `ssim` means.
public enum SSIMWindow: Sendable {
    /// An 11 × 11 Gaussian that lies wholly inside.
    case gaussian
    /// The same over all pixels, as in torchmetrics.
    case reflected
    /// 7 × 7 equal weights with the moments of a sample, as in scikit-image.
    case uniform
}
