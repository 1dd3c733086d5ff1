internal import SwiftletData
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

/// Small pictures for a report.
struct Thumbnail {
    /// `[height, width, 3]` of bytes, as large as it is shown but for tiny ones.
    private let pixels: [UInt8]
    private let width: Int
    private let height: Int

    private static let largestSide = 160

    init(_ picture: Tensor, largestSide: Int = Self.largestSide) throws {
        let (rows, columns) = (picture.shape[0], picture.shape[1])
        let scale = min(1, Double(largestSide) / Double(max(rows, columns)))
        height = max(1, Int((Double(rows) * scale).rounded()))
        width = max(1, Int((Double(columns) * scale).rounded()))
        let small = ResizeMethod.pillowBox.resize(
            try Pixels(picture, channels: 3), height: height, width: width)
        let channels = small.channels
        pixels = (0..<width * height * 3).map { index in
            UInt8(
                clamping: Int(small.values[index / 3 * channels + index % 3 % channels].rounded()))
        }
    }

    private init(_ pixels: [UInt8], width: Int, height: Int) {
        (self.pixels, self.width, self.height) = (pixels, width, height)
    }

    /// Where two differ, so bright that the largest difference is white.
    func difference(to other: Thumbnail) -> (picture: Thumbnail, factor: Int) {
        let distances = zip(pixels, other.pixels).map { abs(Int($0) - Int($1)) }
        let factor = max(1, 255 / max(1, distances.max() ?? 1))
        return (
            Thumbnail(
                distances.map { UInt8(clamping: $0 * factor) }, width: width, height: height),
            factor
        )
    }

    /// - Parameter side: what a small picture is enlarged to, by whole steps.
    func onPage(_ label: String, side: Int = Self.largestSide) throws -> PagePicture {
        let png = try ImageFile.png(Tensor(pixels, shape: Shape([height, width, 3])))
        let zoom = max(1, side / max(width, height))
        return PagePicture(png: png, width: width * zoom, height: height * zoom, label: label)
    }
}

/// What a report shows of pairs besides their scores.
struct ImagePairGallery {
    let references: Pictures
    let candidates: Pictures
    let pairs: [(name: String, reference: Int, candidate: Int)]

    private static let longest = 8

    /// The pairs that fare worst by the first of the scores, and the scores' distributions.
    func add(to page: inout ReportPage, _ report: ScoreReport) throws {
        let names = report.scores.names
        page.add(
            heading: "Image by image",
            histograms: names.map { name in
                (name, report.perImage.compactMap { $0.scores[name]?.double })
            })
        guard
            let first = names.first(where: { report.scores[$0]?.double?.isFinite == true })
                ?? names.first
        else { return }
        let larger = first == "lpips" ? -1.0 : 1
        let order = report.perImage.indices.sorted {
            value($0, first, report) * larger < value($1, first, report) * larger
        }
        let rows = try order.prefix(Self.longest).map { index in
            let pair = pairs[index]
            let a = try Thumbnail(references.read(pair.reference))
            let b = try Thumbnail(candidates.read(pair.candidate))
            let (difference, factor) = a.difference(to: b)
            let scores = report.perImage[index].scores.map { name, value in
                "\(name) \(ScoreTables.text(value))"
            }
            return PagePictureRow(
                [
                    try a.onPage("reference"), try b.onPage("candidate"),
                    try difference.onPage("difference"),
                ],
                caption: "\(pair.name): \(scores.joined(separator: ", ")); difference × \(factor)")
        }
        page.add(
            heading: "The worst by \(first)", note: "Reference, candidate, and what differs.",
            rows: rows)
    }

    /// What is undefined is not the worst.
    private func value(_ index: Int, _ name: String, _ report: ScoreReport) -> Double {
        report.perImage[index].scores[name]?.double ?? (name == "lpips" ? -1 : .infinity)
    }
}

/// Some pictures of a set, evenly spread over it.
struct ImageSetGallery {
    let title: String
    let pictures: Pictures

    private static let count = 24
    private static let side = 96

    func add(to page: inout ReportPage) throws {
        let shown = min(Self.count, pictures.count)
        guard shown > 0 else { return }
        let images = try (0..<shown).map { place in
            let index = place * pictures.count / shown
            return try Thumbnail(pictures.read(index), largestSide: Self.side)
                .onPage(pictures.names[index], side: Self.side)
        }
        page.add(
            heading: title,
            rows: [
                PagePictureRow(
                    images, caption: "\(shown) of \(pictures.count) images of \(pictures.path)")
            ])
    }
}
