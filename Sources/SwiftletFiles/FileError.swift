#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Why a file could not be read or written.
public struct FileError: Error, Equatable, CustomStringConvertible {
    public enum Cause: Equatable, Sendable {
        /// The system refused; the number is C's `errno`.
        case system(Int32)
        /// The file has more bytes than the reader takes.
        case tooLarge(limit: Int)
        /// A device, pipe or socket stands where a plain file is needed.
        case notRegular
        /// Another process is writing it.
        case inUse
    }

    public let path: String
    public let cause: Cause

    public init(_ path: String, _ cause: Cause) {
        self.path = path
        self.cause = cause
    }

    /// The error that the last system call left in `errno`.
    package init(errnoFor path: String) {
        self.init(path, .system(errno))
    }

    /// Runs `body`, whose errors are to name the file that was asked for, not the temporary one.
    static func naming<Result: ~Copyable>(
        _ path: String, _ body: () throws(FileError) -> Result
    ) throws(FileError) -> Result {
        do {
            return try body()
        } catch {
            throw FileError(path, error.cause)
        }
    }

    package static func isDirectory(_ path: String) -> FileError { .init(path, .system(EISDIR)) }
    package static func notFound(_ path: String) -> FileError { .init(path, .system(ENOENT)) }

    public var description: String { "\(path): \(cause)" }
}

extension FileError.Cause {
    package static var outOfMemory: Self { .system(ENOMEM) }
}

extension FileError.Cause: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let number): String(cString: strerror(number))
        case .tooLarge(let limit): "larger than the limit of \(limit) bytes"
        case .notRegular: "not a regular file"
        case .inUse: "in use by another process"
        }
    }
}
