internal import CKernels
internal import SwiftletLimits
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The process's helper threads and the jobs that they may join.
final class WorkerPool: @unchecked Sendable {
    static let shared = WorkerPool()

    /// Runs at work, between whose jobs helpers stay awake.
    let engaged = Atomic<Int>(0)
    private let jobs: [Job]
    /// Helpers that must be woken for a job.
    private let sleeping = Atomic<Int>(0)
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let jobArrived: UnsafeMutablePointer<pthread_cond_t>
    private let helpersLeft: UnsafeMutablePointer<pthread_cond_t>
    /// Guarded by `mutex`.
    private var helpers = 0

    /// Callers that can share out work at once; more work alone.
    private static let jobCount = 8

    private init() {
        jobs = (0..<Self.jobCount).map { _ in Job() }
        mutex = .allocate(capacity: 1)
        jobArrived = .allocate(capacity: 1)
        helpersLeft = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(jobArrived, nil)
        pthread_cond_init(helpersLeft, nil)
    }

    /// Sees to it that there are `count` helpers; one that cannot be made is done without.
    func start(helpers count: Int) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while helpers < count {
            #if canImport(Darwin)
                var thread: pthread_t?
            #else
                var thread = pthread_t()
            #endif
            let number = UnsafeMutableRawPointer(bitPattern: helpers + 1)
            guard pthread_create(&thread, nil, helperMain, number) == 0 else { return }
            #if canImport(Darwin)
                if let thread { pthread_detach(thread) }
            #else
                pthread_detach(thread)
            #endif
            helpers += 1
        }
    }

    /// Calls `body(part, thread)` for all parts on up to `threads` threads.
    func run(parts: Int, threads: Int, _ body: (Int, Int) -> Void) {
        guard parts <= Job.mostParts, let job = jobs.first(where: { $0.reserve() }) else {
            for part in 0..<parts { body(part, 0) }
            return
        }
        // The job does not outlive this call: it ends after every helper has left it.
        withoutActuallyEscaping(body) { escaping in
            job.open(parts: parts, threads: min(parts, threads), body: escaping)
            // Against a helper that goes to sleep: it counts itself before it looks once more.
            if sleeping.load(ordering: .sequentiallyConsistent) > 0 {
                pthread_mutex_lock(mutex)
                pthread_cond_broadcast(jobArrived)
                pthread_mutex_unlock(mutex)
            }
            job.work(thread: 0, home: 0)
            job.close()
            waitForHelpers(of: job)
            job.clear()
        }
        job.release()
    }

    private func waitForHelpers(of job: Job) {
        var wait = Wait()
        while job.hasHelpers {
            if wait.isShort {
                wait.pause()
                continue
            }
            pthread_mutex_lock(mutex)
            job.callerSleeps.store(true, ordering: .sequentiallyConsistent)
            while job.hasHelpers { pthread_cond_wait(helpersLeft, mutex) }
            job.callerSleeps.store(false, ordering: .relaxed)
            pthread_mutex_unlock(mutex)
        }
    }

    /// - Parameter number: the helper's own, from 1.
    fileprivate func serve(number: Int) {
        var wait = Wait()
        while true {
            if joinJob(number) {
                wait = Wait()
            } else if wait.isBrief || wait.isShort && engaged.load(ordering: .relaxed) > 0 {
                wait.pause()
            } else {
                sleep()
                wait = Wait()
            }
        }
    }

    private func joinJob(_ number: Int) -> Bool {
        for job in jobs {
            guard let thread = job.join() else { continue }
            job.help(thread: thread, home: number)
            if job.leave(), job.callerSleeps.load(ordering: .sequentiallyConsistent) {
                pthread_mutex_lock(mutex)
                pthread_cond_broadcast(helpersLeft)
                pthread_mutex_unlock(mutex)
            }
            return true
        }
        return false
    }

    private func sleep() {
        pthread_mutex_lock(mutex)
        sleeping.add(1, ordering: .sequentiallyConsistent)
        while !jobs.contains(where: \.hasRoom) { pthread_cond_wait(jobArrived, mutex) }
        sleeping.subtract(1, ordering: .relaxed)
        pthread_mutex_unlock(mutex)
    }
}

/// One call of `forEach`.
///
/// The parts are dealt out in runs, one for each thread, in the order of the threads' numbers: what a
/// thread has computed in one job, its caches still hold in the next, if that is cut alike. A thread
/// that has done its own takes from the ends of the others'.
private final class Job: @unchecked Sendable {
    private let isReserved = Atomic<Bool>(false)
    /// Whether helpers may join, how many more of them, and how many are inside.
    private let state = Atomic<Int>(0)
    let callerSleeps = Atomic<Bool>(false)
    // Written while reserved and not open, read by those inside.
    private var runs: [Run] = []
    private var threads = 0
    private var body: ((Int, Int) -> Void)?
    /// The limits that hold where the job was given.
    private var limits: Limits.Scope?

    private static let opened = 1 << 40
    private static let seat = 1 << 20
    static let mostParts = Run.most

    func reserve() -> Bool {
        !isReserved.load(ordering: .relaxed)
            && !isReserved.exchange(true, ordering: .acquiring)
    }

    func release() {
        isReserved.store(false, ordering: .releasing)
    }

    /// - Parameter threads: those that may take part, the caller's own included.
    func open(parts: Int, threads: Int, body: @escaping (Int, Int) -> Void) {
        while runs.count < threads { runs.append(Run()) }
        for thread in 0..<threads {
            runs[thread].set(parts * thread / threads..<parts * (thread + 1) / threads)
        }
        self.threads = threads
        self.body = body
        limits = Limits.scope
        state.store(
            Self.opened + (threads - 1) * Self.seat, ordering: .sequentiallyConsistent)
    }

    /// Lets nobody join any more.
    func close() {
        var found = state.load(ordering: .relaxed)
        while true {
            let inside = found & (Self.seat - 1)
            let result = state.weakCompareExchange(
                expected: found, desired: inside, ordering: .acquiringAndReleasing)
            if result.exchanged { return }
            found = result.original
        }
    }

    /// Once nobody is inside.
    func clear() { (body, limits) = (nil, nil) }

    var hasHelpers: Bool { state.load(ordering: .sequentiallyConsistent) != 0 }

    /// Whether a helper could join now.
    var hasRoom: Bool { state.load(ordering: .sequentiallyConsistent) >= Self.opened + Self.seat }

    /// - Returns: the thread's number; nil if there is no room or nothing left to do.
    func join() -> Int? {
        var found = state.load(ordering: .relaxed)
        while found >= Self.opened + Self.seat {
            let result = state.weakCompareExchange(
                expected: found, desired: found - Self.seat + 1, ordering: .acquiringAndReleasing)
            if result.exchanged { return (found - Self.opened) / Self.seat }
            found = result.original
        }
        return nil
    }

    /// - Returns: whether nobody is inside any more.
    func leave() -> Bool {
        state.subtract(1, ordering: .sequentiallyConsistent).newValue & (Self.seat - 1) == 0
    }

    /// Takes part on a thread that is not the caller's.
    func help(thread: Int, home: Int) {
        guard let limits else { return work(thread: thread, home: home) }
        Limits.$scope.withValue(limits) { work(thread: thread, home: home) }
    }

    /// - Parameters:
    ///   - thread: the number that `body` is told.
    ///   - home: whose run comes first; the same in every job, unlike `thread`.
    func work(thread: Int, home: Int) {
        guard let body else { return }
        let home = home % threads
        while let part = runs[home].takeFirst() { body(part, thread) }
        for distance in 1..<max(1, threads) {
            let other = runs[(home + distance) % threads]
            while let part = other.takeLast() { body(part, thread) }
        }
    }
}

/// Parts that have not been taken yet: a range in one word, so that both ends can be taken from.
private final class Run: Sendable {
    private let bounds = Atomic<UInt64>(0)
    /// Keeps what other threads write out of the same cache line.
    private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)

    static let most = Int(UInt32.max)

    /// While nobody takes.
    func set(_ range: Range<Int>) {
        bounds.store(
            UInt64(range.lowerBound) << 32 | UInt64(range.upperBound), ordering: .relaxed)
    }

    func takeFirst() -> Int? { take { ($0, $0 &+ 1 << 32) } }

    func takeLast() -> Int? { take { (($0 & 0xffff_ffff &- 1) << 32, $0 &- 1) } }

    /// - Parameter choose: of the bounds, the part (in the upper half) and the bounds without it.
    private func take(_ choose: (UInt64) -> (part: UInt64, rest: UInt64)) -> Int? {
        var found = bounds.load(ordering: .relaxed)
        while found >> 32 < found & 0xffff_ffff {
            let (part, rest) = choose(found)
            let result = bounds.weakCompareExchange(
                expected: found, desired: rest, ordering: .relaxed)
            if result.exchanged { return Int(part >> 32) }
            found = result.original
        }
        return nil
    }
}

/// A wait for another thread: on the processor at first, then letting others run.
struct Wait {
    private var turns = 0

    /// Some tens of microseconds: longer than small operations take, and than a caller who does
    /// nothing else takes from one run to the next. Letting others run takes a microsecond by itself.
    private static let turnsOnProcessor = 1_000
    /// Some hundred microseconds.
    private static let turnsInAll = 1_800

    /// Whether it has been going on for no longer than it should take if another thread is at work.
    var isBrief: Bool { turns < Self.turnsOnProcessor }

    /// Whether it has been going on for so short that sleeping would cost more.
    var isShort: Bool { turns < Self.turnsInAll }

    mutating func pause() {
        turns += 1
        if turns < Self.turnsOnProcessor { sl_cpu_pause() } else { sched_yield() }
    }
}

#if canImport(Darwin)
    private func helperMain(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        WorkerPool.shared.serve(number: Int(bitPattern: context))
        return nil
    }
#else
    private func helperMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        WorkerPool.shared.serve(number: Int(bitPattern: context))
        return nil
    }
#endif
