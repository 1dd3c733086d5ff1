internal import SwiftletFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What is read by people while a command runs: progress, notes, warnings and the error.
enum StandardError {
    /// What cannot be shown is not shown.
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { rest in
                platformWrite(STDERR_FILENO, rest.baseAddress.map { $0 + done }, rest.count - done)
            }
            guard count > 0 else { return }
            done += count
        }
    }

    static func warn(_ text: String) { write("warning: \(Ending.oneLine(text))\n") }
}

enum StandardOutput {
    /// Results that did not arrive, on a full disk say, are an error.
    static func finish() throws {
        guard fflush(nil) == 0 else { throw FileError(errnoFor: "standard output") }
    }
}

private func platformWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(file, bytes, count)
}
