internal import SwiftletGraph
internal import SwiftletTensor

/// `softmax(q · kᵀ · scale) · v` for every head, over one or more axes of steps.
struct DotProductAttention {
    /// What the scores are multiplied by: `1 / √(head size)`.
    let scale: Float
    let dropout: Float
    let seed: Int?
    /// Whether what must not be attended to gets a score of 0 even where nothing else may be; all
    /// scores are the same there otherwise.
    let zeroesHidden: Bool

    /// - Parameters:
    ///   - query: `[batch…, heads, queries, size]`, with `key` and `value` the same but for their
    ///     own number of steps, and of heads, which must divide the query's.
    ///   - scoreShape: the shape in which `mask` sees the scores.
    ///   - mask: bool, what may be attended to, broadcast to `scoreShape`.
    /// - Returns: `[batch…, heads, queries, value size]` and the scores in `scoreShape`.
    func lower(
        _ query: Value, _ key: Value, _ value: Value, scoreShape: [Int], mask: Value?,
        in lowering: inout Lowering
    ) throws -> (output: Value, scores: Value) {
        let shape = lowering.graph.shape(of: query).dimensions
        let size = lowering.graph.shape(of: value).dimensions.last ?? 0
        // Heads that share a key lie behind one another like further queries.
        var grouped = shape
        let groups = lowering.graph.shape(of: key).dimensions.dropLast(2)
        let heads = shape[shape.count - 3]
        if let groups = groups.last, groups < heads, groups > 0 {
            grouped[shape.count - 3] = groups
            grouped[shape.count - 2] *= heads / groups
        }
        let scaled = try lowering.graph.multiply(query, lowering.graph.constant(scale))
        var scores = try lowering.graph.matmul(
            lowering.graph.reshape(scaled, to: grouped), key, transposesB: true)
        let flat = lowering.graph.shape(of: scores)
        scores = try lowering.graph.reshape(scores, to: scoreShape)
        if let mask {
            scores = try lowering.graph.select(mask, scores, lowering.graph.constant(-1e9))
            guard lowering.graph.shape(of: scores).dimensions == scoreShape else {
                throw ModelError.config(
                    key: "attention_mask",
                    cause: "shape \(lowering.graph.shape(of: mask)) does not fit \(scoreShape)")
            }
        }
        var weights = try lowering.graph.softmax(
            lowering.graph.reshape(scores, to: flat), axis: -1)
        var probabilities = try lowering.graph.reshape(weights, to: scoreShape)
        if let mask, zeroesHidden {
            probabilities = try lowering.graph.select(
                mask, probabilities, lowering.graph.constant(0))
            weights = try lowering.graph.reshape(probabilities, to: flat)
        }
        weights = try lowering.dropout(
            weights, rate: dropout, extents: flat.dimensions, seed: seed)
        let output = try lowering.graph.matmul(weights, value)
        return (
            try lowering.graph.reshape(output, to: shape.dropLast() + [size]), probabilities
        )
    }
}
