/// Text from a file as an error shows it: short, on one line, in quotes.
package func quoted(_ text: some StringProtocol) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(40) {
        shown +=
            scalar.value < 0x20 || scalar.value == 0x7f
            ? scalar.escaped(asASCII: true) : "\(scalar)"
    }
    return text.unicodeScalars.count > 40 ? "'\(shown)…'" : "'\(shown)'"
}

/// Line ends and control characters, which a file's name may hold, become spaces.
package func oneLine(_ text: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }
    return text.split { $0.isNewline || $0 == " " || $0.unicodeScalars.allSatisfy(isControl) }
        .joined(separator: " ")
}
