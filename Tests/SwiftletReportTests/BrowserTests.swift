import Foundation
import SwiftletData
import SwiftletFiles
import SwiftletReport
import SwiftletScores
import SwiftletTensor
import TestSupport
import Testing

/// Pages in headless Chromium, which `tools/setup` installs where it can be.
@Suite(.enabled(if: Browser.path != nil), .serialized) struct BrowserTests {
    private static let desktop = 1280
    private static let phone = 390

    private func classification() throws -> ReportPage {
        let random = CounterRandom(seed: 8)
        let truth = (0..<200).map { Int32($0 % 3) }
        let probabilities = (0..<200).flatMap { row -> [Float] in
            let raw = (0..<3).map { random.uniform(at: row * 3 + $0) + (row % 3 == $0 ? 0.6 : 0) }
            return raw.map { $0 / raw.reduce(0, +) }
        }
        let evaluation = try Evaluation(
            Scoring(.classification), truth: Tensor(truth),
            predicted: Tensor(probabilities, shape: [200, 3]), weights: nil)
        var page = ReportPage(title: "Scores", subtitle: "a classification")
        try page.add(
            evaluation,
            report: evaluation.results(
                workers: .single, confidence: Confidence(resamples: 100)))
        let rows = evaluation.worstRows(limit: 5)
        #expect(rows.count == 5)
        let picture = try ImageFile.png(
            Tensor([UInt8](repeating: 90, count: 64), shape: [8, 8, 1]))
        page.add(
            worst: rows,
            pictures: rows.map { _ in
                PagePicture(png: picture, width: 96, height: 96, label: "a square")
            })
        page.add(history: ["loss": [2.0, 1.5, 1.2], "val_loss": [2.1, 1.7, 1.6]])
        return page
    }

    private func regression() throws -> ReportPage {
        let random = CounterRandom(seed: 9)
        let values = (0..<300).map { Double(random.normal(at: $0)) }
        let evaluation = try Evaluation(
            Scoring(.regression), truth: Tensor(values),
            predicted: Tensor(
                values.enumerated().map { $1 + 0.4 * Double(random.normal(at: 300 + $0)) }),
            weights: nil)
        var page = ReportPage(title: "Scores", subtitle: "a regression")
        try page.add(
            evaluation,
            report: evaluation.results(
                workers: .single, confidence: Confidence(resamples: 100)))
        page.add(worst: evaluation.worstRows(limit: 5))
        return page
    }

    /// Pairs of pictures with their differences, a grid, and distributions of scores.
    private func images() throws -> ReportPage {
        let random = CounterRandom(seed: 10)
        func picture(_ index: Int, side: Int, _ label: String) throws -> PagePicture {
            let values = (0..<side * side * 3).map { UInt8(random.uniform(at: index + $0) * 255) }
            let png = try ImageFile.png(Tensor(values, shape: Shape([side, side, 3])))
            return PagePicture(png: png, width: 160, height: 160, label: label)
        }
        var scores = ImagePairScores(metrics: [.psnr, .ssim])
        for index in 0..<30 {
            let values = (0..<300).map { UInt8(random.uniform(at: index * 300 + $0) * 200) }
            try scores.update(
                name: "a-rather-long-name-of-a-picture-\(index).png",
                reference: Tensor(values, shape: [10, 10, 3]),
                candidate: Tensor(values.map { $0 + UInt8(index) + 1 }, shape: [10, 10, 3]))
        }
        let report = try scores.results()
        var page = ReportPage(title: "Scores", subtitle: "pairs of images")
        page.add(report)
        page.add(
            heading: "Image by image",
            histograms: [("psnr", report.perImage.compactMap { $0.scores["psnr"]?.double })])
        page.add(
            heading: "The worst by psnr", note: "Reference, candidate, and what differs.",
            rows: try (0..<4).map { row in
                PagePictureRow(
                    try ["reference", "candidate", "difference"].enumerated().map {
                        try picture(row * 9 + $0, side: 16, $1)
                    },
                    caption: report.perImage[row].name + ": psnr 21.2, difference × 3")
            })
        page.add(
            heading: "Generated images",
            rows: [
                PagePictureRow(
                    try (0..<12).map { try picture($0 * 7, side: 12, "g") }, caption: "12 images")
            ])
        return page
    }

    /// Learning curves, gradients, weights, and a range test that ends in a number too large to draw.
    private func training() -> ReportPage {
        let random = CounterRandom(seed: 11)
        var page = ReportPage(title: "Training", subtitle: "a model on its data")
        page.add(history: [
            "history": ["loss": [2.0, 1.5, 1.2], "val_loss": [2.1, 1.7, .null]],
            "diagnosis": "improving: so far\nlearning rate too low: almost a straight line",
        ])
        let layers = (0..<10).map { "a_rather_long_name_of_a_layer_\($0)" }
        let epochs = (0..<6).map { epoch -> JSON in
            var (norms, weights) = (JSONObject(), JSONObject())
            for (index, layer) in layers.enumerated() {
                norms[layer] = .double(Double(index + 1) / Double(epoch + 1))
                weights[layer + "/kernel"] = [
                    "low": -1.5, "high": 2,
                    "counts": .array((0..<40).map { .int(Int(random.bits(at: $0 + epoch) % 90)) }),
                ]
            }
            return [
                "learning_rate": .double(0.1 / Double(epoch + 1)), "gradient_norms": .object(norms),
                "weights": .object(weights),
            ]
        }
        page.add(recording: .array(epochs))
        let losses: [JSON] = (0..<50).map { .double(2 - Double($0) / 30) } + [1e30, .null]
        page.add(rateSearch: [
            "rates": .array((0..<52).map { .double(1e-6 * Double(1 << ($0 / 2))) }),
            "losses": .array(losses), "smoothed": .array(losses), "suggestion": 0.001,
        ])
        return page
    }

    @Test(arguments: [desktop, phone], ["classification", "regression", "images", "training"])
    func pagesAreSeen(width: Int, kind: String) throws {
        let page =
            switch kind {
            case "regression": try regression()
            case "images": try images()
            case "training": training()
            default: try classification()
            }
        let view = try Browser.open(page.html, width: width, height: 2400)
        #expect(view.console.isEmpty, "\(view.console)")
        #expect(view.foreignRequests.isEmpty, "\(view.foreignRequests)")
        #expect(view.picture.shape[1] >= width)
        // Text, rules and curves on one background.
        #expect(view.inkShare > 0.01)
        #expect(view.inkShare < 0.6)
        #expect(view.colors > 20)
        // Nothing is wider than the screen.
        #expect(view.contentWidth <= width)
        try keep(view.png, as: "report-\(kind)-\(width).png")
    }

    /// What the tests above look for would be found.
    @Test func faultsAreNoticed() throws {
        let empty = try Browser.open("<!DOCTYPE html><title>-</title>", width: 400, height: 300)
        #expect(empty.inkShare == 0)
        let loud = try Browser.open(
            "<!DOCTYPE html><p>x</p><script>console.error('broken')</script>", width: 400,
            height: 300)
        #expect(loud.console.contains { $0.contains("broken") })
        let curious = try Browser.open(
            "<!DOCTYPE html><p>x</p><img src=\"http://127.0.0.1:9/x.png\">", width: 400, height: 300
        )
        #expect(curious.foreignRequests.contains { $0.contains("127.0.0.1:9") })
        let wide = try Browser.open(
            "<!DOCTYPE html><meta name=viewport content=\"width=device-width\">"
                + "<p style=\"width:900px\">x", width: 400, height: 300)
        #expect(wide.contentWidth >= 900)
    }
}

/// One look at a page.
private struct Browser {
    private let width: Int
    let png: [UInt8]
    /// `[height, width or more, 3]`
    let picture: Tensor
    /// What the page wrote to the console.
    let console: [String]
    /// Addresses that were asked for beside the page itself and what the browser asks on its own.
    let foreignRequests: [String]
    /// What the page says that it is wide.
    let contentWidth: Int

    static let path: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for name in ["chromium", "chromium-browser", "google-chrome"] {
            for folder in folders {
                let path = "\(folder)/\(name)"
                if FileManager.default.isExecutableFile(atPath: path) { return path }
            }
        }
        return nil
    }()

    /// No window is narrower: narrow screens are frames in one.
    private static let narrowest = 500

    /// A page that shows `html` on a screen of a width, and knows how wide it has become.
    private static func framed(_ html: String, width: Int, height: Int) -> String {
        let quoted = html.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
        return """
            <!DOCTYPE html><title>-</title><style>body{margin:0}iframe{border:0}</style>
            <iframe width="\(width)" height="\(height)" srcdoc="\(quoted)"
            onload="document.title=this.contentDocument.documentElement.scrollWidth"></iframe>
            """
    }

    static func open(_ html: String, width: Int, height: Int) throws -> Browser {
        try withTemporaryDirectory { directory in
            let frame = framed(html, width: width, height: height)
            let isNarrow = width < narrowest
            try Data((isNarrow ? frame : html).utf8)
                .write(to: URL(filePath: directory + "/page.html"))
            try Data(frame.utf8).write(to: URL(filePath: directory + "/frame.html"))
            let size = "--window-size=\(max(width, narrowest)),\(height)"
            let errors = try run(
                [
                    "--screenshot=\(directory)/page.png", "--enable-logging=stderr",
                    "--log-net-log=\(directory)/net.json", size,
                    "file://\(directory)/page.html",
                ], in: directory
            ).errors
            let png = [UInt8](try Data(contentsOf: URL(filePath: directory + "/page.png")))
            let log = try String(contentsOfFile: directory + "/net.json", encoding: .utf8)

            let document = try run(
                ["--dump-dom", size, "file://\(directory)/frame.html"], in: directory
            ).output
            let title = document.firstMatch(of: /<title>(\d+)<\/title>/)
            return Browser(
                width: width, png: png, picture: try ImageFile.read(directory + "/page.png"),
                console: errors.split(separator: "\n").map(String.init)
                    .filter { $0.contains("CONSOLE") },
                foreignRequests: requests(in: log),
                contentWidth: title.flatMap { Int($0.1) } ?? .max)
        }
    }

    private static func run(
        _ arguments: [String], in directory: String
    ) throws -> (output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: try #require(path))
        process.arguments =
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-extensions",
                "--blink-settings=preferredColorScheme=1",
                "--user-data-dir=\(directory)/profile",
            ] + arguments
        for name in ["output", "errors"] {
            _ = FileManager.default.createFile(atPath: "\(directory)/\(name)", contents: nil)
        }
        process.standardOutput = FileHandle(forWritingAtPath: directory + "/output")
        process.standardError = FileHandle(forWritingAtPath: directory + "/errors")
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return (
            try String(contentsOfFile: directory + "/output", encoding: .utf8),
            String(
                decoding: try Data(contentsOf: URL(filePath: directory + "/errors")),
                as: UTF8.self)
        )
    }

    private static func requests(in log: String) -> [String] {
        let own = [".googleapis.com/", ".google.com/", ".gvt1.com/"]
        return log.matches(of: /"url":"((?:https?|wss?):[^"]*)"/).map { String($0.1) }
            .filter { url in !own.contains { url.contains($0) } }
    }

    /// The share of pixels that are not as the first one.
    var inkShare: Double {
        let pixels = pixels
        return Double(pixels.count { $0 != pixels[0] }) / Double(pixels.count)
    }

    var colors: Int { Set(pixels).count }

    /// Those of the page's own width.
    private var pixels: [Int] {
        guard let bytes = try? picture.elements(of: UInt8.self) else { return [0] }
        let (columns, channels) = (picture.shape[1], picture.shape[2])
        return (0..<picture.shape[0]).flatMap { row in
            (0..<min(width, columns)).map { column in
                let start = (row * columns + column) * channels
                return (0..<channels).reduce(0) { $0 << 8 | Int(bytes[start + $1]) }
            }
        }
    }
}
