internal import SwiftletFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// An event file that TensorBoard follows while it grows.
final class EventFile {
    let path: String
    private let file: GrowingFile
    /// Bytes in the file.
    private(set) var byteCount: Int
    private var pending: [UInt8]

    /// A new file in `directory`, which is made if it is not there.
    init(in directory: String) throws {
        try createDirectory(directory)
        let time = Self.now
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let name = String(decoding: host.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        let seconds = Int(time)
        let tag = UInt32.random(in: 0...UInt32.max)
        path = "\(directory)/events.out.tfevents.\(seconds).\(name).\(getpid()).\(tag).v2"
        file = try GrowingFile(path)
        byteCount = 0
        pending = Event.version(at: time)
    }

    /// A file of an earlier process, cut back to its first `byteCount` bytes.
    init(reopening path: String, at byteCount: Int) throws {
        self.path = path
        file = try GrowingFile(path)
        try file.truncate(to: byteCount)
        self.byteCount = byteCount
        pending = []
    }

    func add(_ tag: String, _ value: Double, step: Int) {
        pending += Event.scalar(tag, value, step: step, at: Self.now)
    }

    func addHistogram(_ tag: String, _ values: [Float], step: Int) {
        pending += Event.histogram(tag, values, step: step, at: Self.now)
    }

    /// Writes what was added: whole records, so that a reader never sees half of one for long.
    func flush() throws {
        guard !pending.isEmpty else { return }
        try file.append(pending)
        byteCount += pending.count
        pending = []
    }

    /// Seconds since 1970.
    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
