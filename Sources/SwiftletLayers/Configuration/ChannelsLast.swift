internal import SwiftletGraph
internal import SwiftletTensor

extension Lowering {
    /// Computes in channels-last order whatever the layer's format: transposes around `body`, which
    /// a pass takes out again where two of them meet.
    mutating func channelsLast(
        _ x: Value, _ format: DataFormat, _ body: (inout Lowering, Value) throws -> Value
    ) throws -> Value {
        let rank = graph.shape(of: x).rank
        guard format == .channelsFirst, rank > 2 else { return try body(&self, x) }
        let last = [0] + Array(2..<rank) + [1]
        let y = try body(&self, graph.transpose(x, permutation: last))
        let outputRank = graph.shape(of: y).rank
        guard outputRank > 2 else { return y }
        return try graph.transpose(
            y, permutation: [0, outputRank - 1] + Array(1..<outputRank - 1))
    }
}
