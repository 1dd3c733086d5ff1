internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Persistent threads that share out the parts of one operation.
///
/// The work is cut by its shape, never by the number of threads, so results do not depend on it.
/// Several callers may use the same workers at once; a caller always takes part in its own work and
/// hence never waits for a free thread.
public final class Workers: Sendable {
    /// Threads that take part in a call, the caller's own included.
    public let count: Int
    private let pool: Pool?

    /// - Parameter count: threads to use, at least 1; nil for one per processor.
    public init(count: Int? = nil) {
        self.count = max(1, count ?? Self.processorCount)
        pool = self.count > 1 ? Pool(helpers: self.count - 1) : nil
    }

    deinit { pool?.stop() }

    /// Processors this process may run on.
    public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// The calling thread alone.
    public static let single = Workers(count: 1)

    /// Calls `body(part)` once for every part in `0..<parts`, in any order, on any of the threads;
    /// returns when all calls have returned.
    public func forEach(parts: Int, _ body: (Int) -> Void) {
        forEach(parts: parts) { part, _ in body(part) }
    }

    /// The same; `body(part, thread)` also learns which thread calls it, numbered from 0 and below
    /// ``count``: calls that share a number never overlap, so they may share scratch memory.
    package func forEach(parts: Int, _ body: (_ part: Int, _ thread: Int) -> Void) {
        guard parts > 1, let pool else {
            for part in 0..<max(0, parts) { body(part, 0) }
            return
        }
        // The job does not outlive this call: `run` returns after every helper has left it.
        withoutActuallyEscaping(body) { escaping in
            pool.run(Job(parts: parts, body: escaping))
        }
    }

    /// Cuts `0..<count` into ranges of about `grain` and calls `body` once for each.
    public func forEach(count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        let grain = max(1, grain)
        forEach(parts: (count + grain - 1) / grain) { part in
            body(part * grain..<min(count, (part + 1) * grain))
        }
    }
}

/// One call of `forEach`: parts are taken from a counter until none is left.
private final class Job: @unchecked Sendable {
    let parts: Int
    private let body: (Int, Int) -> Void
    private let next = Atomic<Int>(0)
    /// Helpers inside `work`, and those that ever were; guarded by the pool's lock. A helper that
    /// has left finds no work to come back for, so no more join than there are.
    var helpers = 0
    var joined = 0

    init(parts: Int, body: @escaping (Int, Int) -> Void) {
        self.parts = parts
        self.body = body
    }

    var hasWork: Bool { next.load(ordering: .relaxed) < parts }

    func work(thread: Int) {
        while true {
            let part = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard part < parts else { return }
            body(part, thread)
        }
    }
}

/// The threads and the jobs that wait for them.
private final class Pool: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let jobArrived: UnsafeMutablePointer<pthread_cond_t>
    private let helperLeft: UnsafeMutablePointer<pthread_cond_t>
    // Guarded by `mutex`.
    private var jobs: [Job] = []
    private var isStopping = false

    init(helpers: Int) {
        mutex = .allocate(capacity: 1)
        jobArrived = .allocate(capacity: 1)
        helperLeft = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(jobArrived, nil)
        pthread_cond_init(helperLeft, nil)
        for _ in 0..<helpers { startThread() }
    }

    deinit {
        pthread_cond_destroy(helperLeft)
        pthread_cond_destroy(jobArrived)
        pthread_mutex_destroy(mutex)
        helperLeft.deallocate()
        jobArrived.deallocate()
        mutex.deallocate()
    }

    /// A thread that cannot be made is done without: the caller works alone.
    private func startThread() {
        let context = Unmanaged.passRetained(self)
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = pthread_create(&thread, nil, poolThreadMain, context.toOpaque())
        if status != 0 {
            context.release()
        } else {
            #if canImport(Darwin)
                if let thread { pthread_detach(thread) }
            #else
                pthread_detach(thread)
            #endif
        }
    }

    func serve() {
        pthread_mutex_lock(mutex)
        while !isStopping {
            if let job = jobs.first(where: \.hasWork) {
                job.helpers += 1
                job.joined += 1
                let thread = job.joined
                pthread_mutex_unlock(mutex)
                job.work(thread: thread)
                pthread_mutex_lock(mutex)
                job.helpers -= 1
                if job.helpers == 0 { pthread_cond_broadcast(helperLeft) }
            } else {
                pthread_cond_wait(jobArrived, mutex)
            }
        }
        pthread_mutex_unlock(mutex)
    }

    func run(_ job: Job) {
        pthread_mutex_lock(mutex)
        jobs.append(job)
        pthread_cond_broadcast(jobArrived)
        pthread_mutex_unlock(mutex)
        job.work(thread: 0)
        pthread_mutex_lock(mutex)
        jobs.removeAll { $0 === job }
        while job.helpers > 0 { pthread_cond_wait(helperLeft, mutex) }
        pthread_mutex_unlock(mutex)
    }

    func stop() {
        pthread_mutex_lock(mutex)
        isStopping = true
        pthread_cond_broadcast(jobArrived)
        pthread_mutex_unlock(mutex)
    }
}

#if canImport(Darwin)
    private func poolThreadMain(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<Pool>.fromOpaque(context).takeRetainedValue().serve()
        return nil
    }
#else
    private func poolThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        Unmanaged<Pool>.fromOpaque(context).takeRetainedValue().serve()
        return nil
    }
#endif
