internal import ArgumentParser
internal import SwiftletFiles
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Ctrl-C and the request to end: no half-written file stays, and long jobs may finish cleanly.
enum Interruption {
    private static let requested = Atomic<Bool>(false)
    private static let isAwaited = Atomic<Bool>(false)

    /// The status of a job that was ended by Ctrl-C but saved what it had.
    static let exitCode = ExitCode(128 + SIGINT)

    /// Whether a job that called ``await()`` should come to its end.
    static var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// From now on the first Ctrl-C only sets ``isRequested``; the second ends the process.
    static func await() { isAwaited.store(true, ordering: .relaxed) }

    /// The same, for a job that waits for others meanwhile.
    ///
    /// - Parameter begin: begins the job's end; called once, on the thread of the signals.
    static func await(_ begin: @escaping @Sendable () -> Void) {
        beginning.withLock { $0 = begin }
        Self.await()
    }

    private static let beginning = Mutex<(@Sendable () -> Void)?>(nil)

    /// Takes the signals over, on a thread of its own, where everything is allowed. Called before
    /// any other thread exists, so that all of them leave the signals to it.
    static func watch() {
        // A file beyond the limit of its size is an error of the write, as a full disk is.
        signal(SIGXFSZ, SIG_IGN)
        var signals = endings
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        #if canImport(Darwin)
            var thread: pthread_t?
            pthread_create(&thread, nil, { _ in Interruption.serve() }, nil)
        #else
            var thread = pthread_t()
            pthread_create(&thread, nil, { _ in Interruption.serve() }, nil)
        #endif
    }

    private static func serve() -> UnsafeMutableRawPointer? {
        var signals = endings
        while true {
            var signal: Int32 = 0
            guard sigwait(&signals, &signal) == 0 else { continue }
            let isFirst = !requested.exchange(true, ordering: .relaxed)
            if isFirst, isAwaited.load(ordering: .relaxed) {
                beginning.withLock(\.self)?()
                continue
            }
            removeTemporaryFiles {
                if Ranks.isFirst { StandardError.write("error: interrupted\n") }
                _exit(128 + signal)
            }
        }
    }

    /// What asks a process to end, the closing of its terminal included, unless `nohup` is to outlive that.
    private static var endings: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        var hangUp = sigaction()
        sigaction(SIGHUP, nil, &hangUp)
        if !hangUp.isIgnored { sigaddset(&signals, SIGHUP) }
        return signals
    }
}

extension sigaction {
    fileprivate var isIgnored: Bool {
        #if canImport(Darwin)
            let handler = __sigaction_u.__sa_handler
        #else
            let handler = __sigaction_handler.sa_handler
        #endif
        // `SIG_IGN` is the address 1.
        return unsafeBitCast(handler, to: Int.self) == 1
    }
}
