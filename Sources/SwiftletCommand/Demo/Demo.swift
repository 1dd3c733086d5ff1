internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletReport

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The whole journey on real data: train, save, load, predict and score.",
        discussion: """
            Trains a classifier, a denoiser and a generator of handwritten digits and a regression on \
            diabetes patients, with data that are part of the program, in about a minute.

            Example:
              swiftlet demo --output results
            """)

    @Option(help: ArgumentHelp("Where the results go.", valueName: "dir"))
    var output = "demo-output"

    @OptionGroup var log: LogOptions

    func run() throws {
        try createDirectory(output)
        let clock = ContinuousClock()
        var folder = DemoFolder(path: output, log: log)
        let time = try clock.measure {
            try DigitsDemo().run(in: &folder)
            try DiabetesDemo().run(in: &folder)
            try DenoisingDemo().run(in: &folder)
            try GenerationDemo().run(in: &folder)
        }
        var table = TextTable(
            title: "written to \(output)/ in \(time.formatted)",
            columns: [.init("file", .left), .init("what it is", .left)])
        for (file, content) in folder.contents { table.add([file, content]) }
        print("\n" + table.text(for: .standardOutput))
    }
}

/// Where the demonstration writes, and what it has written.
struct DemoFolder {
    let path: String
    let log: LogOptions
    private(set) var contents: [(file: String, content: String)] = []

    init(path: String, log: LogOptions) {
        self.path = path
        self.log = log
    }

    /// The path of a file that is about to be written.
    mutating func file(_ name: String, _ content: String) -> String {
        contents.append((name, content))
        return path + "/" + name
    }

    func section(_ title: String) {
        print("\n\(Console.standardOutput.bold(title))\n")
    }
}

extension Duration {
    fileprivate var formatted: String {
        "\((Double(components.seconds) * 10 + Double(components.attoseconds) * 1e-17).rounded() / 10) s"
    }
}
