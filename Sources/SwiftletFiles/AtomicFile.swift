internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that appears under its path whole or not at all.
///
/// The bytes go to a temporary sibling, which ``commit()`` syncs and renames. Dropped without a
/// commit, after an error say, it leaves what stood at the path before and no temporary file.
package struct AtomicFile: ~Copyable {
    private let sibling: Sibling
    private let descriptor: Descriptor

    package init(replacing path: String) throws(FileError) {
        let target = try Sibling.target(of: path)
        let temporary = Sibling.temporaryPath(beside: target)
        descriptor = try Sibling.naming(path) { () throws(FileError) in
            try Descriptor(temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
        }
        sibling = Sibling(path: path, target: target, temporary: temporary)
        if let mode = Sibling.mode(of: target) { try? descriptor.setMode(mode) }
    }

    package borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try Sibling.naming(sibling.path) { () throws(FileError) in try descriptor.write(bytes) }
    }

    package borrowing func write(_ bytes: [UInt8]) throws(FileError) {
        try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
            try write(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Puts the file under its path. The bytes are on the disk when this returns.
    package consuming func commit() throws(FileError) {
        let path = sibling.path
        try Sibling.naming(path) { () throws(FileError) in try descriptor.synchronize() }
        try sibling.rename()
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

    /// The same promise for a library that opens files by path itself: `body` writes and closes the
    /// file at the path it is given, which does not exist yet.
    package static func replace<Result>(
        _ path: String, writing body: (_ temporaryPath: String) throws -> Result
    ) throws -> Result {
        let target = try Sibling.target(of: path)
        let temporary = Sibling.temporaryPath(beside: target)
        let sibling = Sibling(path: path, target: target, temporary: temporary)
        let result = try body(temporary)
        try Sibling.naming(path) { () throws(FileError) in
            let descriptor = try Descriptor(temporary, flags: O_RDWR)
            if let mode = Sibling.mode(of: target) { try? descriptor.setMode(mode) }
            try descriptor.synchronize()
            try descriptor.finish()
        }
        try sibling.rename()
        return result
    }
}

/// A temporary file beside the one it will replace, deleted with its last reference unless renamed.
private final class Sibling {
    /// What the caller named, for errors.
    let path: String
    /// The same with links followed, so that a link stays a link.
    private let target: String
    private var temporary: String?

    init(path: String, target: String, temporary: String) {
        self.path = path
        self.target = target
        self.temporary = temporary
        temporaryFiles.withLock { _ = $0.insert(temporary) }
    }

    deinit {
        guard let temporary else { return }
        unlink(temporary)
        temporaryFiles.withLock { _ = $0.remove(temporary) }
    }

    func rename() throws(FileError) {
        guard let temporary else { return }
        guard platformRename(temporary, target) == 0 else { throw FileError(errnoFor: path) }
        self.temporary = nil
        temporaryFiles.withLock { _ = $0.remove(temporary) }
        try Self.naming(path) { () throws(FileError) in
            try Descriptor(directory(of: target), flags: O_RDONLY).synchronize()
        }
    }

    /// Where the file really goes; a directory or a device is never replaced.
    static func target(of path: String) throws(FileError) -> String {
        switch PathKind(path) {
        case .missing: return path
        case .directory: throw .isDirectory(path)
        case .other: throw FileError(path, .notRegular)
        case .regular:
            guard let resolved = realpath(path, nil) else { throw FileError(errnoFor: path) }
            defer { free(resolved) }
            return String(cString: resolved)
        }
    }

    static func temporaryPath(beside target: String) -> String {
        let tag = String(UInt64.random(in: .min ... .max), radix: 36)
        return directory(of: target) + "/.swiftlet-\(tag).tmp"
    }

    static func mode(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }

    /// Errors name the file that the caller asked for, not the temporary one.
    static func naming<Result: ~Copyable>(
        _ path: String, _ body: () throws(FileError) -> Result
    ) throws(FileError) -> Result {
        do {
            return try body()
        } catch {
            throw FileError(path, error.cause)
        }
    }
}

/// The temporary files that exist now, for a process that has to end at once.
private let temporaryFiles = Mutex<Set<String>>([])

/// Deletes the temporary files of all writes under way. For a process that ends right after it.
package func removeTemporaryFiles() {
    temporaryFiles.withLock { for path in $0 { unlink(path) } }
}

private func platformRename(_ old: String, _ new: String) -> Int32 { rename(old, new) }
