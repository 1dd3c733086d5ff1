internal import SwiftletGraph
internal import SwiftletTensor

/// The numbers of the blocks that places lie in, as Keras keeps them.
func blockNumbers(_ places: Int, of size: Int) throws -> Initializer {
    guard places <= 1 << 26 else {
        throw ModelError.config(key: "dtype", cause: "\(places) numbers in blocks are too many")
    }
    return .values((0..<places).map { Float($0 / size) })
}

extension Graph {
    /// `(numbers − zero) · scale`, scales and zeros taken from the group of each place along `axis`.
    mutating func dequantized(
        _ numbers: Value, scale: Value, zero: Value, groups: Value, axis: Int
    ) throws -> Value {
        let groups = try cast(groups, to: .int32)
        let scales = try gather(scale, groups, axis: axis)
        let zeros = try gather(cast(zero, to: .float32), groups, axis: axis)
        return try multiply(subtract(numbers, zeros), scales)
    }

    /// A matrix as whole numbers from −8 to 7 with a scale and a zero per block of rows and column.
    mutating func quantizedInBlocks(
        _ matrix: Value, of size: Int
    ) throws -> (numbers: Value, scale: Value, zero: Value) {
        let shape = shape(of: matrix).dimensions
        let (rows, columns) = (shape[0], shape[1])
        let blocks = (rows - 1) / size + 1
        // A block larger than the matrix ends with zeros that count for nothing but its range.
        let height = blocks == 1 && size > rows ? rows + 1 : size
        let padded = try pad(matrix, before: [0, 0], after: [blocks * height - rows, 0])
        let grouped = try reshape(padded, to: [blocks, height, columns])
        let low = try min(grouped, axes: [1], keepsDimensions: true)
        let high = try max(grouped, axes: [1], keepsDimensions: true)
        let range = try add(subtract(high, low), constant(1e-7))
        let scale = try divide(range, constant(15))
        func clipped(_ x: Value) throws -> Value {
            try unary(.clip(lowest: -8, highest: 7), x)
        }
        let eight = try constant(8)
        let start = try unary(.round, divide(negate(low), scale))
        let zero = try clipped(subtract(start, eight))
        let steps = try unary(.round, divide(grouped, scale))
        let numbers = try reshape(clipped(add(steps, zero)), to: [blocks * height, columns])
        return (
            try slice(numbers, axis: 0, 0..<rows), try reshape(scale, to: [blocks, columns]),
            try reshape(zero, to: [blocks, columns])
        )
    }
}
