#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The most memory that this process has held so far, mapped files included, in bytes.
///
/// Linux tells it of the program itself; `getrusage` there also counts what the parent process held
/// at the moment when it made this one, which from Python may be gigabytes.
func peakMemory() -> Int? {
    #if os(Linux)
        guard let file = fopen("/proc/self/status", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
                .split(whereSeparator: \.isWhitespace)
            guard fields.count == 3, fields[0] == "VmHWM:" else { continue }
            return Int(fields[1]).map { $0 * 1024 }
        }
        return nil
    #else
        var usage = rusage()
        guard getrusage(RUSAGE_SELF, &usage) == 0 else { return nil }
        return usage.ru_maxrss
    #endif
}
