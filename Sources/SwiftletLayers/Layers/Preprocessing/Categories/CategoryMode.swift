internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// The form in which category numbers leave a layer.
public enum CategoryMode: String, Sendable, CaseIterable {
    /// As they are.
    case int
    case oneHot = "one_hot"
    /// Per row: 1 for every category that occurs.
    case multiHot = "multi_hot"
    /// Per row: how often each category occurs.
    case count
    /// ``count`` times a weight of each category.
    case tfIDF = "tf_idf"
}

extension LayerConfig {
    /// `output_mode`, in old words as well.
    func categoryMode(
        default fallback: CategoryMode, among allowed: [CategoryMode]
    ) throws -> CategoryMode {
        let words = ["binary": "multi_hot", "tf-idf": "tf_idf"]
        let word = try string("output_mode", default: fallback.rawValue)
        guard let mode = CategoryMode(rawValue: words[word] ?? word), allowed.contains(mode) else {
            let names = allowed.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw ModelError.config(
                key: "output_mode", cause: "one of \(names) expected, \"\(word.prefix(40))\" found")
        }
        return mode
    }
}

extension Lowering {
    /// Whole numbers in the form that `mode` asks for; ``CategoryMode/tfIDF`` counts.
    ///
    /// - Parameter weights: float32, of the numbers' shape; added up in place of ones.
    mutating func encoded(
        _ numbers: Value, as mode: CategoryMode, depth: Int, weights: Value? = nil
    ) throws -> Value {
        let shape = graph.shape(of: numbers)
        switch mode {
        case .int: return numbers
        case .oneHot:
            let isColumn = shape.rank > 1 && shape.last == 1
            let flat =
                isColumn
                ? try graph.reshape(numbers, to: Array(shape.dimensions.dropLast())) : numbers
            return try graph.oneHot(flat, depth: depth)
        case .multiHot, .count, .tfIDF:
            return try counted(numbers, depth: depth, isBinary: mode == .multiHot, weights)
        }
    }

    /// Counts along the last axis, or along axis 1 where there are more than two, as Keras does.
    private mutating func counted(
        _ numbers: Value, depth: Int, isBinary: Bool, _ weights: Value?
    ) throws -> Value {
        let shape = graph.shape(of: numbers)
        let order = Array(0..<shape.rank)
        let counted = shape.rank > 2 ? [0] + order[2...] + [1] : order
        let kept = counted.dropLast().map { shape[$0] }
        let length = counted.last.map { shape[$0] } ?? 1
        func rows(_ x: Value) throws -> Value {
            try graph.reshape(
                graph.transpose(x, permutation: counted), to: [kept.reduce(1, *), length])
        }
        let op = CountCategories(
            depth: depth, isBinary: isBinary, ignoresNegative: shape.rank > 2)
        let operands = [try rows(numbers)] + (try weights.map { [try rows($0)] } ?? [])
        return try graph.reshape(graph.append(op, operands)[0], to: kept + [depth])
    }
}
