#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How far a long task is and how long it will still take.
///
/// On a terminal a bar that redraws itself; elsewhere a whole line now and then; or nothing.
package struct ProgressBar {
    package enum Style: Sendable, Equatable {
        /// Redrawn in place, in so many columns.
        case bar(width: Int)
        case lines
        case quiet

        /// What standard error can show.
        package static func standardError(quiet: Bool) -> Style {
            let console = Console.standardError
            return quiet ? .quiet : console.isTerminal ? .bar(width: console.width) : .lines
        }
    }

    private static let redrawInterval = Duration.milliseconds(100)
    private static let lineInterval = Duration.seconds(10)

    private let label: String
    private let total: Int
    private let style: Style
    private let now: () -> Duration
    private let write: (String) -> Void
    private let start: Duration
    private var lastShown: Duration?
    private var done = 0
    private var note = ""

    /// - Parameters:
    ///   - total: steps of the whole task.
    ///   - now: time since any fixed moment.
    ///   - write: where the text goes; standard error unless given.
    package init(
        label: String, total: Int, style: Style, now: (() -> Duration)? = nil,
        write: ((String) -> Void)? = nil
    ) {
        self.label = label.printable
        self.total = max(total, 0)
        self.style = style
        let origin = ContinuousClock.now
        self.now = now ?? { ContinuousClock.now - origin }
        self.write = write ?? Self.writeToStandardError
        start = self.now()
    }

    /// Shows that `done` steps of the total are finished, if it is time to show anything.
    ///
    /// - Parameter note: a few words behind the bar, such as the loss; nil keeps the last ones.
    package mutating func update(done: Int, note: String? = nil) {
        self.done = min(max(done, 0), total)
        if let note { self.note = note.printable }
        let time = now()
        switch style {
        case .quiet: return
        case .bar(let width):
            if let lastShown, time - lastShown < Self.redrawInterval { return }
            write("\r" + line(at: time, width: width) + "\u{1b}[K")
        case .lines:
            // The first line only after a while: short tasks stay silent until they end.
            guard time - (lastShown ?? start) >= Self.lineInterval else { return }
            write(line(at: time, width: nil) + "\n")
        }
        lastShown = time
    }

    /// One step more.
    package mutating func advance(note: String? = nil) { update(done: done + 1, note: note) }

    /// Shows the last state, with the time it all took, and ends the line.
    package mutating func finish(note: String? = nil) {
        if let note { self.note = note.printable }
        let time = now()
        switch style {
        case .quiet: return
        case .bar(let width): write("\r" + line(at: time, width: width) + "\u{1b}[K\n")
        case .lines: write(line(at: time, width: nil) + "\n")
        }
        lastShown = time
    }

    /// Removes the bar, so that something else can be printed in its line.
    package func clear() {
        if case .bar = style, lastShown != nil { write("\r\u{1b}[K") }
    }

    private func line(at time: Duration, width: Int?) -> String {
        let elapsed = (time - start).seconds
        let share = total > 0 ? Double(done) / Double(total) : 1
        var parts = ["\(Int(share * 100))%", "\(done)/\(total)"]
        if done >= total {
            parts.append("in \(NumberText.time(seconds: elapsed))")
        } else if done > 0 {
            let left = elapsed / Double(done) * Double(total - done)
            parts.append("\(NumberText.time(seconds: left)) left")
        }
        if !note.isEmpty { parts.append(note) }
        let text = parts.joined(separator: "  ")
        guard let width else { return "\(label)  \(text)" }
        // One column stays free, lest the terminal wraps the line.
        let room = width - 1 - label.displayWidth - text.displayWidth - 4
        guard room >= 8 else { return "\(label)  \(text)".truncated(to: max(width - 1, 1)) }
        return "\(label)  \(Self.bar(share, columns: min(room, 40)))  \(text)"
    }

    /// Filled in eighths of a column.
    private static func bar(_ share: Double, columns: Int) -> String {
        let eighths = Int(share * Double(8 * columns))
        var bar = String(repeating: "█", count: eighths / 8)
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        bar += parts[eighths % 8]
        return bar + String(repeating: "░", count: columns - bar.count)
    }

    /// Progress that cannot be shown is not shown.
    private static func writeToStandardError(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = UnsafeBufferPointer(rebasing: rest)
                #if canImport(Glibc)
                    let count = Glibc.write(STDERR_FILENO, piece.baseAddress, piece.count)
                #else
                    let count = Darwin.write(STDERR_FILENO, piece.baseAddress, piece.count)
                #endif
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}

extension Duration {
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
