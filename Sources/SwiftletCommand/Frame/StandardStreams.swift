internal import ArgumentParser
internal import SwiftletFiles

#if canImport(Glibc)
    // For `stdout`, a variable in C that nobody changes.
    @preconcurrency internal import Glibc
#elseif canImport(Darwin)
    @preconcurrency internal import Darwin
#endif

/// Called before anything else: closed streams must neither end the process nor take in what is meant
/// for a file that happens to get their number.
func guardStandardStreams() {
    signal(SIGPIPE, SIG_IGN)
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
        // The lowest free number is taken. Nobody can write to it, which is noticed as it should be.
        _ = open("/dev/null", O_RDONLY)
    }
}

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

    static func warn(_ text: String) { write("warning: \(oneLine(text))\n") }
}

enum StandardOutput {
    /// The status of a command whose results nobody wanted to read (any more), say `| head -1`: that of a program
    /// that the signal for it ends. Its work is done, its files are written.
    static let unread = ExitCode(128 + SIGPIPE)

    /// Results that did not arrive, on a full disk say, are an error.
    static func finish() throws {
        let isFlushed = fflush(stdout) == 0
        let cause = isFlushed ? EIO : errno
        if isFlushed, ferror(stdout) == 0 { return }
        throw nobodyReads(cause) ? unread : FileError("standard output", .system(cause))
    }

    private static func nobodyReads(_ cause: Int32) -> Bool {
        if cause == EPIPE || cause == EBADF { return true }
        var stream = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&stream, 1, 0) > 0
    }
}

private func platformWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(file, bytes, count)
}
