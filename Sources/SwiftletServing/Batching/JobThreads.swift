internal import SwiftletLimits
internal import SwiftletTensor

/// A few threads for work that would hold up those that others wait on: reading and writing messages.
package final class JobThreads: Sendable {
    private let core = Core()
    private let threads: [SideThread]

    /// - Throws: ``ServingError`` if no thread can be had.
    package init(count: Int) throws(ServingError) {
        threads = (0..<max(1, count)).map { _ in SideThread() }.filter(\.isThread)
        guard !threads.isEmpty else { throw ServingError(500, "no thread can be had") }
        for thread in threads { thread.begin { [core] in core.serve() } }
    }

    deinit {
        core.stop()
        for thread in threads { thread.wait() }
    }

    /// Runs `body` on one of the threads, after what was given before it, within the limits that hold here.
    package func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let limits = Limits.scope
        return try await withCheckedThrowingContinuation { continuation in
            core.add {
                continuation.resume(
                    with: Result { try Limits.$scope.withValue(limits, operation: body) })
            }
        }
    }

    private final class Core: @unchecked Sendable {
        private let condition = Condition()
        // Guarded by the condition.
        private var jobs: [@Sendable () -> Void] = []
        private var isStopped = false

        func add(_ job: @escaping @Sendable () -> Void) {
            condition.locked {
                jobs.append(job)
                condition.broadcast()
            }
        }

        func stop() {
            condition.locked {
                isStopped = true
                condition.broadcast()
            }
        }

        func serve() {
            while let job = next() { job() }
        }

        private func next() -> (@Sendable () -> Void)? {
            condition.locked {
                while jobs.isEmpty {
                    if isStopped { return nil }
                    condition.wait()
                }
                return jobs.removeFirst()
            }
        }
    }
}
