internal import ArgumentParser
internal import SwiftletFiles

/// What was wrong with the words after `swiftlet`, and where to find what is right.
///
/// The parser speaks of what is missing before it speaks of what it does not know, and does not know
/// which word was meant to be a subcommand.
struct UsageMessage: CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - error: the parser's own.
    ///   - arguments: all words, without the program's name.
    init(_ error: any Error, arguments: [String]) {
        let message = Swiftlet.message(for: error)
        // The parser may begin so by itself.
        let cause = message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message
        // `swiftlet help train` is of `train`.
        guard let first = arguments.first(where: { !$0.hasPrefix("-") && $0 != "help" }) else {
            description = cause
            return
        }
        let commands = CommandTable.standard
        guard let options = commands.options[first] else {
            description =
                "there is no command '\(first)'"
                + Suggestion.hint(for: first, among: commands.names) + "; see swiftlet --help"
            return
        }
        let help = "; see swiftlet help \(first)"
        guard let unknown = Self.options(in: arguments).first(where: { !options.contains($0) })
        else {
            description = cause.hasPrefix("Missing") ? cause + help : cause
            return
        }
        description =
            "unknown option '\(unknown)'" + Suggestion.hint(for: unknown, among: options.sorted())
            + help
    }

    /// The options among the words, without values: `--epochs` of `--epochs=3`.
    private static func options(in arguments: [String]) -> [String] {
        arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
            .map { String($0.prefix { $0 != "=" }) }
    }
}

/// The subcommands and their options, as the parser knows them.
struct CommandTable {
    /// By the name of the subcommand, with their dashes.
    let options: [String: Set<String>]

    var names: [String] { options.keys.sorted() }

    static let standard = CommandTable()

    private init() {
        let tool = try? JSON(parsing: Array(Swiftlet._dumpHelp().utf8))
        let commands = tool?["command"]?["subcommands"]?.array ?? []
        var options: [String: Set<String>] = [:]
        for command in commands {
            guard let name = command["commandName"]?.string else { continue }
            options[name] = Self.names(command["arguments"]?.array ?? [])
        }
        self.options = options
    }

    private static func names(_ arguments: [JSON]) -> Set<String> {
        var names: Set<String> = ["--help", "--version"]
        for name in arguments.flatMap({ $0["names"]?.array ?? [] }) {
            guard let text = name["name"]?.string, name["kind"]?.string != "short" else { continue }
            names.insert("--" + text)
        }
        return names
    }
}
