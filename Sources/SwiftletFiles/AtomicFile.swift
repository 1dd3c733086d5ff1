#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that appears under its path whole or not at all.
///
/// The bytes go to a temporary file beside it, which ``commit()`` syncs and renames. Dropped without
/// a commit, after an error say, it leaves what stood at the path before and no temporary file. Of
/// two writers at once the last one to commit wins; see ``claimDestination(_:)``.
package struct AtomicFile: ~Copyable {
    /// What the caller named, for errors.
    private let path: String
    /// The same with links followed, so that a link stays a link.
    private let target: String
    private let temporary: TemporaryFile

    package init(replacing path: String) throws(FileError) {
        let target = try Self.target(of: path)
        let temporary = try FileError.naming(path) { () throws(FileError) in
            try TemporaryFile.new(beside: target)
        }
        (self.path, self.target, self.temporary) = (path, target, temporary)
        if let mode = Self.mode(of: target) { try? temporary.descriptor.setMode(mode) }
    }

    package borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try FileError.naming(path) { () throws(FileError) in
            try temporary.descriptor.write(bytes)
        }
    }

    package borrowing func write(_ bytes: [UInt8]) throws(FileError) {
        try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
            try write(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Where the bytes are until then, for a library that opens files by path itself. It is locked.
    package var temporaryPath: String { temporary.path }

    /// What is written next goes to `offset`.
    package borrowing func seek(to offset: Int) throws(FileError) {
        try FileError.naming(path) { () throws(FileError) in
            try temporary.descriptor.seek(to: offset)
        }
    }

    /// Puts the file under its path. The bytes are on the disk when this returns.
    package consuming func commit() throws(FileError) {
        let target = target
        let temporary = temporary
        try FileError.naming(path) { () throws(FileError) in try temporary.rename(to: target) }
    }

    /// Writes a whole file at once.
    package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        let file = try AtomicFile(replacing: path)
        try file.write(bytes)
        try file.commit()
    }

    package static func write(_ text: String, to path: String) throws(FileError) {
        try write(Array(text.utf8), to: path)
    }

    /// Where the file really goes; a directory or a device is never replaced.
    static func target(of path: String) throws(FileError) -> String {
        switch PathKind(path) {
        case .missing: return path
        case .directory: throw .isDirectory(path)
        case .other: throw FileError(path, .notRegular)
        case .regular: return try resolvedPath(path)
        }
    }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }
}
