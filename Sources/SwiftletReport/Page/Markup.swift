/// Text of HTML and SVG elements. Everything given as text or attribute is escaped here.
struct Markup: Sendable {
    private(set) var text = ""

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.printable.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// An element with text, or empty.
    mutating func add(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String? = nil
    ) {
        open(name, attributes, isEmpty: text == nil)
        if let text { self.text += "\(Self.escaped(text))</\(name)>" }
        self.text += "\n"
    }

    /// An element around what `body` adds.
    mutating func add(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
        _ body: (inout Markup) -> Void
    ) {
        open(name, attributes, isEmpty: false)
        text += "\n"
        body(&self)
        text += "</\(name)>\n"
    }

    /// What is markup already.
    mutating func add(markup: String) { text += markup }

    private mutating func open(
        _ name: String, _ attributes: KeyValuePairs<String, String>, isEmpty: Bool
    ) {
        text += "<\(name)"
        for (key, value) in attributes { text += " \(key)=\"\(Self.escaped(value))\"" }
        text += isEmpty ? "/>" : ">"
    }
}
