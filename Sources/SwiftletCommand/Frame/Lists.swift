/// Names for a line: the first few and how many more there are, or all of them.
func shortened(_ names: [String], whole: Bool) -> String {
    let limit = whole ? names.count : 5
    let shown = names.prefix(limit).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
}

/// `1 weight`, `2 weights`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
