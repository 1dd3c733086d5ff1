internal import SwiftletTensor

extension Graph {
    /// The product of matrices of bytes (−128…127) that are held as float32, without rounding but
    /// the last one: sums that fit float32 are made piece by piece and added as int32.
    ///
    /// Shapes as for ``matmul(_:_:transposesA:transposesB:)``, which multiplies the pieces.
    mutating func byteProduct(_ a: Value, _ b: Value, transposesB: Bool) throws -> Value {
        // 2¹⁰ products of at most 2¹⁴ each.
        let longest = 1 << 10
        let (rankA, rankB) = (shape(of: a).rank, shape(of: b).rank)
        guard rankA >= 2, rankB >= 2, shape(of: a)[rankA - 1] > longest else {
            return try matmul(a, b, transposesB: transposesB)
        }
        let length = shape(of: a)[rankA - 1]
        guard length <= longest << 12 else {
            throw GraphError.operands(
                op: "byte product", cause: "\(length) products are too many to add up")
        }
        let inner = transposesB ? rankB - 1 : rankB - 2
        var sum: Value?
        for start in stride(from: 0, to: length, by: longest) {
            let range = start..<Swift.min(start + longest, length)
            let piece = try cast(
                matmul(
                    slice(a, axis: rankA - 1, range), slice(b, axis: inner, range),
                    transposesB: transposesB),
                to: .int32)
            sum = try sum.map { try add($0, piece) } ?? piece
        }
        guard let sum else { return try matmul(a, b, transposesB: transposesB) }
        return try cast(sum, to: .float32)
    }
}
