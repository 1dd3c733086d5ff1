import SwiftletReport
import SwiftletScores
import SwiftletTensor
import Testing

@Suite struct TextTests {
    @Test(
        "columns on a terminal, as Unicode's East Asian Width says",
        arguments: [
            ("", 0), ("abc", 3), ("épée", 4), ("e\u{301}", 1), ("日本語", 6), ("ｆｕｌｌ", 8),
            ("한글", 4), ("👍", 2), ("👨‍👩‍👧", 2), ("a\u{200d}", 1), ("❤️", 2), ("µm²", 3),
        ])
    func width(_ text: String, _ columns: Int) {
        #expect(text.displayWidth == columns)
    }

    @Test(arguments: [
        ("short", 5, "short"), ("longer", 5, "long…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"),
    ])
    func truncation(_ text: String, _ width: Int, _ expected: String) {
        #expect(text.truncated(to: width) == expected)
    }

    @Test func controlCharactersAreMadeVisible() {
        #expect("a\u{1b}[2J\n".printable == "a\u{fffd}[2J\u{fffd}")
    }
}

@Suite struct TextTableTests {
    private func table() -> TextTable {
        var table = TextTable(title: "t", columns: [.init("名前", .left), .init("n")])
        table.add(["日本", "1"])
        table.add(["abc", "1000", "superfluous"])
        table.add(["x"])
        return table
    }

    @Test func plainWhereThereIsNoTerminal() {
        #expect(
            table().text(for: Console(isTerminal: false)) == """
                t
                名前     n
                ----  ----
                日本     1
                abc   1000
                x
                """)
    }

    @Test func aTerminalGetsRulesAndStyles() {
        let text = table().text(for: Console(isTerminal: true, width: 80))
        #expect(text.hasPrefix("\u{1b}[1mt\u{1b}[0m\n名前     n\n\u{1b}[2m────  ────\u{1b}[0m\n"))
        let plain = table().text(for: Console(isTerminal: true, width: 80, hasStyles: false))
        #expect(!plain.contains("\u{1b}"))
    }

    @Test func rowsFitANarrowTerminal() {
        var table = TextTable(columns: [.init("name", .left), .init("value")])
        table.add([String(repeating: "x", count: 50), "0.5"])
        let console = Console(isTerminal: true, width: 30, hasStyles: false)
        let lines = table.text(for: console).split(separator: "\n")
        #expect(lines.map { String($0).displayWidth } == [30, 30, 30])
    }

    @Test func aReportAsTables() throws {
        var scores = ClassificationScores()
        try scores.update(
            truth: Tensor([0, 1, 1, 2] as [Int32]), predicted: Tensor([0, 1, 2, 2] as [Int32]))
        let text = try ScoreTables(scores.results(), classNames: ["cat", "dog"])
            .text(for: Console(isTerminal: false))
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.first == "classification, multiclass, 4 samples")
        #expect(lines.contains { $0.hasPrefix("accuracy ") && $0.hasSuffix(" 0.7500") })
        #expect(lines.contains { $0.hasPrefix("dog ") && $0.hasSuffix(" 2") })
        #expect(lines.suffix(5).first == "     cat  dog  2")
        #expect(lines.suffix(2).first == "dog    0    1  1")
    }
}

@Suite struct ProgressBarTests {
    /// A clock that the test turns, and what was written.
    private final class Screen {
        var time = Duration.zero
        var text = ""

        func bar(total: Int, style: ProgressBar.Style) -> ProgressBar {
            ProgressBar(
                label: "epoch 1", total: total, style: style, now: { self.time },
                write: { self.text += $0 })
        }
    }

    @Test func aBarSaysHowLongIsLeft() {
        let screen = Screen()
        var bar = screen.bar(total: 4, style: .bar(width: 60))
        screen.time = .seconds(10)
        bar.update(done: 1, note: "loss 0.5")
        let bars = String(repeating: "█", count: 4) + "▊" + String(repeating: "░", count: 14)
        let line = "\repoch 1  \(bars)  25%  1/4  0:30 left  loss 0.5\u{1b}[K"
        #expect(screen.text == line)
        // Sooner than anybody could read it, nothing is drawn.
        screen.time += .milliseconds(50)
        bar.update(done: 2)
        #expect(screen.text == line)
        screen.text = ""
        screen.time = .seconds(75)
        bar.update(done: 4)
        bar.finish()
        #expect(screen.text.hasSuffix("100%  4/4  in 1:15  loss 0.5\u{1b}[K\n"))
    }

    @Test(arguments: [1, 5, 20, 40, 80, 200]) func aBarNeverWraps(width: Int) {
        let screen = Screen()
        var bar = screen.bar(total: 1000, style: .bar(width: width))
        screen.time = .seconds(1)
        bar.update(done: 500, note: "loss 0.123")
        let shown = String(screen.text.dropFirst().dropLast(3))
        #expect(shown.displayWidth <= max(width - 1, 1))
        #expect(!shown.isEmpty)
    }

    @Test func withoutATerminalALineNowAndThen() {
        let screen = Screen()
        var bar = screen.bar(total: 100, style: .lines)
        for step in 1...100 {
            screen.time += .seconds(1)
            bar.update(done: step)
        }
        bar.finish()
        let lines = screen.text.split(separator: "\n")
        #expect(lines.count == 11)
        #expect(lines.first == "epoch 1  10%  10/100  1:30 left")
        #expect(lines.last == "epoch 1  100%  100/100  in 1:40")
        #expect(!screen.text.contains("\r"))
    }

    @Test func quietIsQuiet() {
        let screen = Screen()
        var bar = screen.bar(total: 2, style: .quiet)
        screen.time = .seconds(100)
        bar.update(done: 1)
        bar.finish()
        bar.clear()
        #expect(screen.text.isEmpty)
    }

    @Test func anEmptyTaskIsDone() {
        let screen = Screen()
        var bar = screen.bar(total: 0, style: .lines)
        bar.update(done: 3)
        bar.finish()
        #expect(screen.text == "epoch 1  100%  0/0  in 0:00\n")
    }
}
