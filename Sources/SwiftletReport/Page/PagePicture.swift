/// A picture on a page: the bytes of a PNG file, which become a part of it.
package struct PagePicture: Sendable {
    private let png: [UInt8]
    private let width: Int
    private let height: Int
    private let label: String

    /// - Parameter label: for those who cannot see it.
    package init(png: [UInt8], width: Int, height: Int, label: String) {
        self.png = png
        self.width = width
        self.height = height
        self.label = label
    }

    func add(to markup: inout Markup) {
        markup.add(
            "img",
            [
                "src": "data:image/png;base64,\(Base64.text(png))", "alt": label,
                "width": "\(width)", "height": "\(height)",
            ])
    }
}

/// Pictures that belong together, with a line below them.
package struct PagePictureRow: Sendable {
    package let pictures: [PagePicture]
    package let caption: String

    package init(_ pictures: [PagePicture], caption: String) {
        self.pictures = pictures
        self.caption = caption
    }
}

extension ReportPage {
    /// Rows of pictures under a heading.
    package mutating func add(heading: String, note: String? = nil, rows: [PagePictureRow]) {
        addSection(heading) { section in
            if let note { section.add("p", ["class": "faint"], text: note) }
            section.add("div", ["class": "figures"]) { list in
                for row in rows {
                    list.add("figure", ["class": "row"]) { figure in
                        figure.add("div", ["class": "pictures"]) { box in
                            for picture in row.pictures { picture.add(to: &box) }
                        }
                        figure.add("figcaption", text: row.caption)
                    }
                }
            }
        }
    }

    /// How often each image's scores take which values.
    package mutating func add(heading: String, histograms: [(name: String, values: [Double])]) {
        let charts = histograms.compactMap { name, values -> String? in
            let finite = values.filter(\.isFinite)
            guard finite.count > 1 else { return nil }
            return Chart.histogram(
                finite, title: "\(name) of \(finite.count) images", label: name, count: "images"
            ).figure
        }
        guard !charts.isEmpty else { return }
        addSection(heading) { section in
            section.add("div", ["class": "figures"]) { list in
                for chart in charts { list.add(markup: chart) }
            }
        }
    }
}

/// RFC 4648.
enum Base64 {
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).map { start + $0 < bytes.count ? Int(bytes[start + $0]) : 0 }
            let bits = group[0] << 16 | group[1] << 8 | group[2]
            for place in 0..<4 {
                text.append(
                    start + place <= bytes.count
                        ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
