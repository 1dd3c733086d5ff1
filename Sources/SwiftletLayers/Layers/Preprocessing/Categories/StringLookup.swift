public import SwiftletFiles
public import SwiftletGraph
package import SwiftletTensor

/// Strings replaced by their numbers in a vocabulary, or the other way round.
public struct StringLookup: UnaryLayer {
    public static let className = "StringLookup"
    public var options: LayerOptions
    private var lookup: IndexLookup<String>
    private let encoding: String

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        lookup = try IndexLookup(config: config, maskToken: nil, unknownToken: "[UNK]")
        encoding = try config.string("encoding", default: "utf-8")
    }

    public var config: JSONObject {
        var config = JSONObject()
        lookup.writeLookup(to: &config)
        config["encoding"] = .string(encoding)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lookup.inverts else {
            return try lookup.lower(x, for: self, in: &lowering) {
                LookUpText($0, missing: $1)
            }
        }
        let (texts, unknown) = try lookup.inverted(for: self)
        return try lowering.graph.apply(
            PickText(texts, missing: unknown), lowering.graph.cast(x, to: .int64))
    }
}

extension StringLookup: StoredState {
    package func completed(with parts: StoredParts) throws -> StringLookup {
        var layer = self
        try layer.lookup.complete(with: parts)
        return layer
    }

    package var storedVariables: [(part: String, name: String, value: Tensor)] {
        lookup.storedWeights(parts: [""])
    }
}

extension IndexLookup {
    /// The weights as Keras 3 wants to find them, once for each part of the layer.
    func storedWeights(parts: [String]) -> [(part: String, name: String, value: Tensor)] {
        guard let tensor = try? columnWeights() else { return [] }
        return parts.map { ($0, "idf_weights", tensor) }
    }
}
