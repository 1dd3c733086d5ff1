internal import SwiftletLimits
internal import SwiftletMachine

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Reads a whole text file, such as a configuration, within ``Limits/textBytes``.
package func readText(_ path: String) throws(FileError) -> [UInt8] {
    try readFile(path, limit: Limits.current.textBytes)
}

/// Reads a whole file, which may be a pipe.
///
/// - Parameter limit: more bytes than this are refused before memory is taken for them.
/// - Throws: ``FileError`` with the system's cause, or ``FileError/Cause/tooLarge(limit:)``.
package func readFile(_ path: String, limit: Int = 1 << 32) throws(FileError) -> [UInt8] {
    let descriptor = try Descriptor(path, flags: O_RDONLY)
    let status = try descriptor.status()
    guard !status.isDirectory else { throw .isDirectory(path) }
    guard Int(status.st_size) <= limit else { throw FileError(path, .tooLarge(limit: limit)) }

    let size = max(Int(status.st_size) + 1, 4096)
    guard Machine.hasRoom(for: size) else { throw FileError(path, .outOfMemory) }
    var bytes = [UInt8](repeating: 0, count: size)
    var filled = 0
    while true {
        if filled == bytes.count {
            guard Machine.hasRoom(for: 3 * filled) else { throw FileError(path, .outOfMemory) }
            bytes += [UInt8](repeating: 0, count: filled)
        }
        let count = try bytes.withUnsafeMutableBufferPointer { buffer throws(FileError) in
            let rest = UnsafeMutableBufferPointer(rebasing: buffer[filled...])
            return try descriptor.read(into: UnsafeMutableRawBufferPointer(rest))
        }
        if count == 0 { break }
        filled += count
        guard filled <= limit else { throw FileError(path, .tooLarge(limit: limit)) }
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
}

/// The names in a directory, sorted by their bytes, without `.` and `..`.
package func directoryContents(_ path: String) throws(FileError) -> [String] {
    var names: [String] = []
    try forEachName(in: path) { names.append($0) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// Calls `body` with every name in a directory but `.` and `..`, in no order.
func forEachName(in path: String, _ body: (String) -> Void) throws(FileError) {
    guard let directory = opendir(path) else { throw FileError(errnoFor: path) }
    defer { closedir(directory) }
    errno = 0
    while let entry = readdir(directory) {
        let capacity = MemoryLayout.size(ofValue: entry.pointee.d_name)
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: capacity) { String(cString: $0) }
        }
        if name != "." && name != ".." { body(name) }
        errno = 0
    }
    guard errno == 0 else { throw FileError(errnoFor: path) }
}

/// Waits until the names in a directory are on the disk, where it may be opened for that.
func synchronizeDirectory(_ path: String) throws(FileError) {
    let directory: Descriptor
    do {
        directory = try Descriptor(path, flags: O_RDONLY)
    } catch {
        guard error.cause == .system(EACCES) else { throw error }
        return
    }
    try directory.synchronize()
}

/// The path without links, `.` and `..`; what it names must be there.
func resolvedPath(_ path: String) throws(FileError) -> String {
    guard let resolved = realpath(path, nil) else { throw FileError(errnoFor: path) }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// What stands at a path; links are followed.
package enum PathKind: Equatable, Sendable {
    case regular, directory, other, missing

    package init(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            self = .missing
            return
        }
        self = status.isRegular ? .regular : status.isDirectory ? .directory : .other
    }
}

/// Makes a directory and those above it that are missing; one that exists is left as it is.
package func createDirectory(_ path: String) throws(FileError) {
    if PathKind(path) == .directory || path.isEmpty { return }
    let parent = directory(of: path)
    if parent != path { try createDirectory(parent) }
    guard mkdir(path, 0o777) == 0 else {
        let error = FileError(errnoFor: path)
        if PathKind(path) == .directory { return }
        throw error
    }
    try synchronizeDirectory(parent)
}

/// Whether two paths lead to the same file; false if one of them is not there.
package func isSameFile(_ a: String, _ b: String) -> Bool {
    var (first, second) = (stat(), stat())
    guard stat(a, &first) == 0, stat(b, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
}

/// Deletes a file; one that is not there is no error.
package func removeFile(_ path: String) throws(FileError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw FileError(errnoFor: path) }
}

/// The part of a path before its last name: `a/b` → `a`, `b` → `.`, `/b` → `/`.
package func directory(of path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    let parent = trimmingSlashes(String(trimmed[..<slash]))
    return parent.isEmpty ? "/" : parent
}

/// The last name of a path: `a/b.h5` → `b.h5`.
package func fileName(of path: String) -> String {
    let trimmed = trimmingSlashes(path)
    return trimmed.lastIndex(of: "/").map { String(trimmed[trimmed.index(after: $0)...]) }
        ?? trimmed
}

private func trimmingSlashes(_ path: String) -> String {
    var path = path[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    return String(path)
}

extension stat {
    var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
}
