import Foundation
import SwiftletFiles
import SwiftletReport
import SwiftletScores
import SwiftletTensor
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Counts elements and keeps text; fails on what is not well-formed.
private final class PageReader: NSObject, XMLParserDelegate {
    var counts: [String: Int] = [:]
    var attributes: [(element: String, key: String, value: String)] = []
    var text = ""

    init(_ html: String) throws {
        super.init()
        let parser = XMLParser(data: Data(html.dropFirst("<!DOCTYPE html>\n".count).utf8))
        parser.delegate = self
        let isWellFormed = parser.parse()
        try #require(isWellFormed, "\(String(describing: parser.parserError))")
    }

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        counts[element, default: 0] += 1
        for (key, value) in attributes { self.attributes.append((element, key, value)) }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}

@Suite struct ReportPageTests {
    private func page(of html: String) throws -> PageReader {
        #expect(!html.contains("http://") && !html.contains("https://"))
        #expect(!html.contains("url(") && !html.contains("@import"))
        let page = try PageReader(html)
        for element in ["script", "img", "link", "iframe", "object", "foreignObject"] {
            #expect(page.counts[element] == nil)
        }
        for (element, key, value) in page.attributes {
            #expect(!["src", "href", "xlink:href", "style"].contains(key), "\(element) \(key)")
            #expect(!value.contains("nan") && !value.contains("inf"), "\(element) \(key)=\(value)")
        }
        return page
    }

    @Test func aClassificationHasTablesAndCurves() throws {
        let random = CounterRandom(seed: 3)
        let truth = (0..<60).map { Int32($0 % 3) }
        let probabilities = (0..<60).flatMap { row -> [Float] in
            let raw = (0..<3).map { random.uniform(at: row * 3 + $0) + (row % 3 == $0 ? 0.5 : 0) }
            return raw.map { $0 / raw.reduce(0, +) }
        }
        var scores = ClassificationScores()
        try scores.update(
            truth: Tensor(truth), predicted: Tensor(probabilities, shape: [60, 3]))
        var report = ReportPage(title: "T", classNames: ["ant", "<b>&\"'", "cat"])
        try report.add(scores, report: scores.results())
        let page = try page(of: report.html)
        #expect(page.counts["svg"] == 4)
        #expect(page.counts["table"] == 2)
        // 9 cells of the matrix and the bars of the reliability diagram.
        #expect(page.counts["rect", default: 0] > 9)
        #expect(page.text.contains("<b>&\"'"))
        #expect(page.counts["b"] == nil)
        #expect(page.text.contains("ROC curve"))
        // The ticks of an axis from 0 to 1.
        #expect(page.text.split(separator: "\n").contains("0.2"))
    }

    @Test func aRegressionHasItsResiduals() throws {
        let values = (0..<50).map { Double($0) * 0.3 }
        var scores = RegressionScores()
        try scores.update(
            truth: Tensor(values),
            predicted: Tensor(values.map { $0 + ($0 * 7).truncatingRemainder(dividingBy: 1) }))
        var report = ReportPage(title: "R", subtitle: "s")
        try report.add(scores, report: scores.results())
        let page = try page(of: report.html)
        #expect(page.counts["svg"] == 3)
        #expect(page.counts["circle"] == 100)
    }

    @Test(
        "data without any extent still give a page",
        arguments: [[0.0, 0], [3, 3], [-1e-300, 1e-300], [1e300, -1e300], [5]])
    func degenerate(_ values: [Double]) throws {
        var scores = RegressionScores()
        try scores.update(truth: Tensor(values), predicted: Tensor(values))
        var report = ReportPage(title: "R")
        try report.add(scores, report: scores.results())
        #expect(try page(of: report.html).counts["svg"] == 3)
    }

    @Test func learningCurvesOfAHistory() throws {
        let history = try JSON(
            parsing: """
                {"history": {"loss": [2.5, 1.0, NaN, 0.01], "val_loss": [3, 2, 1, 1.5],
                "accuracy": [0.1, 0.5, 0.6, 0.7], "lr": [0.1]}, "diagnosis": "over-fitting <3>"}
                """)
        var report = ReportPage(title: "H")
        report.add(history: history)
        let page = try page(of: report.html)
        #expect(page.counts["svg"] == 3)
        #expect(page.text.contains("over-fitting <3>"))
        // Loss is cut in two by the NaN, the latter half a dot; val_loss and accuracy are whole.
        #expect(page.counts["polyline"] == 3)
        #expect(page.counts["circle"] == 2)
        #expect(page.text.contains("validation"))
    }

    @Test func picturesAreAPartOfThePage() throws {
        // Lengths that need no, one and two signs of padding.
        let files: [[UInt8]] = [[0, 1, 2], [255, 254, 253, 252], [7, 8, 9, 10, 11]]
        let expected = ["AAEC", "//79/A==", "BwgJCgs="]
        var report = ReportPage(title: "P")
        report.add(
            heading: "Pairs", note: "n",
            rows: [
                PagePictureRow(
                    files.map { PagePicture(png: $0, width: 4, height: 3, label: "<a>") },
                    caption: "a & b")
            ])
        report.add(heading: "Image by image", histograms: [("ssim", [0.1, 0.5, .nan, 0.5])])
        report.add(heading: "Nothing", histograms: [("psnr", [.infinity])])
        let html = report.html
        #expect(html.contains("img-src data:"))
        for text in expected { #expect(html.contains("\"data:image/png;base64,\(text)\"")) }
        #expect(html.contains("alt=\"&lt;a&gt;\"") && html.contains("a &amp; b"))
        #expect(html.contains("ssim of 3 images"))
        #expect(!html.contains("Nothing"))
        #expect(!html.contains("nan"))
        _ = try PageReader(html)
    }

    @Test func foreignJSONIsNoHistory() throws {
        var report = ReportPage(title: "H")
        report.add(history: [1, "x", nil])
        report.add(history: ["loss": "none", "accuracy": []])
        #expect(try page(of: report.html).counts["svg"] == nil)
    }
}
