#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Another program, started and waited for. It and what it started are gone with this value.
///
/// It leads a process group of its own, so that all of the group ends with it; it has the signals as
/// they are by default, and of the descriptors only those that it is given.
package struct ChildProcess: ~Copyable {
    package enum Ending: Equatable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// Somebody else has waited for it.
        case unknown
    }

    private let process: pid_t
    private var ending: Ending?

    /// - Parameters:
    ///   - descriptors: what the child has as 0, 1, 2 …; nil is the null device.
    ///   - environment: `NAME=value`; nil for this process's own.
    /// - Throws: ``FileError`` with the program's path.
    package init(
        _ program: String, _ arguments: [String], descriptors: [Int32?],
        environment: [String]? = nil
    ) throws(FileError) {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
            let closing = Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
            let closing: Int32 = 0  // All of the package's descriptors close by themselves.
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }

        // Above the numbers that the child is to have, no copy overwrites another's source.
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        for (number, source) in descriptors.enumerated() {
            let number = Int32(number)
            guard let source else {
                posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
                continue
            }
            let copy = fcntl(source, F_DUPFD_CLOEXEC, Int32(descriptors.count))
            guard copy >= 0 else { throw FileError(errnoFor: program) }
            copies.append(copy)
            posix_spawn_file_actions_adddup2(&actions, copy, number)
        }

        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags =
            Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
            | Int32(POSIX_SPAWN_SETPGROUP) | closing
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var process = pid_t()
        let failure = Self.withPointers([program] + arguments) { arguments in
            guard let environment else {
                return posix_spawn(&process, program, &actions, &attributes, arguments, environ)
            }
            return Self.withPointers(environment) {
                posix_spawn(&process, program, &actions, &attributes, arguments, $0)
            }
        }
        guard failure == 0 else { throw FileError(program, .system(failure)) }
        self.process = process
    }

    private static func withPointers<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }

    /// Waits for the program's end; nil if it has not ended by the deadline.
    package mutating func wait(until deadline: ContinuousClock.Instant? = nil) -> Ending? {
        if let ending { return ending }
        var pause: useconds_t = 200
        while true {
            var information = siginfo_t()
            let options = WEXITED | WNOWAIT | (deadline == nil ? 0 : WNOHANG)
            let result = waitid(P_PID, id_t(process), &information, options)
            if result < 0, errno == EINTR { continue }
            // WNOHANG leaves the number of the signal at 0 while the program runs.
            if result < 0 || information.si_signo != 0 {
                let found = reap()
                ending = found
                return found
            }
            if let deadline, ContinuousClock.now >= deadline { return nil }
            usleep(pause)
            pause = min(2 * pause, 10_000)
        }
    }

    /// Ends the program and all of its group.
    package mutating func kill() {
        guard ending == nil else { return }
        _ = platformKill(-process, SIGKILL)
        _ = wait()
    }

    /// The group goes before its leader's number is given back, which another process may get.
    private func reap() -> Ending {
        _ = platformKill(-process, SIGKILL)
        var status: Int32 = 0
        while true {
            let result = waitpid(process, &status, 0)
            if result == process { break }
            guard result < 0, errno == EINTR else { return .unknown }
        }
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }

    deinit {
        if ending == nil { _ = reap() }
    }
}

// The method above hides C's function of the same name.
private func platformKill(_ process: pid_t, _ signal: Int32) -> Int32 { kill(process, signal) }

/// Where a child process writes and this one reads.
package struct Pipe: ~Copyable {
    package let reading: Descriptor
    /// The end to write into; -1 once it is closed.
    package private(set) var writingNumber: Int32

    /// - Parameter name: what errors call it.
    package init(name: String) throws(FileError) {
        var numbers: [Int32] = [-1, -1]
        guard pipe(&numbers) == 0 else { throw FileError(errnoFor: name) }
        for number in numbers { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        reading = Descriptor(owning: numbers[0], path: name)
        writingNumber = numbers[1]
    }

    /// Once no process has the other end, reading comes to an end.
    package mutating func closeWriting() {
        if writingNumber >= 0 { close(writingNumber) }
        writingNumber = -1
    }

    deinit {
        if writingNumber >= 0 { close(writingNumber) }
    }

    /// What a process writes until nobody has the other end any more, until the process has ended, until the
    /// deadline, or until there are `limit` bytes.
    package func read(
        from process: inout ChildProcess, limit: Int, until deadline: ContinuousClock.Instant
    ) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            var request = pollfd(fd: reading.number, events: Int16(POLLIN), revents: 0)
            // What was written before the end is still there after it.
            let hasEnded = process.wait(until: .now) != nil
            let ready = poll(&request, 1, hasEnded ? 0 : 20)
            if ready < 0, errno != EINTR { throw FileError(errnoFor: reading.path) }
            guard ready > 0 else {
                if hasEnded || ContinuousClock.now >= deadline { break }
                continue
            }
            let count = try reading.read(into: &buffer)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return Array(bytes.prefix(limit))
    }
}
