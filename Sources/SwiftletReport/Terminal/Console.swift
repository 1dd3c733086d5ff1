#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What standard output or standard error leads to.
package struct Console: Sendable {
    package let isTerminal: Bool
    /// Columns of the terminal; 80 where there is none.
    package let width: Int
    /// Whether bold and colours may be used: a terminal that is not dumb, unless `NO_COLOR` is set.
    package let hasStyles: Bool

    package init(isTerminal: Bool, width: Int = 80, hasStyles: Bool? = nil) {
        self.isTerminal = isTerminal
        self.width = width
        self.hasStyles = hasStyles ?? isTerminal
    }

    package static var standardOutput: Console { Console(descriptor: STDOUT_FILENO) }
    package static var standardError: Console { Console(descriptor: STDERR_FILENO) }

    private init(descriptor: Int32) {
        // mpirun gives its processes a terminal that it reads, and passes on to what may be none.
        let isForwarded = getenv("OMPI_COMM_WORLD_SIZE") != nil
        let isTerminal = isatty(descriptor) == 1 && !isForwarded
        let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
        let noColor = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        self.init(
            isTerminal: isTerminal, width: Self.width(of: descriptor),
            hasStyles: isTerminal && terminal != "dumb" && !noColor)
    }

    private static func width(of descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// The text in bold, where the console can.
    package func bold(_ text: String) -> String { hasStyles ? "\u{1b}[1m\(text)\u{1b}[0m" : text }

    /// The text in a fainter shade, where the console can.
    package func faint(_ text: String) -> String { hasStyles ? "\u{1b}[2m\(text)\u{1b}[0m" : text }
}
