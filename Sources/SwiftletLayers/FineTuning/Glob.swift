/// A pattern of names: `*` stands for any characters, `?` for one, `[a-c]` for one of some and `[!a]`
/// for one of all others.
package struct Glob: Sendable {
    private enum Part: Sendable {
        case any, one
        case character(Character)
        case choice([ClosedRange<Character>], isNegated: Bool)
    }

    private let parts: [Part]

    package init(_ pattern: String) {
        var parts: [Part] = []
        var rest = Substring(pattern)
        while let next = rest.popFirst() {
            switch next {
            case "*": parts.append(.any)
            case "?": parts.append(.one)
            case "[":
                if let (choice, after) = Self.choice(rest) {
                    parts.append(choice)
                    rest = after
                } else {
                    parts.append(.character("["))
                }
            default: parts.append(.character(next))
            }
        }
        self.parts = parts
    }

    /// What stands in brackets and what follows; nil if they are not closed.
    private static func choice(_ text: Substring) -> (Part, Substring)? {
        var rest = text
        let isNegated = rest.first == "!" || rest.first == "^"
        if isNegated { rest.removeFirst() }
        var ranges: [ClosedRange<Character>] = []
        while let first = rest.popFirst() {
            if first == "]", !ranges.isEmpty {
                return (.choice(ranges, isNegated: isNegated), rest)
            }
            var last = first
            let next = rest.dropFirst().first
            if rest.first == "-", let next, next != "]" {
                rest.removeFirst(2)
                last = next
            }
            ranges.append(min(first, last)...max(first, last))
        }
        return nil
    }

    /// Whether the pattern is all of `name`.
    package func matches(_ name: String) -> Bool {
        let characters = Array(name)
        // Where the last `*` stands, and how many characters it has taken: the only way back.
        var (part, place) = (0, 0)
        var star: (part: Int, place: Int)?
        while place < characters.count {
            if part < parts.count, case .any = parts[part] {
                star = (part, place)
                part += 1
            } else if part < parts.count, fits(parts[part], characters[place]) {
                part += 1
                place += 1
            } else if let last = star {
                star = (last.part, last.place + 1)
                (part, place) = (last.part + 1, last.place + 1)
            } else {
                return false
            }
        }
        return parts[part...].allSatisfy { if case .any = $0 { true } else { false } }
    }

    private func fits(_ part: Part, _ character: Character) -> Bool {
        switch part {
        case .any, .one: true
        case .character(let own): own == character
        case .choice(let ranges, let isNegated):
            ranges.contains { $0.contains(character) } != isNegated
        }
    }
}
