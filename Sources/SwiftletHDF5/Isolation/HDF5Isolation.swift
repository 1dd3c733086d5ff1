internal import CConfinement
internal import SwiftletFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Reading HDF5 with libhdf5 in a helper process.
///
/// HDF5 files are read by bounds-checked code of this package. Where a file uses what only libhdf5 reads
/// (szip, n-bit and scale-offset filters, shared header messages), or where its user wants it so, libhdf5
/// reads it in another process, which can touch nothing but the file's bytes and the copy that it makes:
/// the file's groups, attributes and datasets in plain form. The copy is then read as any other file is.
/// The helper's death is one ``HDF5Error``.
///
/// A library starts no processes by itself: this holds for files that are opened while it is ``current``.
///
/// ```swift
/// HDF5Isolation.serveIfAsked(CommandLine.arguments)  // first in the program that is to be the helper
/// let model = try HDF5Isolation.$current.withValue(.init(.whereNeeded, program: "/usr/bin/swiftlet")) {
///     try Model(contentsOf: "old.h5")
/// }
/// ```
public struct HDF5Isolation: Sendable {
    public enum Use: Sendable {
        /// For what this package's own reader does not know.
        case whereNeeded
        /// For every HDF5 file, inside of other files too.
        case always
    }

    public var use: Use
    /// The helper: `swiftlet`, or another program that calls ``serveIfAsked(_:)`` first.
    public var program: String
    /// Whether the helper must refuse to read where the kernel has no means to confine it: see
    /// ``isConfinementAvailable``. Its memory and time are limited in any case.
    public var requiresConfinement: Bool
    /// Seconds to wait for a helper; nil for what the file's size asks for.
    package var patience: Int?

    /// Nil, as at the start: files are read in this process, and what only libhdf5 reads is refused.
    @TaskLocal public static var current: HDF5Isolation?

    public init(_ use: Use, program: String, requiresConfinement: Bool = true) {
        self.use = use
        self.program = program
        self.requiresConfinement = requiresConfinement
    }

    /// Whether a helper can be kept from everything but its computation: on Linux with seccomp filters,
    /// on x86-64 and arm64.
    public static var isConfinementAvailable: Bool { confinement_is_available() != 0 }

    /// Reads a file and ends the process, if these are the arguments of a helper; does nothing otherwise.
    public static func serveIfAsked(_ arguments: [String]) {
        guard let request = HelperRequest(arguments: arguments.dropFirst()) else { return }
        _exit(HDF5Helper.serve(request))
    }

    /// The program that is running.
    public static var ownProgram: String {
        #if canImport(Darwin)
            var size: UInt32 = 0
            _NSGetExecutablePath(nil, &size)
            var path = [CChar](repeating: 0, count: Int(size))
            _NSGetExecutablePath(&path, &size)
            return path.withUnsafeBufferPointer { text in
                text.baseAddress.map { String(cString: $0) } ?? ""
            }
        #else
            return "/proc/self/exe"
        #endif
    }
}
