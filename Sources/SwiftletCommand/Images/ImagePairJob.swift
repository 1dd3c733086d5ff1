internal import ArgumentParser
internal import SwiftletData
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

/// How pictures are read.
struct PictureOptions: ParsableArguments {
    @Flag(help: "Turn pictures as their Exif data say; Pillow, and what builds on it, does not.")
    var exifOrientation = false

    @Option(help: "What is white in .npz images of floats: 1 for values of 0 … 1.")
    var dataRange: Double?

    func validate() throws {
        guard dataRange.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--data-range must be above 0")
        }
    }
}

/// What LPIPS looks through.
struct PerceptualOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "LPIPS's state dictionary, or torchvision's of AlexNet, VGG-16 or SqueezeNet 1.1 (.pth).",
            valueName: "file"))
    var lpipsNet: String?

    @Option(help: ArgumentHelp("Its weights per channel (alex.pth …).", valueName: "file"))
    var lpipsLinear: String?

    @Option(help: "0.1, or 0.0, which did not scale the pixels.")
    var lpipsVersion = LPIPS.Version.v01

    @Option(
        help: ArgumentHelp("Write LPIPS at every pixel, an .npy for each pair.", valueName: "dir"))
    var lpipsMaps: String?

    func validate() throws {
        guard lpipsNet != nil || lpipsLinear == nil && lpipsMaps == nil else {
            throw ValidationError("--lpips-linear and --lpips-maps need --lpips-net")
        }
    }
}

/// Scores images against references of the same names, or arrays of images in order.
struct ImagePairJob {
    let reference: String
    let candidate: String
    let metrics: ImageMetrics
    let pictures: PictureOptions
    let perceptual: PerceptualOptions
    let preset: ImagePreset?
    let threads: Int?
    let log: LogOptions

    func run() throws -> (report: ScoreReport, gallery: ImagePairGallery) {
        let (references, candidates) = try opened()
        let pairs = try matched(references, candidates)
        let lpips = try metrics.lpips ? openPerceptual() : nil
        if let maps = perceptual.lpipsMaps { try createDirectory(maps) }
        var scores = ImagePairScores(metrics: metrics.pairs, window: window)
        var progress = log.progress("images", total: pairs.count)
        let workers = Workers(count: threads)
        let reading = PairReading(references: references, candidates: candidates)
        for start in stride(from: 0, to: pairs.count, by: workers.count) {
            let part = pairs[start..<min(start + workers.count, pairs.count)]
            var results = [Result<ImagePairScores, any Error>?](repeating: nil, count: part.count)
            results.withUnsafeMutableBufferPointer { results in
                nonisolated(unsafe) let results = results
                workers.forEach(parts: part.count) { place in
                    results[place] = Result { try score(part[start + place], reading, lpips) }
                }
            }
            for result in results {
                if let result { try scores.merge(result.get()) }
                progress.advance()
            }
        }
        progress.finish()
        var report = try scores.results()
        var provenance: JSONObject = [
            "reference": .string(reference), "candidate": .string(candidate),
            "images": .int(pairs.count),
            "exif_orientation": .bool(pictures.exifOrientation),
        ]
        provenance["data_range"] = pictures.dataRange.map { .double($0) }
        if metrics.pairs.contains(.ssim) {
            provenance["ssim_window"] = .string(window.words)
        }
        if let preset { provenance["preset"] = .string(preset.rawValue) }
        if let lpips, let net = perceptual.lpipsNet {
            provenance["lpips"] = [
                "file": .string(net), "sha256": .string(lpips.digest),
                "network": .string(lpips.network), "version": .string(lpips.version.rawValue),
            ]
        }
        report.details["provenance"] = .object(provenance)
        return (
            report, ImagePairGallery(references: references, candidates: candidates, pairs: pairs)
        )
    }

    /// Both sides, of which large arrays take a while, at once.
    private func opened() throws -> (Pictures, Pictures) {
        var sides = [Result<Pictures, any Error>?](repeating: nil, count: 2)
        sides.withUnsafeMutableBufferPointer { sides in
            nonisolated(unsafe) let sides = sides
            Workers(count: threads).forEach(parts: 2) { side in
                sides[side] = Result {
                    try Pictures(anyAt: side == 0 ? reference : candidate, pictures)
                }
            }
        }
        guard let first = try sides[0]?.get(), let second = try sides[1]?.get() else {
            throw CommandError(reference, "not read")
        }
        return (first, second)
    }

    private var window: SSIMWindow { preset?.window ?? .gaussian }

    private struct PairReading {
        let references: Pictures
        let candidates: Pictures
    }

    private func score(
        _ pair: (name: String, reference: Int, candidate: Int), _ reading: PairReading,
        _ lpips: LPIPS?
    ) throws -> ImagePairScores {
        let images = (
            try reading.references.read(pair.reference),
            try reading.candidates.read(pair.candidate)
        )
        var scores = ImagePairScores(metrics: metrics.pairs, window: window)
        do {
            guard let lpips else {
                try scores.update(name: pair.name, reference: images.0, candidate: images.1)
                return scores
            }
            try ImagePairScores.check(name: pair.name, images.0, images.1)
            let found = try lpips.distance(images.0, images.1, map: perceptual.lpipsMaps != nil)
            if let maps = perceptual.lpipsMaps, let map = found?.map {
                try NPY.write(map, to: "\(maps)/\(fileName(of: pair.name)).npy")
            }
            try scores.update(
                name: pair.name, reference: images.0, candidate: images.1,
                extra: [("lpips", ScoreValue(found?.value))])
        } catch let error as ScoreError {
            throw CommandError(candidate, error)
        }
        return scores
    }

    private func openPerceptual() throws -> LPIPS? {
        guard let net = perceptual.lpipsNet else { return nil }
        let lpips = try naming(net) {
            try LPIPS(
                net, linear: perceptual.lpipsLinear, version: perceptual.lpipsVersion,
                threads: threads)
        }
        for warning in lpips.warnings { StandardError.warn(warning) }
        return lpips
    }

    /// The pairs in the order of the references, each of which must have its counterpart.
    private func matched(
        _ references: Pictures, _ candidates: Pictures
    ) throws -> [(name: String, reference: Int, candidate: Int)] {
        for pictures in [references, candidates] { pictures.warn(log) }
        guard references.count > 0 else { throw CommandError(reference, "no pictures") }
        let places = Dictionary(
            candidates.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let missing = references.names.filter { places[$0] == nil }
        guard missing.isEmpty else {
            throw CommandError(
                candidate,
                "\(missing.count) of the \(references.count) images in \(reference) are missing: "
                    + shortened(missing, whole: log.details))
        }
        let known = Set(references.names)
        let extra = candidates.names.filter { !known.contains($0) }.sorted()
        if !extra.isEmpty {
            StandardError.warn(
                "\(candidate): \(extra.count) images are not in \(reference) and not scored: "
                    + shortened(extra, whole: log.details))
        }
        return references.names.enumerated().compactMap { index, name in
            places[name].map { (name: name, reference: index, candidate: $0) }
        }
    }
}

extension SSIMWindow {
    fileprivate var words: String {
        switch self {
        case .gaussian: "11 x 11 Gaussian, sigma 1.5, inside"
        case .reflected: "11 x 11 Gaussian, sigma 1.5, reflected"
        case .uniform: "7 x 7 equal weights, sample moments"
        }
    }
}

extension Pictures {
    /// A folder, an archive, or the array `images` of an .npz.
    init(anyAt path: String, _ options: PictureOptions) throws {
        let upright = options.exifOrientation
        let name = path.lowercased()
        if PathKind(path) == .directory {
            try self.init(folder: path, upright: upright)
        } else if name.hasSuffix(".zip") {
            try self.init(zip: path, upright: upright)
        } else if name.hasSuffix(".tar") {
            try self.init(tar: path, upright: upright)
        } else if name.hasSuffix(".npy") {
            try self.init(NPY.read(path), path: path, dataRange: options.dataRange)
        } else if name.hasSuffix(".npz") {
            try self.init(
                NPZ(path).read("images"), path: path, dataRange: options.dataRange)
        } else {
            guard PathKind(path) != .missing else { throw FileError.notFound(path) }
            throw CommandError(path, "a folder, .zip, .tar, .npz or .npy of images expected")
        }
    }

    /// Says which files were passed over.
    func warn(_ log: LogOptions) {
        guard !ignored.isEmpty else { return }
        StandardError.warn(
            "\(path): \(counted(ignored.count, "file")) that \(ignored.count == 1 ? "is" : "are") no "
                + "picture passed over: " + shortened(ignored, whole: log.details))
    }
}
