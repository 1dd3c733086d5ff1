import Foundation
import TestSupport

/// One run of the built command as a process of its own.
struct CommandRun {
    let status: Int32
    let output: String
    let errors: String

    /// - Parameters:
    ///   - program: the command, or another program of the package.
    ///   - executable: the path of a program that is not the package's.
    ///   - directory: the working directory.
    ///   - standardOutput: a file that takes the output; nil to read it.
    ///   - shell: runs before the command in the same process, e.g. to set a limit.
    ///   - meanwhile: may act on the process while it runs.
    init(
        _ arguments: [String], program: String = "swiftlet", executable: String? = nil,
        in directory: String,
        standardOutput: String? = nil,
        shell: String? = nil, meanwhile: (Process) throws -> Void = { _ in }
    ) throws {
        let process = Process()
        let binary = try executable ?? builtProgram(program)
        process.executableURL = URL(filePath: binary)
        process.arguments = arguments
        if let shell {
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", "\(shell); exec \"$0\" \"$@\"", binary] + arguments
        }
        process.currentDirectoryURL = URL(filePath: directory, directoryHint: .isDirectory)
        self = try withTemporaryDirectory { streams in
            let output = standardOutput ?? streams + "/output"
            let errors = streams + "/errors"
            for path in [output, errors] where !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(atPath: path, contents: nil)
            }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle(forWritingAtPath: output)
            process.standardError = FileHandle(forWritingAtPath: errors)
            try process.run()
            try meanwhile(process)
            process.waitUntilExit()
            return CommandRun(
                status: process.terminationStatus,
                output: standardOutput == nil
                    ? try String(contentsOfFile: output, encoding: .utf8) : "",
                errors: try String(contentsOfFile: errors, encoding: .utf8))
        }
    }

    private init(status: Int32, output: String, errors: String) {
        (self.status, self.output, self.errors) = (status, output, errors)
    }

    /// The lines on standard error that begin with `error:`.
    var errorLines: [Substring] {
        errors.split(separator: "\n").filter { $0.hasPrefix("error:") }
    }
}

/// The names in a folder, sorted.
func contents(_ directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
}
