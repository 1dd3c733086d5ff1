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

    /// What each prints last of its scores, and how good that has to be: better than what needs no network.
    @Test func digits() throws {
        let run = try run("example-digits", ["6", "results"])
        let accuracies =
            run.numbers(after: ".keras accuracy ") + run.numbers(after: ".h5 accuracy ")
        #expect(accuracies.count == 2 && accuracies[0] == accuracies[1])
        #expect(accuracies[0] > 0.9)
        #expect(["digits.keras", "digits.h5", "digits.png"].allSatisfy(run.made.contains))
    }

    @Test func regression() throws {
        let run = try run("example-regression", ["40", "results"])
        // The mean explains nothing (0), a linear model 0.5.
        #expect(try #require(run.numbers(after: "r2 ").first) > 0.3)
        #expect(run.made.contains("regression.keras"))
    }

    @Test func forecast() throws {
        let run = try run("example-forecast", ["6", "results"])
        let error = try #require(run.numbers(after: "rmse ").first)
        #expect(error < (try #require(run.numbers(after: "of the last value ").first)) / 2)
        #expect(run.numbers(after: "comes ").count == 5)
    }

    @Test func transfer() throws {
        let run = try run("example-transfer", ["20", "results"])
        #expect(try #require(run.numbers(after: "accuracy ").last) > 0.7)
        #expect(run.made.contains("transfer.keras"))
    }

    @Test func folders() throws {
        let run = try run("example-folders", ["1", "results"])
        let distances = run.numbers(after: "fid ")
        #expect(distances.count == 2 && distances[0] < distances[1] / 2, "\(distances)")
    }

    private struct Run {
        let output: String
        let made: [String]

        /// The numbers behind a word, line by line.
        func numbers(after word: String) -> [Double] {
            output.split(separator: "\n").compactMap { line in
                guard let range = line.firstRange(of: word) else { return nil }
                return Double(line[range.upperBound...].prefix { $0 != " " && $0 != "," })
            }
        }
    }

    private func run(_ program: String, _ arguments: [String]) throws -> Run {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(arguments, program: program, in: directory)
            #expect(run.status == 0, "\(run.errors)")
            return Run(output: run.output, made: try contents(directory + "/results"))
        }
    }
}
