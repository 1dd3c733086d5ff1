internal import ArgumentParser
internal import SwiftletFeatures
internal import SwiftletScores

/// A library whose numbers are to be met.
enum ImagePreset: String, ExpressibleByArgument, CaseIterable {
    case pytorchFID = "pytorch-fid"
    case torchFidelity = "torch-fidelity"
    case cleanFID = "clean-fid"
    case torchmetrics
    case scikitImage = "scikit-image"

    /// What becomes of pictures.
    var preprocessing: Preprocessing? {
        switch self {
        case .pytorchFID: .symmetric(.bilinear)
        case .torchFidelity: .centered(.legacyBilinear)
        case .torchmetrics: .centered(.antialiased)
        case .cleanFID: .centered(.cleanBicubic)
        case .scikitImage: nil
        }
    }

    func apply(to scores: inout ImageSetScores) {
        switch self {
        case .torchFidelity:
            scores.nearestK = 3
            scores.ballsAreClosed = true
            scores.drawsAsNumPy = true
            scores.shufflesInception = true
            scores.seed = 2020
        case .torchmetrics: scores.usesSampleDeviation = true
        case .pytorchFID, .cleanFID, .scikitImage: break
        }
    }

    /// What `ssim` is there; nil where the library does not compare pairs.
    var window: SSIMWindow? {
        switch self {
        case .torchmetrics: .reflected
        case .scikitImage: .uniform
        case .pytorchFID, .torchFidelity, .cleanFID: nil
        }
    }

    var scoresSets: Bool { self != .scikitImage }
}
