#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A lock with a place to wait until what it guards has changed.
package final class Condition: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
    private let changed: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)

    package init() {
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
            pthread_cond_init(changed, nil)
        #else
            // Waits of a given length must not end with the setting of the clock.
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(changed, &attributes)
            pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Runs `body`, which may ``wait()``, while nobody else is inside.
    package func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Wakes all who wait.
    package func broadcast() { pthread_cond_broadcast(changed) }

    /// Lets others in until somebody says that something has changed, or without a reason.
    package func wait() { pthread_cond_wait(changed, mutex) }

    /// The same for no longer than `time`.
    package func wait(for time: Duration) {
        let (seconds, attoseconds) = max(.zero, min(time, .seconds(1 << 20))).components
        var end = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        #if canImport(Darwin)
            pthread_cond_timedwait_relative_np(changed, mutex, &end)
        #else
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            end.tv_sec += now.tv_sec
            end.tv_nsec += now.tv_nsec
            if end.tv_nsec >= 1_000_000_000 {
                end.tv_sec += 1
                end.tv_nsec -= 1_000_000_000
            }
            pthread_cond_timedwait(changed, mutex, &end)
        #endif
    }
}
