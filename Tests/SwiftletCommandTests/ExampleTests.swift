import Foundation
import TestSupport
import Testing

/// The programs of `Examples/`, run as their readers would.
@Suite struct ExampleTests {
    /// Few epochs, but enough for each to become much better.
    @Test(arguments: [
        ("example-autoencoder", 8, "autoencoder"),
        ("example-variational-autoencoder", 16, "variational-autoencoder"),
        ("example-adversaries", 100, "adversaries"),
    ])
    func learns(_ row: (program: String, epochs: Int, name: String)) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                ["\(row.epochs)", "results"], program: row.program, in: directory)
            #expect(run.status == 0, "\(run.errors)")
            let distances = run.output.split(separator: "\n").compactMap { line in
                line.split(separator: "fid ").last.flatMap { Double($0) }
            }
            #expect(distances.count == row.epochs)
            let first = try #require(distances.first)
            #expect(try #require(distances.last) < first / 2, "FID \(distances)")
            let made = try contents(directory + "/results")
            #expect(made.contains(row.name + ".html") && made.contains(row.name + ".png"))
        }
    }
}
