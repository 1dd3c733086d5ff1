public import SwiftletFiles
public import SwiftletGraph
package import SwiftletTensor

/// Texts cut into tokens, and these replaced by their numbers in a vocabulary: strings `[batch]` or
/// `[batch, 1]` → int64 `[batch, tokens]`, or a column per entry of the vocabulary.
public struct TextVectorization: UnaryLayer {
    private enum Standardization: String, CaseIterable {
        case lowerAndStrip = "lower_and_strip_punctuation"
        case lower
        case strip = "strip_punctuation"
    }

    private enum Split: String, CaseIterable { case whitespace, character }

    public static let className = "TextVectorization"
    public var options: LayerOptions
    private var lookup: IndexLookup<String>
    private let standardization: Standardization?
    private let split: Split?
    /// As given: a number, a list or null.
    private let ngrams: JSON
    private let splitting: TextSplitting
    private let length: Int?
    private let encoding: String

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        lookup = try IndexLookup(config: config, maskToken: "", unknownToken: "[UNK]")
        standardization = try config.optionalChoice(
            "standardize", default: Standardization.lowerAndStrip)
        split = try config.optionalChoice("split", default: Split.whitespace)
        guard try !config.bool("ragged", default: false) else {
            throw ModelError.config(key: "ragged", cause: "true: ragged tensors are not supported")
        }
        length = try config.optionalInt("output_sequence_length")
        guard length.map({ $0 >= 0 && $0 <= LayerConfig.largestSize }) != false else {
            throw ModelError.config(key: "output_sequence_length", cause: "is no length")
        }
        encoding = try config.string("encoding", default: "utf-8")
        ngrams = config.value("ngrams") ?? .null
        let widths = try Self.widths(ngrams, config)
        splitting = TextSplitting(
            split == .whitespace ? .whitespace : split == nil ? .none : .characters, widths: widths)
    }

    /// One number stands for all widths up to it.
    private static func widths(_ ngrams: JSON, _ config: LayerConfig) throws -> [Int]? {
        guard !ngrams.isNull else { return nil }
        let numbers = try config.intList("ngrams")
        let limit = 1 << 10
        guard numbers.allSatisfy({ (1...limit).contains($0) }) else {
            throw ModelError.config(key: "ngrams", cause: "widths from 1 to \(limit) expected")
        }
        return ngrams.array == nil ? Array(1...numbers[0]) : numbers
    }

    public var config: JSONObject {
        var config: JSONObject = [
            "standardize": standardization.map { .string($0.rawValue) } ?? .null,
            "split": split.map { .string($0.rawValue) } ?? .null, "ngrams": ngrams,
            "output_sequence_length": length.map(JSON.int) ?? .null, "ragged": false,
            "encoding": .string(encoding),
        ]
        lookup.write(to: &config)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let texts = try standardized(x, in: &lowering)
        let tokens = try tokens(texts, in: &lowering)
        return try lookup.lower(tokens, for: self, in: &lowering) { LookUpText($0, missing: $1) }
    }

    private func standardized(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.graph[x].dtype == .string else {
            throw refusal("strings expected, \(lowering.graph[x].dtype) found")
        }
        guard let standardization else { return x }
        return try lowering.graph.apply(
            StandardizeText(
                lowers: standardization != .strip,
                stripsPunctuation: standardization != .lower), x)
    }

    /// Strings `[rows, tokens]`, filled up with empty ones.
    private func tokens(_ texts: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: texts)
        var rows = texts
        if split == nil {
            if shape.rank < 2, ngrams.isNull { return texts }
            guard shape.rank == 2 else {
                throw refusal("texts split already, [batch, tokens], expected, \(shape) found")
            }
            if ngrams.isNull, length == nil || lookup.mode != .int { return texts }
        } else {
            guard shape.rank == 1 || shape.rank == 2 && shape[1] == 1 else {
                throw refusal("texts of shape [batch] or [batch, 1] expected, \(shape) found")
            }
            rows = try lowering.graph.reshape(texts, to: [shape[0]])
        }
        if lookup.mode == .int, let length {
            return try lowering.graph.apply(SplitText(splitting, length: length), rows)
        }
        let count = try lowering.graph.apply(CountTokens(splitting), rows)
        let longest = lowering.extent("tokens", measuredBy: count)
        return try lowering.graph.apply(SplitText(splitting, length: longest), rows)
    }
}

extension TextVectorization: StoredState {
    package func completed(with parts: StoredParts) throws -> TextVectorization {
        var layer = self
        try layer.lookup.complete(with: parts)
        return layer
    }

    package var storedVariables: [(part: String, name: String, value: Tensor)] {
        lookup.storedWeights(parts: ["", "_lookup_layer"])
    }
}

extension LayerConfig {
    /// One of an enumeration's raw values, or none where the file says null; code is refused.
    fileprivate func optionalChoice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: Choice
    ) throws -> Choice? where Choice.RawValue == String {
        guard let given = json[key] else { return fallback }
        if given.isNull { return nil }
        guard given.string != nil else {
            throw ModelError.config(key: key, cause: "a function of one's own is not run")
        }
        return try choice(key, default: fallback)
    }
}
