public import SwiftletFiles
internal import SwiftletTensor

/// A layer's configuration as read from a file: typed access that names the key in its errors.
public struct LayerConfig: Sendable {
    public let json: JSONObject
    /// Reads the layers inside wrappers and nested models.
    package let registry: LayerRegistry
    /// Nesting of layers so far; a hostile file must not exhaust the stack.
    package let depth: Int

    package init(_ json: JSONObject, registry: LayerRegistry, depth: Int = 0) {
        self.json = json
        self.registry = registry
        self.depth = depth
    }

    /// The value under `key`; nil if it is missing or null.
    public func value(_ key: String) -> JSON? {
        // Not `isNull ? nil : …`: there nil would be a JSON null.
        guard let value = json[key], !value.isNull else { return Optional.none }
        return value
    }

    private func read<Result>(
        _ key: String, default fallback: Result?, _ kind: String, _ parse: (JSON) -> Result?
    ) throws -> Result {
        guard let value = value(key) else {
            guard let fallback else { throw ModelError.config(key: key, cause: "missing") }
            return fallback
        }
        guard let result = parse(value) else {
            throw ModelError.config(
                key: key, cause: "\(kind) expected, \(value.text().prefix(60)) found")
        }
        return result
    }

    public func bool(_ key: String, default fallback: Bool? = nil) throws -> Bool {
        try read(key, default: fallback, "true or false") { $0.bool ?? $0.int.map { $0 != 0 } }
    }

    public func int(_ key: String, default fallback: Int? = nil) throws -> Int {
        try read(key, default: fallback, "whole number", \.int)
    }

    public func optionalInt(_ key: String) throws -> Int? {
        value(key) == nil ? nil : try int(key)
    }

    /// A whole number of at least 1 that fits sizes.
    public func positiveInt(_ key: String, default fallback: Int? = nil) throws -> Int {
        try read(key, default: fallback, "positive whole number") {
            $0.int.flatMap { $0 > 0 && $0 <= Self.largestSize ? $0 : nil }
        }
    }

    public func double(_ key: String, default fallback: Double? = nil) throws -> Double {
        try read(key, default: fallback, "number", \.double)
    }

    public func float(_ key: String, default fallback: Float? = nil) throws -> Float {
        Float(try double(key, default: fallback.map(Double.init)))
    }

    public func optionalFloat(_ key: String) throws -> Float? {
        value(key) == nil ? nil : try float(key)
    }

    public func string(_ key: String, default fallback: String? = nil) throws -> String {
        try read(key, default: fallback, "string", \.string)
    }

    public func optionalString(_ key: String) throws -> String? {
        value(key) == nil ? nil : try string(key)
    }

    /// One of an enumeration's raw values.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: Choice? = nil
    ) throws -> Choice where Choice.RawValue == String {
        let names = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return try read(key, default: fallback, "one of \(names)") {
            $0.string.flatMap { Choice(rawValue: $0) }
        }
    }

    /// A whole number or a list of `count` of them, such as `strides`.
    package func ints(
        _ key: String, count: Int, default fallback: [Int]? = nil, minimum: Int = 1
    ) throws -> [Int] {
        try read(key, default: fallback, "\(count) whole numbers of at least \(minimum)") { value in
            let list =
                value.int.map { [Int](repeating: $0, count: count) }
                ?? value.array.flatMap { list in
                    let numbers = list.compactMap(\.int)
                    return numbers.count == list.count && numbers.count == count ? numbers : nil
                }
            return list.flatMap { list in
                list.allSatisfy { $0 >= minimum && $0 <= Self.largestSize } ? list : nil
            }
        }
    }

    /// A list of whole numbers of any length; a single number is a list of one.
    public func intList(_ key: String, default fallback: [Int]? = nil) throws -> [Int] {
        try read(key, default: fallback, "list of whole numbers") { value in
            value.int.map { [$0] }
                ?? value.array.flatMap { list in
                    let numbers = list.compactMap(\.int)
                    return numbers.count == list.count ? numbers : nil
                }
        }
    }

    /// Extents where null stands for an unknown one, such as `batch_shape`.
    package func extents(_ key: String) throws -> [Int?]? {
        guard value(key) != nil else { return nil }
        return try read(key, default: nil, "list of extents") { value in
            value.array.flatMap { list in
                let extents = list.map { $0.isNull ? -1 : $0.int ?? -2 }
                guard extents.allSatisfy({ $0 >= -1 && $0 <= Self.largestSize }) else {
                    return nil
                }
                return extents.map { $0 < 0 ? nil : $0 }
            }
        }
    }

    package func initializer(_ key: String, default fallback: Initializer) throws -> Initializer {
        guard let value = value(key) else { return fallback }
        return try Initializer(json: value, key: key)
    }

    package func regularizer(_ key: String) throws -> Regularizer? {
        try value(key).map { try Regularizer(json: $0, key: key) }
    }

    package func constraint(_ key: String) throws -> Constraint? {
        try value(key).map { try Constraint(json: $0, key: key) }
    }

    package func activation(
        _ key: String, default fallback: Activation = .linear
    ) throws -> Activation {
        guard json[key] != nil else { return fallback }
        return try value(key).map { try Activation(json: $0, key: key) } ?? .linear
    }

    /// The layer inside a wrapper.
    package func layer(_ key: String) throws -> any Layer {
        guard let json = value(key) else { throw ModelError.config(key: key, cause: "missing") }
        return try registry.layer(from: json, depth: depth + 1)
    }

    package static let largestSize = 1 << 40
}

extension JSON {
    /// The shortest decimal number that reads back as this `Float`: `0.99`, not
    /// `0.9900000095367432`.
    package static func number(_ value: Float) -> JSON {
        .double(Double(value.description) ?? Double(value))
    }
}
