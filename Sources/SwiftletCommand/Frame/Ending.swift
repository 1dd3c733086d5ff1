internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletMachine

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How a run ends that does not simply succeed: help on standard output, or one line on standard
/// error and the exit status for it.
struct Ending {
    private let output: String?
    private let errorLine: String?
    private let status: Int32

    /// Longer lines are cut; `--details` gives all.
    private static let longestLine = 499
    private static let wrongUsage: Int32 = 64

    init(_ error: any Error) {
        let code = Swiftlet.exitCode(for: error)
        if code.isSuccess {  // --help, --version
            let message = Swiftlet.fullMessage(for: error)
            output = message == swiftletVersion ? VersionReport().text : message
            errorLine = nil
            status = 0
            return
        }
        output = nil
        if error is ExitCode {  // All is said.
            errorLine = nil
            status = code.rawValue
            return
        }
        let isUsage = code == .validationFailure
        let isWhole = CommandLine.arguments.contains("--details")
        let cause =
            isUsage
            ? "\(UsageMessage(error, arguments: Array(CommandLine.arguments.dropFirst())))"
            : isWhole ? Self.details(of: error) : "\(error)"
        errorLine = Self.cut(
            "error: " + oneLine(cause), to: isWhole ? .max : Self.longestLine)
        status = isUsage ? Self.wrongUsage : 1
    }

    func exit() -> Never {
        if let output {
            print(output)
            do { try StandardOutput.finish() } catch { Ending(error).exit() }
        }
        removeTemporaryFiles()
        if let errorLine {
            StandardError.write(Ranks.errorPrefix + errorLine + "\n")
            Ranks.abort(status: status)
        }
        Ranks.leave()
        platformExit(status)
    }

    /// With every name of a list that is cut otherwise.
    private static func details(of error: any Error) -> String {
        guard let error = error as? KerasFileError, case .weights(let report) = error.cause else {
            return "\(error)"
        }
        return "\(error.file): weights by layer: \(report.details)"
    }

    private static func cut(_ line: String, to length: Int) -> String {
        line.utf8.count <= length
            ? line
            : String(decoding: line.utf8.prefix(length), as: UTF8.self)
                .replacingIncompleteEnd()
    }
}

extension String {
    /// A text cut inside a character ends with an ellipsis in its place.
    fileprivate func replacingIncompleteEnd() -> String {
        String(dropLast(4)) + "…"
    }
}

/// Without what libraries do at an ordinary end: libhdf5 complains on standard error of what it lacked.
private func platformExit(_ status: Int32) -> Never {
    fflush(nil)
    _exit(status)
}
