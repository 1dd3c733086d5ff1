internal import SwiftletLimits

/// What a helper is started for, as its arguments.
enum HelperRequest: Equatable {
    /// The file's bytes are a part of descriptor 3; the copy goes to descriptor 4.
    case copy(Range<Int>, Limits, requiresConfinement: Bool)
    /// Tries what a helper must not be able to; for the tests.
    case attempt(Int)

    /// The first argument, which no user gives.
    static let name = "hdf5-helper"

    /// Those that hold in the helper too, in the order of the last arguments.
    private static let limits: [Limits.Quantity] = [
        .nesting, .decompressedBytes, .decompressionRatio,
    ]

    init?(arguments: some Collection<String>) {
        let arguments = Array(arguments)
        guard arguments.count >= 3, arguments[0] == Self.name else { return nil }
        if arguments.count == 3, arguments[1] == "attempt", let number = Int(arguments[2]) {
            self = .attempt(number)
        } else if arguments.count == 4 + Self.limits.count, let start = Int(arguments[1]),
            let count = Int(arguments[2]), start >= 0, count >= 0, start <= Int.max - count
        {
            var limits = Limits()
            for (quantity, text) in zip(Self.limits, arguments[4...]) {
                guard let value = Int(text), value >= 0 else { return nil }
                limits[quantity] = value
            }
            self = .copy(
                start..<start + count, limits, requiresConfinement: arguments[3] != "unconfined")
        } else {
            return nil
        }
    }

    var arguments: [String] {
        switch self {
        case .attempt(let number): [Self.name, "attempt", "\(number)"]
        case .copy(let range, let limits, let requiresConfinement):
            [
                Self.name, "\(range.lowerBound)", "\(range.count)",
                requiresConfinement ? "confined" : "unconfined",
            ] + Self.limits.map { "\(limits[$0])" }
        }
    }
}

/// What a helper says on its standard output when it is done.
enum HelperAnswer {
    case done
    case refused(object: String?, HDF5Error.Cause)

    /// Kind, object and cause, each ended by a null character, and a last one that shows that all has arrived.
    var bytes: [UInt8] {
        let parts: [String]
        switch self {
        case .done: parts = ["done"]
        case .refused(let object, let cause):
            let (kind, text) = Self.words(cause)
            parts = [kind, object ?? "", text]
        }
        return parts.flatMap { part in Self.bounded(part).utf8.filter { $0 != 0 } + [0] } + [0]
    }

    /// Nil for what no helper says.
    init?(_ bytes: [UInt8]) {
        guard bytes.suffix(2) == [0, 0] else { return nil }
        let parts = bytes.dropLast(2).split(separator: 0, omittingEmptySubsequences: false)
            .map { Self.bounded(String(decoding: $0, as: UTF8.self)) }
        switch parts.count {
        case 1 where parts[0] == "done": self = .done
        case 3:
            guard let cause = Self.cause(parts[0], parts[2]) else { return nil }
            self = .refused(object: parts[1].isEmpty ? nil : parts[1], cause)
        default: return nil
        }
    }

    private static let longest = 300

    private static func bounded(_ text: String) -> String {
        text.utf8.count <= longest
            ? text : String(decoding: text.utf8.prefix(longest), as: UTF8.self) + "…"
    }

    private static func words(_ cause: HDF5Error.Cause) -> (kind: String, text: String) {
        switch cause {
        case .unsupported(let what): ("unsupported", what)
        case .tooLarge(let bytes): ("too large", "\(bytes)")
        case .limit(let error):
            (
                "limit",
                "\(error.quantity.rawValue) \(error.limit)" + (error.found.map { " \($0)" } ?? "")
            )
        case .damaged(let what): ("damaged", what)
        case .library(let text): ("library", text)
        case .helper(.unconfined): ("unconfined", "")
        default: ("library", "\(cause)")
        }
    }

    private static func cause(_ kind: String, _ text: String) -> HDF5Error.Cause? {
        switch kind {
        case "unsupported": .unsupported(text)
        case "too large": Int(text).map { .tooLarge(bytes: $0) }
        case "limit": limit(text)
        case "damaged": .damaged(text)
        case "unconfined": .helper(.unconfined)
        case "library": .library(text)
        default: nil
        }
    }

    private static func limit(_ text: String) -> HDF5Error.Cause? {
        let parts = text.split(separator: " ")
        guard parts.count >= 2, let quantity = Limits.Quantity(rawValue: String(parts[0])),
            let limit = Int(parts[1])
        else { return nil }
        let found = parts.count > 2 ? Int(parts[2]) : nil
        return .limit(LimitError(quantity, found: found, limit: limit))
    }
}
