#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// An open file descriptor with one owner, closed with it.
package struct Descriptor: ~Copyable {
    let path: String
    /// The system's name for it, for calls that want one; valid as long as this value lives.
    package private(set) var number: Int32

    init(_ path: String, flags: Int32, mode: mode_t = 0) throws(FileError) {
        self.path = path
        number = Self.retrying { open(path, flags | O_CLOEXEC, mode) }
        guard number >= 0 else { throw FileError(errnoFor: path) }
    }

    /// - Parameter path: what errors call it.
    init(owning number: Int32, path: String) {
        self.path = path
        self.number = number
    }

    deinit {
        if number >= 0 { _ = close(number) }
    }

    /// Closes now, since only `close` reports what some file systems delay until then.
    consuming func finish() throws(FileError) {
        let result = close(number)
        let path = path
        number = -1
        guard result == 0 || errno == EINTR else { throw FileError(errnoFor: path) }
    }

    borrowing func status() throws(FileError) -> stat {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw FileError(errnoFor: path) }
        return status
    }

    /// The number of bytes read, 0 at the end.
    borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        let number = number
        let count = Self.retrying { platformRead(number, buffer.baseAddress, buffer.count) }
        guard count >= 0 else { throw FileError(errnoFor: path) }
        return count
    }

    borrowing func read(into buffer: inout [UInt8]) throws(FileError) -> Int {
        let number = number
        let count = buffer.withUnsafeMutableBytes { bytes in
            Self.retrying { platformRead(number, bytes.baseAddress, bytes.count) }
        }
        guard count >= 0 else { throw FileError(errnoFor: path) }
        return count
    }

    borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        let number = number
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = Self.retrying { platformWrite(number, rest.baseAddress, rest.count) }
            guard count >= 0 else { throw FileError(errnoFor: path) }
            done += count
        }
    }

    borrowing func seek(to offset: Int) throws(FileError) {
        guard lseek(number, off_t(offset), SEEK_SET) >= 0 else { throw FileError(errnoFor: path) }
    }

    borrowing func setMode(_ mode: mode_t) throws(FileError) {
        guard fchmod(number, mode) == 0 else { throw FileError(errnoFor: path) }
    }

    borrowing func truncate(to count: Int) throws(FileError) {
        guard ftruncate(number, off_t(count)) == 0 else { throw FileError(errnoFor: path) }
    }

    enum Lock {
        case own
        /// Somebody else has it, who opened the file on his own.
        case taken
        /// Some network file systems know no locks.
        case unknown
    }

    /// Keeps others from locking the file until it is closed, by this process's end too.
    borrowing func lock() throws(FileError) -> Lock {
        if flock(number, LOCK_EX | LOCK_NB) == 0 { return .own }
        if errno == EWOULDBLOCK { return .taken }
        guard [ENOTSUP, ENOLCK, EINVAL, ENOSYS, EBADF].contains(errno) else {
            throw FileError(errnoFor: path)
        }
        return .unknown
    }

    /// Whether the file still is the one at `path`.
    borrowing func isAt(_ path: String) -> Bool {
        var (own, found) = (stat(), stat())
        guard fstat(number, &own) == 0, lstat(path, &found) == 0 else { return false }
        return own.st_dev == found.st_dev && own.st_ino == found.st_ino
    }

    /// Waits until the bytes are on the disk. Pipes and some directories cannot be synced.
    borrowing func synchronize() throws(FileError) {
        let number = number
        let result = Self.retrying { fsync(number) }
        guard result == 0 || errno == EINVAL || errno == ENOTSUP else {
            throw FileError(errnoFor: path)
        }
    }

    /// The file's first `count` bytes in memory; nil if there is no room for the mapping.
    borrowing func map(count: Int) throws(FileError) -> UnsafeRawBufferPointer {
        let memory = mmap(nil, count, PROT_READ, MAP_PRIVATE, number, 0)
        guard let memory, memory != MAP_FAILED else { throw FileError(errnoFor: path) }
        return UnsafeRawBufferPointer(start: memory, count: count)
    }

    private static func retrying<Result: BinaryInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}

// The methods above hide C's functions of the same names.
private func platformRead(_ number: Int32, _ start: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(number, start, count)
}
private func platformWrite(_ number: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
    write(number, start, count)
}
