import SwiftletFiles
import Testing

@Suite struct SuggestionTests {
    private let names = ["adam", "adamw", "adamax", "sgd", "rmsprop", "--epochs", "--batch-size"]

    @Test(
        arguments: [
            ("adma", "adam"), ("Adam", "adam"), ("adamwx", "adamw"), ("sdg", "sgd"),
            ("rmsporp", "rmsprop"), ("--epoch", "--epochs"), ("--batchsize", "--batch-size"),
        ])
    func misspelt(_ word: String, meant: String) {
        #expect(Suggestion.nearest(to: word, among: names) == meant)
        #expect(Suggestion.hint(for: word, among: names) == "; did you mean \"\(meant)\"?")
    }

    @Test(arguments: ["", "x", "lion", "--verbose", String(repeating: "adam", count: 10_000)])
    func another(_ word: String) {
        #expect(Suggestion.nearest(to: word, among: names) == nil)
        #expect(Suggestion.hint(for: word, among: names).isEmpty)
    }
}
