internal import ArgumentParser
internal import SwiftletData
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

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
    let perceptual: PerceptualOptions
    let preset: ImagePreset?
    let threads: Int?
    let log: LogOptions

    func run() throws -> ScoreReport {
        let references = try Pictures(anyAt: reference)
        let candidates = try Pictures(anyAt: candidate)
        let pairs = try matched(references, candidates)
        let lpips = try metrics.lpips ? openPerceptual() : nil
        if let maps = perceptual.lpipsMaps { try createDirectory(maps) }
        var scores = ImagePairScores(
            metrics: metrics.pairs, window: preset?.window ?? .gaussian)
        var progress = log.progress("images", total: pairs.count)
        for pair in pairs {
            let images = (
                try references.read(pair.reference), try candidates.read(pair.candidate)
            )
            do {
                try scores.update(
                    name: pair.name, reference: images.0, candidate: images.1,
                    extra: lpips.map { lpips in
                        [("lpips", ScoreValue(try lpips.distance(images.0, images.1)))]
                    } ?? [])
                if let maps = perceptual.lpipsMaps, let map = try lpips?.map(images.0, images.1) {
                    try NPY.write(map, to: "\(maps)/\(fileName(of: pair.name)).npy")
                }
            } catch let error as ScoreError {
                throw CommandError(candidate, error)
            }
            progress.advance()
        }
        progress.finish()
        var report = try scores.results()
        var provenance = JSONObject()
        if let preset { provenance["preset"] = .string(preset.rawValue) }
        if let lpips, let net = perceptual.lpipsNet {
            provenance["lpips"] = [
                "file": .string(net), "sha256": .string(lpips.digest),
                "network": .string(lpips.network), "version": .string(lpips.version.rawValue),
            ]
        }
        if !provenance.isEmpty { report.details["provenance"] = .object(provenance) }
        return report
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

extension Pictures {
    /// A folder, an archive, or the array `images` of an .npz.
    init(anyAt path: String) throws {
        let name = path.lowercased()
        if PathKind(path) == .directory {
            try self.init(folder: path)
        } else if name.hasSuffix(".zip") {
            try self.init(zip: path)
        } else if name.hasSuffix(".tar") {
            try self.init(tar: path)
        } else if name.hasSuffix(".npy") {
            try self.init(NPY.read(path), path: path)
        } else if name.hasSuffix(".npz") {
            try self.init(NPZ(path).read("images"), path: path)
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
