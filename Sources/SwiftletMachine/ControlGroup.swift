#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A control group of Linux: what a container, a service or a batch system allows its processes.
struct ControlGroup {
    /// With a slash at its end.
    let folder: String
    /// Whether it is of the second version, where one tree has all kinds of limits.
    let isUnified: Bool

    /// The groups that limit this process in something, the innermost first.
    static func folders(of kind: String) -> [ControlGroup] {
        #if os(Linux)
            let lines = SystemFile("/proc/self/cgroup")?.text.split(separator: "\n") ?? []
            return lines.flatMap { line -> [ControlGroup] in
                let parts = line.split(
                    separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                guard parts.count == 3 else { return [] }
                let isUnified = parts[1].isEmpty
                guard isUnified || parts[1].split(separator: ",").contains(Substring(kind)) else {
                    return []
                }
                return path(parts[2], under: isUnified ? [] : [parts[1], Substring(kind)])
            }
        #else
            return []
        #endif
    }

    /// A group and those around it. In a container the path may be that of the world outside; the root
    /// stands for it then.
    private static func path(_ path: Substring, under roots: [Substring]) -> [ControlGroup] {
        var names = path.split(separator: "/")
        var groups: [ControlGroup] = []
        let mounts = roots.isEmpty ? [""] : Set(roots).map { "/\($0)" }
        while true {
            let inner = names.map { $0 + "/" }.joined()
            groups += mounts.map {
                ControlGroup(folder: "/sys/fs/cgroup\($0)/\(inner)", isUnified: roots.isEmpty)
            }
            guard names.popLast() != nil else { return groups }
        }
    }
}

/// A small file in which the system tells numbers.
struct SystemFile {
    let text: String

    init?(_ path: String) {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = fread(&bytes, 1, bytes.count, file)
        text = String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    var words: [Substring] { text.split(whereSeparator: \.isWhitespace) }

    /// The number that the file begins with.
    var number: Int? { words.first.flatMap { Int($0) } }

    /// What stands behind a name at the beginning of a line.
    func line(_ name: String) -> Substring? {
        let line = text.split(separator: "\n").first {
            $0.hasPrefix(name) && $0.dropFirst(name.count).first?.isWhitespace == true
        }
        return line?.dropFirst(name.count)
    }

    /// The number that stands there.
    subscript(name: String) -> Int? {
        line(name)?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }
}
