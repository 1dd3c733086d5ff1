internal import ArgumentParser
internal import SwiftletData
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

struct ScoreImages: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score images against reference images of the same names.")

    @Flag(help: "Compare every image with the one of the same name.")
    var paired = false

    @Option(help: ArgumentHelp("The folder of perfect images.", valueName: "dir"))
    var reference: String?

    @Option(help: ArgumentHelp("The folder of images to score.", valueName: "dir"))
    var candidate: String?

    @Option(help: ArgumentHelp("Any of \(ImagePairMetric.names), with commas.", valueName: "list"))
    var metrics: MetricList = MetricList(all: [.psnr, .ssim])

    @OptionGroup var output: ScoreOutput
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard paired else { throw ValidationError("--paired expected") }
        guard reference != nil else { throw ValidationError("--reference expected") }
        guard candidate != nil else { throw ValidationError("--candidate expected") }
    }

    func run() throws {
        guard let reference, let candidate else { return }
        try output.check()
        let names = try pairs(reference, candidate)
        var scores = ImagePairScores(metrics: metrics.all)
        var progress = log.progress("images", total: names.count)
        for name in names {
            let paths = ("\(reference)/\(name)", "\(candidate)/\(name)")
            let images = (try ImageFile.read(paths.0), try ImageFile.read(paths.1))
            do {
                try scores.update(name: name, reference: images.0, candidate: images.1)
            } catch {
                throw CommandError(candidate, error)
            }
            progress.advance()
        }
        progress.finish()
        try output.write(scores, title: "\(candidate) against \(reference)")
    }

    /// The names of the reference images, each of which has a counterpart.
    private func pairs(_ reference: String, _ candidate: String) throws -> [String] {
        let names = try ImageFolder.names(in: reference)
        guard !names.isEmpty else { throw CommandError(reference, "no pictures") }
        let candidates = try Set(ImageFolder.names(in: candidate))
        let missing = names.filter { !candidates.contains($0) }
        guard missing.isEmpty else {
            throw CommandError(
                candidate,
                "\(missing.count) of the \(names.count) images in \(reference) are missing: "
                    + shortened(missing, whole: log.details))
        }
        let extra = candidates.subtracting(names).sorted()
        if !extra.isEmpty {
            StandardError.warn(
                "\(candidate): \(extra.count) images are not in \(reference) and not scored: "
                    + shortened(extra, whole: log.details))
        }
        return names
    }
}

/// `psnr,ssim`, as it stands behind `--metrics`.
struct MetricList: ExpressibleByArgument, CustomStringConvertible {
    let all: [ImagePairMetric]

    init(all: [ImagePairMetric]) { self.all = all }

    init?(argument: String) {
        var metrics: [ImagePairMetric] = []
        for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let metric = ImagePairMetric(rawValue: String(name)) else { return nil }
            metrics.append(metric)
        }
        all = metrics
    }

    var description: String { all.map(\.rawValue).joined(separator: ",") }
    var defaultValueDescription: String { description }
}

extension ImagePairMetric {
    fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
