internal import CKernels
public import SwiftletTensor

/// A score of one image against its reference, named as `--metrics` names it.
public enum ImagePairMetric: String, Sendable, CaseIterable {
    case psnr
    case ssim
    case fullSSIM = "ssim-full"
    case multiscaleSSIM = "ms-ssim"

    /// The name in a report.
    public var scoreName: String {
        switch self {
        case .psnr: "psnr"
        case .ssim: "ssim"
        case .fullSSIM: "ssim_full"
        case .multiscaleSSIM: "ms_ssim"
        }
    }

    fileprivate func compute(_ pair: ImagePair, _ window: SSIMWindow) -> Double {
        switch self {
        case .psnr: pair.psnr
        case .ssim:
            switch window {
            case .gaussian: pair.ssim
            case .reflected: pair.fullSSIM
            case .uniform: pair.uniformSSIM
            }
        case .fullSSIM: pair.fullSSIM
        case .multiscaleSSIM: pair.multiscaleSSIM
        }
    }
}

/// Scores of images against references of the same size, and their means over all pairs.
public struct ImagePairScores: Sendable {
    private let metrics: [ImagePairMetric]
    private let window: SSIMWindow
    private var images: [ScoreReport.Image] = []

    public init(
        metrics: [ImagePairMetric] = ImagePairMetric.allCases, window: SSIMWindow = .gaussian
    ) {
        self.metrics = metrics
        self.window = window
    }

    /// Scores one pair `[H, W, C]`, or as many as a batch `[N, H, W, C]` holds, of uint8
    /// or uint16.
    ///
    /// - Parameters:
    ///   - name: the file's name; images of a batch get their number behind it.
    ///   - extra: scores taken elsewhere that belong to the same image, such as LPIPS.
    /// - Throws: ``ScoreError/image(name:cause:)`` if the two differ in size or are no images.
    public mutating func update(
        name: String, reference: Tensor, candidate: Tensor, extra: [(String, ScoreValue)] = []
    ) throws(ScoreError) {
        for image in [reference, candidate] {
            guard image.dtype == .uint8 || image.dtype == .uint16, (3...4).contains(image.rank),
                let channels = image.shape.last, (1...4).contains(channels),
                image.elementCount > 0
            else {
                throw .image(
                    name: name,
                    cause: "an image [H, W, 1 … 4] of uint8 or uint16 needed, "
                        + "\(image.dtype) \(image.shape) found")
            }
        }
        guard reference.dtype == candidate.dtype else {
            throw .image(
                name: name,
                cause: "reference and candidate differ in depth: \(reference.dtype) and "
                    + "\(candidate.dtype)")
        }
        guard reference.shape == candidate.shape else {
            throw .image(
                name: name,
                cause: "reference \(reference.shape) and candidate \(candidate.shape) differ")
        }
        let count = reference.rank == 4 ? reference.shape[0] : 1
        let shape = Array(reference.shape.suffix(3))
        reference.withUnsafeBytes { a in
            candidate.withUnsafeBytes { b in
                guard let a = a.baseAddress, let b = b.baseAddress else { return }
                for index in 0..<count {
                    let start = index * shape[0] * shape[1] * shape[2] * reference.dtype.size
                    score(
                        ImagePair(
                            name: count > 1 ? "\(name)[\(index)]" : name, height: shape[0],
                            width: shape[1], storedChannels: shape[2],
                            isDeep: reference.dtype == .uint16, reference: a + start,
                            candidate: b + start), extra: extra)
                }
            }
        }
    }

    private mutating func score(_ pair: ImagePair, extra: [(String, ScoreValue)]) {
        var scores = ScoreList()
        for metric in metrics { scores.add(metric.scoreName, metric.compute(pair, window)) }
        for (name, value) in extra { scores.add(name, value) }
        images.append(ScoreReport.Image(name: pair.name, scores: scores))
    }

    /// Appends the images of `other`.
    public mutating func merge(_ other: Self) { images += other.images }

    /// The means of the images' values: undefined if one of them is, infinite if one of them is.
    public func results() throws(ScoreError) -> ScoreReport {
        guard let first = images.first else { throw .empty }
        var scores = ScoreList()
        for name in first.scores.names {
            var sum = Sum()
            for image in images { sum.add(image.scores[name]?.double ?? .nan) }
            scores.add(name, sum.value / Double(images.count))
        }
        return ScoreReport(
            task: "image-pairs", samples: images.count, scores: scores, perImage: images)
    }
}
