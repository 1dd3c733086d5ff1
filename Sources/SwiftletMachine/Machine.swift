#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What this process may use of the machine that it runs on.
package enum Machine {
    /// Processors that the process may run on at once, at least 1: those that there are, that it is bound
    /// to (`taskset`), that its control group has time for (`docker run --cpus`).
    package static let processorCount: Int = {
        var count = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        #if os(Linux)
            // As hexadecimal digits, a bit for every processor.
            if let bound = SystemFile("/proc/self/status")?.line("Cpus_allowed:") {
                count = min(
                    count, bound.reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount })
            }
            for group in ControlGroup.folders(of: "cpu") {
                if let limit = group.processorLimit { count = min(count, limit) }
            }
        #endif
        return max(1, count)
    }()
}

#if os(Linux)
    extension ControlGroup {
        /// Processors whose whole time the group may take, rounded up; nil if there is no limit.
        fileprivate var processorLimit: Int? {
            let (quota, period): (Int?, Int?)
            if isUnified {
                let numbers = SystemFile(folder + "cpu.max")?.words.map { Int($0) } ?? []
                (quota, period) = (numbers.first ?? nil, numbers.last ?? nil)
            } else {
                quota = SystemFile(folder + "cpu.cfs_quota_us")?.number
                period = SystemFile(folder + "cpu.cfs_period_us")?.number
            }
            guard let quota, let period, quota > 0, period > 0 else { return nil }
            return (quota + period - 1) / period
        }
    }
#endif
