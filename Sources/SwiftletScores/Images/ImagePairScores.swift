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

    /// Scores one pair `[H, W, C]`, or as many as a batch `[N, H, W, C]` holds, of uint8, uint16, or
    /// floats of 0 … 255. Alpha channels do not count.
    ///
    /// - Parameters:
    ///   - name: the file's name; images of a batch get their number behind it.
    ///   - extra: scores taken elsewhere that belong to the same image, such as LPIPS.
    /// - Throws: ``ScoreError/image(name:cause:)`` if the two differ in size, depth or colour, or are
    ///   no images.
    public mutating func update(
        name: String, reference: Tensor, candidate: Tensor, extra: [(String, ScoreValue)] = []
    ) throws(ScoreError) {
        let (a, b) = try Self.images(name, reference, candidate)
        let channels = [a, b].map { $0.shape.last ?? 0 }
        let count = a.rank == 4 ? a.shape[0] : 1
        let (height, width) = (a.shape[a.rank - 3], a.shape[a.rank - 2])
        let samples =
            a.dtype == .uint8
            ? SL_SCORE_BYTES : a.dtype == .uint16 ? SL_SCORE_WORDS : SL_SCORE_DOUBLES
        a.withUnsafeBytes { first in
            b.withUnsafeBytes { second in
                guard let first = first.baseAddress, let second = second.baseAddress else { return }
                for index in 0..<count {
                    let start = index * height * width * a.dtype.size
                    score(
                        ImagePair(
                            name: count > 1 ? "\(name)[\(index)]" : name, height: height,
                            width: width, samples: samples,
                            reference: .init(
                                pixels: first + start * channels[0], storedChannels: channels[0]),
                            candidate: .init(
                                pixels: second + start * channels[1], storedChannels: channels[1])),
                        extra: extra)
                }
            }
        }
    }

    /// Finds out whether two images can be compared, without comparing them.
    package static func check(
        name: String, _ reference: Tensor, _ candidate: Tensor
    ) throws(ScoreError) {
        _ = try images(name, reference, candidate)
    }

    /// Both, of one size, depth and kind of colour.
    private static func images(
        _ name: String, _ reference: Tensor, _ candidate: Tensor
    ) throws(ScoreError) -> (Tensor, Tensor) {
        let (a, b) = (try image(reference, name), try image(candidate, name))
        guard a.dtype == b.dtype else {
            throw .image(
                name: name,
                cause: "reference and candidate differ in depth: \(a.dtype) and \(b.dtype)")
        }
        guard a.shape.dropLast().elementsEqual(b.shape.dropLast()) else {
            throw .image(
                name: name, cause: "reference \(a.shape) and candidate \(b.shape) differ")
        }
        let channels = [a, b].map { $0.shape.last ?? 0 }
        guard ImagePair.counted(channels[0]) == ImagePair.counted(channels[1]) else {
            let words = channels.map { ImagePair.counted($0) == 1 ? "gray" : "coloured" }
            throw .image(
                name: name, cause: "the reference is \(words[0]), the candidate \(words[1])")
        }
        return (a, b)
    }

    /// Floats become doubles.
    private static func image(_ image: Tensor, _ name: String) throws(ScoreError) -> Tensor {
        let isFloat = image.dtype == .float32 || image.dtype == .float64
        guard isFloat || image.dtype == .uint8 || image.dtype == .uint16,
            (3...4).contains(image.rank), let channels = image.shape.last,
            (1...4).contains(channels), image.elementCount > 0
        else {
            throw .image(
                name: name,
                cause: "an image [H, W, 1 … 4] of uint8, uint16 or floats needed, "
                    + "\(image.dtype) \(image.shape) found")
        }
        guard isFloat else { return image }
        do {
            let doubles = try image.converted(to: .float64)
            guard try doubles.elements(of: Double.self).allSatisfy(\.isFinite) else {
                throw ScoreError.image(name: name, cause: "a pixel that is no finite number")
            }
            return doubles
        } catch let error as ScoreError {
            throw error
        } catch {
            throw .memory("\(error)")
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
        var intervals: [String: ScoreInterval] = [:]
        for name in first.scores.names {
            let values = images.map { $0.scores[name]?.double ?? .nan }
            var sum = Sum()
            for value in values { sum.add(value) }
            scores.add(name, sum.value / Double(images.count))
            intervals[name] = .student(values, range: Self.range(of: name))
        }
        var report = ScoreReport(
            task: "image-pairs", samples: images.count, scores: scores, perImage: images)
        report.intervals = intervals
        report.noteClosedForms()
        return report
    }

    private static func range(of name: String) -> ClosedRange<Double> {
        name == "psnr" ? -.infinity ... .infinity : name == "lpips" ? 0 ... .infinity : -1...1
    }
}
