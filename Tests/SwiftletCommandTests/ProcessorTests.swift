import Foundation
import SwiftletFiles
import TestSupport
import Testing

/// The whole program on a processor without AVX, where an emulator is installed; `tools/check-cpus` looks
/// at more processors and more work.
@Suite struct ProcessorTests {
    private static let emulator = "/usr/bin/qemu-x86_64"

    private static var isInstalled: Bool {
        #if os(Linux) && arch(x86_64)
            FileManager.default.isExecutableFile(atPath: emulator)
        #else
            false
        #endif
    }

    @Test(.enabled(if: isInstalled), arguments: ["cnn-keras3.keras", "graph-keras2.h5"])
    func runsWithoutAVX(_ model: String) throws {
        try withTemporaryDirectory { directory throws in
            let data = fixture("keras/" + model.split(separator: ".")[0] + ".npz")
            func predict(_ output: String, shell: String) throws -> [UInt8] {
                let run = try CommandRun(
                    ["predict", fixture("keras/" + model), "--input", data, "--output", output],
                    in: directory, shell: shell)
                try #require(run.status == 0, "\(run.errors)")
                return try readFile("\(directory)/\(output)")
            }
            let here = try predict("a.npz", shell: "export SWIFTLET_CPU=baseline")
            let there = try predict(
                "b.npz", shell: "exec \(Self.emulator) -cpu qemu64 \"$0\" \"$@\"")
            #expect(here == there)
        }
    }
}
