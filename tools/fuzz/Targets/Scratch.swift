internal import SwiftletFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A folder in memory for readers that want a path.
struct Scratch {
    let folder: String

    init(_ name: String) throws {
        let parent = PathKind("/dev/shm") == .directory ? "/dev/shm" : "/tmp"
        folder = "\(parent)/swiftlet-fuzz-\(getpid())-\(name)"
        try createDirectory(folder)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func write(_ bytes: UnsafeRawBufferPointer, as name: String) -> String {
        Self.write(bytes, to: path(name))
        return path(name)
    }

    /// Not by way of a temporary file, which would take most of the time.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var done = 0
        while file >= 0, done < bytes.count {
            let count = platformWrite(
                file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            guard count > 0 else { break }
            done += count
        }
        close(file)
    }

    func remove() {
        for name in (try? directoryContents(folder)) ?? [] { unlink(path(name)) }
        rmdir(folder)
    }
}

private func platformWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(file, bytes, count)
}
