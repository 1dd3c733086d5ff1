internal import SwiftletLimits

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A thread beside the caller's that does one job at a time, e.g. reads what the caller needs next.
///
/// One caller begins jobs and waits for them; where no thread can be had he does them himself.
package final class SideThread: @unchecked Sendable {
    private let core = Core()
    private var thread: pthread_t?

    package init() {
        let argument = Unmanaged.passRetained(core)
        #if canImport(Darwin)
            var made: pthread_t?
            let status = pthread_create(&made, nil, sideMain, argument.toOpaque())
        #else
            var made = pthread_t()
            let status = pthread_create(&made, nil, sideMain, argument.toOpaque())
        #endif
        if status == 0 { thread = made } else { argument.release() }
    }

    /// Whether there is a thread, and jobs are not done by whoever begins them.
    package var isThread: Bool { thread != nil }

    /// Begins a job, once the one before has ended.
    package func begin(_ job: @escaping @Sendable () -> Void) {
        guard thread != nil else { return job() }
        wait()
        let limits = Limits.scope
        core.set { $0.job = { Limits.$scope.withValue(limits, operation: job) } }
    }

    /// Returns when there is no job under way.
    package func wait() {
        guard thread != nil else { return }
        core.waitUntil { $0.job == nil }
    }

    deinit {
        guard let thread else { return }
        wait()
        core.set { $0.isOver = true }
        pthread_join(thread, nil)
    }

    /// What both threads see.
    fileprivate final class Core: @unchecked Sendable {
        struct State {
            var job: (@Sendable () -> Void)?
            var isOver = false
        }
        private var state = State()
        private let condition = Condition()

        func set(_ change: (inout State) -> Void) {
            condition.locked {
                change(&state)
                condition.broadcast()
            }
        }

        @discardableResult
        func waitUntil(_ isReached: (State) -> Bool) -> State {
            condition.locked {
                while !isReached(state) { condition.wait() }
                return state
            }
        }

        func serve() {
            while let job = waitUntil({ $0.job != nil || $0.isOver }).job {
                job()
                set { $0.job = nil }
            }
        }
    }
}

#if canImport(Darwin)
    private func sideMain(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<SideThread.Core>.fromOpaque(argument).takeRetainedValue().serve()
        return nil
    }
#else
    private func sideMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        Unmanaged<SideThread.Core>.fromOpaque(argument).takeRetainedValue().serve()
        return nil
    }
#endif
