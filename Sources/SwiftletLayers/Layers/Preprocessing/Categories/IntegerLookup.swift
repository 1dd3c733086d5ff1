public import SwiftletFiles
public import SwiftletGraph
package import SwiftletTensor

/// Whole numbers replaced by their numbers in a vocabulary, or the other way round.
public struct IntegerLookup: UnaryLayer {
    public static let className = "IntegerLookup"
    public var options: LayerOptions
    private(set) var lookup: IndexLookup<Int64>

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        lookup = try IndexLookup(config: config, maskToken: nil, unknownToken: -1)
    }

    public var config: JSONObject {
        var config = JSONObject()
        lookup.writeLookup(to: &config)
        config["vocabulary_dtype"] = "int64"
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let numbers = try lowering.graph.cast(x, to: .int64)
        guard lookup.inverts else {
            return try lookup.lower(numbers, for: self, in: &lowering) {
                LookUpNumber($0, missing: $1)
            }
        }
        let (tokens, unknown) = try lookup.inverted(for: self)
        let table = tokens.enumerated().map { (Int64($0), $1) }
        return try lowering.graph.apply(LookUpNumber(table, missing: unknown), numbers)
    }
}

extension IntegerLookup {
    /// The layer with what was counted as its vocabulary.
    func learned(_ counts: [Int64: TokenCount<Int64>], documents: Int) throws -> IntegerLookup {
        var layer = self
        try layer.lookup.learn(counts, documents: documents, by: <)
        return layer
    }
}

extension IntegerLookup: StoredState {
    package func completed(with parts: StoredParts) throws -> IntegerLookup {
        var layer = self
        try layer.lookup.complete(with: parts)
        return layer
    }

    package var storedVariables: [(part: String, name: String, value: Tensor)] {
        lookup.storedWeights(parts: [""])
    }
}
