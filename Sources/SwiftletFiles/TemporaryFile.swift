internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A hidden file beside the one that a writer is at work on, deleted with its last reference unless
/// it was renamed.
///
/// It is locked as long as its writer lives, however that ends. Whoever can lock one therefore knows
/// that it was left behind by a process that was killed, and deletes it; the first write to a
/// directory looks for such. Where the file system knows no locks they are left alone.
final class TemporaryFile: @unchecked Sendable {
    /// Not to be renamed or closed by anybody else.
    let descriptor: Descriptor
    let path: String
    private var isNamed = true

    private static let prefix = ".swiftlet-"
    private static let suffix = ".tmp"

    private init(path: String, descriptor: consuming Descriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        guard isNamed else { return }
        lock.withLock { _ in
            unlink(path)
            living.remove(path)
        }
    }

    /// A new, empty file beside `target`.
    static func new(beside target: String) throws(FileError) -> TemporaryFile {
        let folder = directory(of: target)
        removeAbandoned(in: folder)
        while true {
            let path = path(in: folder, tag: UInt64.random(in: .min ... .max))
            if let file = try locked(path, flags: O_EXCL) { return file }
        }
    }

    /// The one file that stands for the wish to write to `target`.
    ///
    /// - Throws: ``FileError``; `.inUse` while somebody else has it.
    static func claim(on target: String) throws(FileError) -> TemporaryFile {
        let folder = directory(of: target)
        removeAbandoned(in: folder)
        let name = Array(fileName(of: target).utf8)
        let path = path(in: folder, tag: name.withUnsafeBytes { checksum($0) })
        // Somebody may just be about to delete what was abandoned.
        for _ in 0..<20 {
            if let file = try locked(path, flags: 0) { return file }
            usleep(5_000)
        }
        throw FileError(target, .inUse)
    }

    private static func path(in folder: String, tag: UInt64) -> String {
        "\(folder)/\(prefix)\(String(tag, radix: 36))\(suffix)"
    }

    /// Nil if the file is somebody else's, or was deleted before it could be locked.
    private static func locked(_ path: String, flags: Int32) throws(FileError) -> TemporaryFile? {
        // As one step, so that an end of the process finds every file that is there.
        try lock.withLock { _ throws(FileError) in
            let descriptor = try Descriptor(
                path, flags: O_RDWR | O_CREAT | O_NOFOLLOW | flags, mode: 0o666)
            guard try descriptor.lock() != .taken, descriptor.isAt(path) else { return nil }
            living.insert(path)
            return TemporaryFile(path: path, descriptor: descriptor)
        }
    }

    /// Puts the file in the place of `target`. Bytes and name are on the disk when this returns.
    func rename(to target: String) throws(FileError) {
        try descriptor.synchronize()
        try lock.withLock { _ throws(FileError) in
            guard platformRename(path, target) == 0 else { throw FileError(errnoFor: target) }
            isNamed = false
            living.remove(path)
        }
        try synchronizeDirectory(directory(of: target))
    }

    /// Deletes what processes that are no more have left in a directory; once per process.
    private static func removeAbandoned(in folder: String) {
        let isNew = visited.withLock { visited in
            if visited.count > 1_000 { visited.removeAll() }
            return visited.insert(folder).inserted
        }
        guard isNew else { return }
        try? forEachName(in: folder) { name in
            guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return }
            let path = "\(folder)/\(name)"
            guard let file = openedForLock(path), (try? file.status().isRegular) == true,
                (try? file.lock()) == .own, file.isAt(path)
            else { return }
            unlink(path)
        }
    }

    private static func openedForLock(_ path: String) -> Descriptor? {
        let flags = O_NOFOLLOW | O_NONBLOCK
        // Network file systems lock only what may be written; others also what may be read.
        if let file = try? Descriptor(path, flags: O_RDWR | flags) { return file }
        return try? Descriptor(path, flags: O_RDONLY | flags)
    }
}

/// Directories that were looked through.
private let visited = Mutex<Set<String>>([])

/// The temporary files of this process; what is done to one and to its place here is one step.
private let living = PathTable()
private let lock = Mutex(())

/// Deletes the temporary files of all writes under way.
///
/// - Parameter end: ends the process before another one can be made.
package func removeTemporaryFiles(then end: () -> Void = {}) {
    lock.withLock { _ in
        living.unlinkAll()
        end()
    }
}

/// The same for an end at any moment, maybe inside of one of the functions above: it neither waits nor
/// allocates.
package func removeTemporaryFilesAtOnce() {
    living.unlinkAll()
}

/// What this process has claimed, by the files that stand for it.
private let claims = Mutex<[String: TemporaryFile]>([:])

/// Tells other processes that this one is going to write to `path`, until it ends.
///
/// They are refused at once instead of one's work being replaced by the other's. It also finds out
/// whether there can be a file at all.
///
/// - Throws: ``FileError``; `.inUse` if another process has claimed it.
package func claimDestination(_ path: String) throws(FileError) {
    let target = try AtomicFile.target(of: path)
    let folder = directory(of: target)
    guard PathKind(folder) == .directory else { throw .notFound(path) }
    try FileError.naming(path) { () throws(FileError) in
        let key = try resolvedPath(folder) + "/" + fileName(of: target)
        try claims.withLock { (claims) throws(FileError) in
            if claims[key] == nil { claims[key] = try .claim(on: key) }
        }
    }
}

private func platformRename(_ old: String, _ new: String) -> Int32 { rename(old, new) }
