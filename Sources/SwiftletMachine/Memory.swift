internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension Machine {
    // MARK: Memory

    /// Whether so many bytes can be had now: for sizes that come from files, where an array that cannot be
    /// made would end the process.
    ///
    /// The limit of the process's addresses is asked by trying. A machine or a control group promises
    /// more than it has and later kills whoever uses it, so large sizes are compared with what is free.
    package static func hasRoom(for byteCount: Int) -> Bool {
        guard byteCount >= smallest else { return true }
        guard isFree(byteCount) else { return false }
        let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | anonymous, -1, 0)
        guard memory != MAP_FAILED else { return false }
        munmap(memory, byteCount)
        return true
    }

    /// Whether so many bytes are free as far as the system tells, beside those that are reserved but that
    /// nobody has written to yet. Small sizes are not looked at.
    private static func isFree(_ byteCount: Int) -> Bool {
        guard byteCount >= large else { return true }
        let reserved = reserved.load(ordering: .relaxed)
        return Self.free.withLock { free in
            let now = ContinuousClock.now
            if free.map({ now - $0.time > FreeMemory.lifetime }) ?? true {
                free = FreeMemory(time: now)
            }
            guard let free else { return true }
            return byteCount <= free.bytes - max(0, reserved - free.resident)
        }
    }

    /// Notes that memory is taken which may be written to later; false if that is not free.
    package static func reserve(_ byteCount: Int) -> Bool {
        guard byteCount >= large else { return true }
        guard isFree(byteCount) else { return false }
        reserved.add(byteCount, ordering: .relaxed)
        return true
    }

    /// Takes back what ``reserve(_:)`` noted.
    package static func release(_ byteCount: Int) {
        if byteCount >= large { reserved.subtract(byteCount, ordering: .relaxed) }
    }

    private static let reserved = Atomic<Int>(0)
    private static let free = Mutex<FreeMemory?>(nil)
    private static let smallest = 1 << 16
    private static let large = 1 << 20
    #if canImport(Darwin)
        private static let anonymous = MAP_ANON
    #else
        private static let anonymous = MAP_ANONYMOUS
    #endif

    /// Bytes that this process may hold in all.
    package static var memory: Int {
        let (pages, page) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
        let product = pages.multipliedReportingOverflow(by: page)
        let isKnown = !product.overflow && product.partialValue > 0
        let physical = isKnown ? product.partialValue : 1 << 34
        return MemoryGroup.own.reduce(physical) { min($0, $1.limit) }
    }

    /// Bytes of memory that this process holds now, mapped files included; nil where the system does not
    /// tell.
    package static var residentMemory: Int? {
        #if os(Linux)
            guard let words = SystemFile("/proc/self/statm")?.words, words.count > 1 else {
                return nil
            }
            return Int(words[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) }
        #else
            return nil
        #endif
    }
}

/// What the system said a moment ago.
private struct FreeMemory {
    let time: ContinuousClock.Instant
    /// Bytes that are free, or could be freed without harm.
    let bytes: Int
    /// Bytes that this process has written to.
    let resident: Int

    /// Asking costs as much as taking a mebibyte.
    static let lifetime = Duration.milliseconds(20)

    /// Nil where the system does not tell.
    init?(time: ContinuousClock.Instant) {
        #if os(Linux)
            guard let machine = SystemFile("/proc/meminfo"),
                let available = machine["MemAvailable:"]
            else { return nil }
            let all = (available + (machine["SwapFree:"] ?? 0)) << 10
            bytes = MemoryGroup.own.reduce(all) { min($0, $1.available ?? .max) }
            let pages = SystemFile("/proc/self/statm")?.words.prefix(3).map { Int($0) ?? 0 } ?? []
            let page = sysconf(Int32(_SC_PAGESIZE))
            resident = pages.count == 3 ? (pages[1] - pages[2]) * page : 0
            self.time = time
        #else
            return nil
        #endif
    }
}

/// A control group of Linux that limits this process's memory.
private struct MemoryGroup {
    let folder: String
    let usageName: String
    /// In front of the names of what it keeps of files.
    let prefix: String
    let limit: Int

    /// What it has left, counting what it keeps of files only because there is room.
    var available: Int? {
        guard let usage = SystemFile(folder + usageName)?.number else { return nil }
        let details = SystemFile(folder + "memory.stat")
        let cache = ["inactive_file", "active_file"].reduce(0) { $0 + (details?[prefix + $1] ?? 0) }
        return max(0, limit - usage + cache)
    }

    static let own = ControlGroup.folders(of: "memory").compactMap(MemoryGroup.init)

    /// Nil if there is no limit.
    init?(_ group: ControlGroup) {
        let limit = SystemFile(
            group.folder + (group.isUnified ? "memory.max" : "memory.limit_in_bytes"))?.number
        guard let limit, limit < 1 << 60 else { return nil }
        self.limit = limit
        folder = group.folder
        usageName = group.isUnified ? "memory.current" : "memory.usage_in_bytes"
        prefix = group.isUnified ? "" : "total_"
    }
}
