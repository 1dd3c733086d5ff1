public import SwiftletFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How the process that reads a file with libhdf5 failed to do so.
public enum HDF5HelperFailure: Equatable, Sendable, CustomStringConvertible {
    case cannotStart(program: String, FileError.Cause)
    /// It is a program that does not call ``HDF5Isolation/serveIfAsked(_:)``.
    case notAHelper(program: String)
    case died(signal: Int32)
    case timedOut(seconds: Int)
    /// It ended with this status and said nothing.
    case noAnswer(status: Int32)
    /// It said what no helper says.
    case nonsense
    /// What it handed over is no HDF5 file.
    case badCopy
    /// The kernel cannot confine it, so it did not read.
    case unconfined
    case unknown

    public var description: String {
        switch self {
        case .cannotStart(let program, let cause):
            "the HDF5 helper \(program) cannot be started: \(cause)"
        case .notAHelper(let program):
            "\(program) is named as the HDF5 helper but does not serve as one"
        case .died(SIGXCPU): "the HDF5 helper used up its time; the file is damaged or hostile"
        case .died(SIGSYS):
            "the HDF5 helper tried what it must not and was ended; the file is hostile"
        case .died(SIGKILL):
            "the HDF5 helper was killed, perhaps for want of memory; the file may be damaged or hostile"
        case .died(let signal):
            "the HDF5 helper died of signal \(signal) while reading; the file is damaged or hostile"
        case .timedOut(let seconds):
            "the HDF5 helper did not answer within \(seconds) s; the file is damaged or hostile"
        case .noAnswer(let status): "the HDF5 helper ended with status \(status) and no answer"
        case .nonsense: "the HDF5 helper's answer cannot be understood"
        case .badCopy: "the HDF5 helper handed over no HDF5 file"
        case .unconfined:
            "the system cannot confine an HDF5 helper (no seccomp), which only --isolate goes without"
        case .unknown: "the HDF5 helper ended, and its status was lost"
        }
    }
}
