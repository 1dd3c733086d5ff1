public import SwiftletFiles

/// One score: a number, or what stands in its place.
public enum ScoreValue: Sendable, Equatable {
    case number(Double)
    /// Beyond all numbers, such as the PSNR of identical images.
    case infinite(isNegative: Bool)
    /// The data leave the score without a meaning; `null` in JSON.
    case undefined
    case list([ScoreValue])
    /// Counts, row by row.
    case matrix([[Double]])

    /// NaN is undefined, an infinity infinite.
    public init(_ value: Double) {
        if value.isNaN {
            self = .undefined
        } else if value.isInfinite {
            self = .infinite(isNegative: value < 0)
        } else {
            self = .number(value)
        }
    }

    public init(_ value: Double?) { self = value.map { Self($0) } ?? .undefined }

    public init(_ values: [Double?]) { self = .list(values.map { Self($0) }) }

    /// The number, ±∞ included; nil for everything else.
    public var double: Double? {
        switch self {
        case .number(let value): value
        case .infinite(let isNegative): isNegative ? -.infinity : .infinity
        case .undefined, .list, .matrix: nil
        }
    }

    /// Whether it is one number, or stands for one.
    var isSingle: Bool {
        switch self {
        case .number, .infinite, .undefined: true
        case .list, .matrix: false
        }
    }

    public var json: JSON {
        switch self {
        case .number(let value): .double(value)
        case .infinite(let isNegative): .string(isNegative ? "-inf" : "inf")
        case .undefined: .null
        case .list(let values): .array(values.map(\.json))
        case .matrix(let rows): .array(rows.map { .array($0.map(Self.count)) })
        }
    }

    /// Counts without weights are written as the whole numbers that they are.
    private static func count(_ value: Double) -> JSON {
        Int(exactly: value).map { .int($0) } ?? .double(value)
    }
}
