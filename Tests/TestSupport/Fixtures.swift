internal import Foundation

/// The path of a file under `fixtures/`, which scripts under `tools/` make.
package func fixture(_ name: String) -> String {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(root)/fixtures/\(name)"
}

/// A new directory, deleted with all it holds when `body` ends.
package func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory
        .appending(path: "swiftlet-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory.path(percentEncoded: false))
}

/// Keeps bytes that a test wrote where other programs can check them: in the directory that the
/// environment variable `SWIFTLET_TEST_OUTPUT` names, if it is set.
package func keep(_ bytes: [UInt8], as name: String) throws {
    guard let directory = ProcessInfo.processInfo.environment["SWIFTLET_TEST_OUTPUT"] else {
        return
    }
    try Data(bytes).write(to: URL(filePath: directory).appending(path: name))
}

/// The path of a program of the package, which stands beside the tests' own binary.
package func builtProgram(_ name: String) throws -> String {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? Bundle.main
    var folder = bundle.bundleURL
    for _ in 0..<3 {
        let binary = folder.appending(path: name)
        if FileManager.default.isExecutableFile(atPath: binary.path) { return binary.path }
        folder.deleteLastPathComponent()
    }
    throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: name])
}
