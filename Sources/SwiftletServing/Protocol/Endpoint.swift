internal import SwiftletFiles

/// What a path of the Open Inference Protocol asks for.
package enum Endpoint: Equatable, Sendable {
    case server
    case live
    case ready
    case index
    case metrics
    case model(name: String, version: String?)
    case modelReady(name: String, version: String?)
    case infer(name: String, version: String?)

    /// The only method that it takes.
    package var method: String {
        switch self {
        case .index, .infer: "POST"
        default: "GET"
        }
    }

    /// The model that it is about.
    package var modelName: String? {
        switch self {
        case .model(let name, _), .modelReady(let name, _), .infer(let name, _): name
        default: nil
        }
    }

    package var isInference: Bool { if case .infer = self { true } else { false } }

    /// Nil for a path that the protocol does not have.
    package init?(path: String) {
        let whole = path.prefix { $0 != "?" }
        var parts: [String] = []
        for part in whole.split(separator: "/") {
            guard let part = Self.decoded(part) else { return nil }
            parts.append(part)
        }
        switch parts {
        case ["v2"]: self = .server
        case ["v2", "health", "live"]: self = .live
        case ["v2", "health", "ready"]: self = .ready
        case ["v2", "repository", "index"]: self = .index
        case ["metrics"]: self = .metrics
        default:
            guard parts.count >= 3, parts[0] == "v2", parts[1] == "models" else { return nil }
            self.init(model: parts[2], rest: parts.dropFirst(3))
        }
    }

    private init?(model name: String, rest: ArraySlice<String>) {
        var rest = rest
        var version: String?
        if rest.first == "versions" {
            rest = rest.dropFirst()
            guard let number = rest.popFirst() else { return nil }
            version = number
        }
        switch Array(rest) {
        case []: self = .model(name: name, version: version)
        case ["ready"]: self = .modelReady(name: name, version: version)
        case ["infer"]: self = .infer(name: name, version: version)
        default: return nil
        }
    }

    /// The text of a part of a path; nil if it is none.
    private static func decoded(_ part: Substring) -> String? {
        guard part.utf8.contains(UInt8(ascii: "%")) else { return String(part) }
        var bytes: [UInt8] = []
        var rest = Array(part.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2).compactMap {
                Character(Unicode.Scalar($0)).hexDigitValue
            }
            guard digits.count == 2 else { return nil }
            bytes.append(UInt8(digits[0] << 4 | digits[1]))
            rest = rest.dropFirst(2)
        }
        return String(strictUTF8: bytes)
    }
}
