internal import CKernels
internal import CLAPACK
internal import CPNG
internal import CWebP
internal import CZlib
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletMachine
internal import SwiftletTensor

/// What `swiftlet --version` answers: the program's version, then what it runs on.
struct VersionReport {
    /// The first line is for scripts; the others are for people and bug reports.
    var text: String {
        let first = "swiftlet \(swiftletVersion)"
        guard Machine.hasRoom(for: Self.roomForLibraries) else { return first }
        let width = rows.map(\.name.count).max() ?? 0
        let lines = rows.map { name, version in
            name + String(repeating: " ", count: width + 2 - name.count) + version
        }
        return ([first] + lines).joined(separator: "\n")
    }

    /// OpenBLAS ends the process where it gets less than its buffers take.
    private static let roomForLibraries = 1 << 29

    private var rows: [(name: String, version: String)] {
        [
            ("Swift", Self.swift), ("HDF5", HDF5Library.version),
            ("zlib", String(cString: zlibVersion())),
            ("libpng", Self.dotted(png_access_version_number(), by: 100)),
            ("libjpeg-turbo", Self.turboJPEG),
            ("libwebp", Self.dotted(UInt32(bitPattern: WebPGetDecoderVersion()), by: 256)),
            ("BLAS", Self.blas), ("processor", Self.processor),
        ]
    }

    /// The compiler's version; the language has no question for its patch.
    private static var swift: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    /// The library tells no version, but the file that the system has loaded for it has one in its name.
    private static var turboJPEG: String {
        guard let maps = try? readText("/proc/self/maps") else { return "unknown" }
        let names = String(decoding: maps, as: UTF8.self).split(whereSeparator: \.isNewline)
            .compactMap { $0.split(separator: "/").last }
        return names.first { $0.hasPrefix("libturbojpeg") }.map(String.init)
            ?? "inside the program"
    }

    private static var blas: String {
        if let missing = sl_lapack_open() { return String(cString: missing) }
        return sl_lapack_name().map { String(cString: $0) } ?? "unknown"
    }

    private static var processor: String {
        let (used, best) = (sl_cpu_active(), sl_cpu_best())
        let kernels = String(cString: sl_cpu_name(used))
        let choice =
            used == best ? "" : " (of \(String(cString: sl_cpu_name(best))), by SWIFTLET_CPU)"
        return "\(kernels) kernels\(choice), \(Workers.processorCount) threads"
    }

    /// A number whose digits of some base are the parts of a version.
    private static func dotted(_ number: UInt32, by base: UInt32) -> String {
        "\(number / (base * base)).\(number / base % base).\(number % base)"
    }
}
