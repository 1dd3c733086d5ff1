/// A file or model asks for more than ``Limits`` allow.
public struct LimitError: Error, Equatable, CustomStringConvertible {
    public let quantity: Limits.Quantity
    /// What was asked for; nil where it is beyond all numbers, and for time.
    public let found: Int?
    public let limit: Int

    package init(_ quantity: Limits.Quantity, found: Int?, limit: Int) {
        self.quantity = quantity
        self.found = found
        self.limit = limit
    }

    public var description: String {
        let limit = quantity.text(limit)
        guard quantity != .time else {
            return "not done within the limit of \(limit) (\(quantity.rawValue))"
        }
        let found = found.map(quantity.text) ?? "more than can be counted"
        return "\(quantity.subject): \(found), the limit is \(limit) (\(quantity.rawValue))"
    }
}

extension Limits {
    /// One of the limits, by the name that the command line and errors have for it.
    public enum Quantity: String, Sendable, CaseIterable {
        case tensorBytes = "tensor-bytes"
        case modelBytes = "model-bytes"
        case layers
        case operations
        case nesting
        case decompressedBytes = "decompressed-bytes"
        case decompressionRatio = "decompression-ratio"
        case archiveEntries = "archive-entries"
        case textBytes = "text-bytes"
        case imagePixels = "image-pixels"
        /// In seconds.
        case time

        var isBytes: Bool {
            switch self {
            case .tensorBytes, .modelBytes, .decompressedBytes, .textBytes: true
            case .layers, .operations, .nesting, .decompressionRatio, .archiveEntries, .imagePixels,
                .time:
                false
            }
        }

        var subject: String {
            switch self {
            case .tensorBytes: "one tensor"
            case .modelBytes: "the model's memory"
            case .layers: "layers"
            case .operations: "operations"
            case .nesting: "levels within each other"
            case .decompressedBytes, .decompressionRatio: "unpacked"
            case .archiveEntries: "entries of the archive"
            case .textBytes: "a text"
            case .imagePixels: "pixels"
            case .time: "time"
            }
        }

        func text(_ value: Int) -> String {
            if self == .time { return "\(value) s" }
            guard isBytes else { return "\(value)" }
            for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
            where value >= 1 << shift {
                let tenths = ((value >> (shift - 4)) * 10) >> 4
                return "\(tenths / 10).\(tenths % 10) \(unit)"
            }
            return "\(value) bytes"
        }
    }

    /// A limit by name, time in whole seconds.
    public subscript(quantity: Quantity) -> Int {
        get {
            switch quantity {
            case .tensorBytes: tensorBytes
            case .modelBytes: modelBytes
            case .layers: layers
            case .operations: operations
            case .nesting: nesting
            case .decompressedBytes: decompressedBytes
            case .decompressionRatio: decompressionRatio
            case .archiveEntries: archiveEntries
            case .textBytes: textBytes
            case .imagePixels: imagePixels
            case .time: time.map { Int(clamping: $0.components.seconds) } ?? .max
            }
        }
        set {
            switch quantity {
            case .tensorBytes: tensorBytes = newValue
            case .modelBytes: modelBytes = newValue
            case .layers: layers = newValue
            case .operations: operations = newValue
            case .nesting: nesting = newValue
            case .decompressedBytes: decompressedBytes = newValue
            case .decompressionRatio: decompressionRatio = newValue
            case .archiveEntries: archiveEntries = newValue
            case .textBytes: textBytes = newValue
            case .imagePixels: imagePixels = newValue
            case .time: time = .seconds(newValue)
            }
        }
    }
}
