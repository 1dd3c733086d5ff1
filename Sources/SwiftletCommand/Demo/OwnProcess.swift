internal import SwiftletFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// This program once more, as a process of its own.
enum OwnProcess {
    /// Runs it and waits; its results on standard output are not shown, its error is.
    static func run(_ arguments: [String]) throws {
        let program = try executablePath()
        var argumentPointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map {
            strdup($0)
        }
        argumentPointers.append(nil)
        defer { for pointer in argumentPointers { free(pointer) } }
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        var process = pid_t()
        let failure = posix_spawn(&process, program, &actions, nil, argumentPointers, environ)
        guard failure == 0 else { throw FileError(program, .system(failure)) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            throw CommandError(program, "\(arguments[0]) failed in a new process")
        }
    }

    private static func executablePath() throws -> String {
        #if canImport(Darwin)
            var size: UInt32 = 0
            _NSGetExecutablePath(nil, &size)
            var path = [CChar](repeating: 0, count: Int(size))
            _NSGetExecutablePath(&path, &size)
            return String(cString: path)
        #else
            guard let path = realpath("/proc/self/exe", nil) else {
                throw FileError(errnoFor: "/proc/self/exe")
            }
            defer { free(path) }
            return String(cString: path)
        #endif
    }
}
