internal import SwiftletGraph
internal import SwiftletTensor

/// Numbers of four bits, two a byte along one axis, the first of a pair in the lower half.
enum Nibbles {
    /// The bytes that so many numbers take.
    static func bytes(_ count: Int) -> Int { count / 2 + count % 2 }

    /// As float32: −8…7 from signed bytes, 0…15 from unsigned ones.
    ///
    /// - Parameter count: of the numbers along `axis`, which may be one fewer than there is room for.
    static func unpacked(
        _ packed: Value, axis: Int, count: Int, in graph: inout Graph
    ) throws -> Value {
        let isSigned = graph[packed].dtype == .int8
        let bytes = try graph.cast(packed, to: .int32)
        let mask = try graph.constant(Tensor(scalar: 15 as Int32))
        let four = try graph.constant(Tensor(scalar: 4 as Int32))
        let low = try graph.apply(IntegerBinary(.bitwiseAnd), bytes, mask)
        let high = try graph.apply(
            IntegerBinary(.bitwiseAnd), graph.apply(IntegerBinary(.rightShift), bytes, four), mask)
        var numbers = try interleaved(low, high, axis: axis, in: &graph)
        numbers = try graph.slice(numbers, axis: axis, 0..<count)
        if isSigned {
            let eight = try graph.constant(Tensor(scalar: 8 as Int32))
            numbers = try graph.subtract(
                graph.apply(IntegerBinary(.bitwiseXor), numbers, eight), eight)
        }
        return try graph.cast(numbers, to: .float32)
    }

    /// The inverse, to signed bytes.
    static func packed(_ numbers: Value, axis: Int, in graph: inout Graph) throws -> Value {
        let shape = graph.shape(of: numbers).dimensions
        var (starts, limits, strides) = (shape.map { _ in 0 }, shape, shape.map { _ in 1 })
        var padding = starts
        padding[axis] = shape[axis] % 2
        limits[axis] += padding[axis]
        strides[axis] = 2
        let whole = try graph.pad(
            graph.cast(numbers, to: .int32), before: starts, after: padding)
        let mask = try graph.constant(Tensor(scalar: 15 as Int32))
        func half(_ start: Int, in graph: inout Graph) throws -> Value {
            starts[axis] = start
            return try graph.apply(
                IntegerBinary(.bitwiseAnd),
                graph.slice(whole, starts: starts, limits: limits, strides: strides), mask)
        }
        let low = try half(0, in: &graph)
        let four = try graph.constant(Tensor(scalar: 4 as Int32))
        let high = try graph.apply(IntegerBinary(.leftShift), half(1, in: &graph), four)
        let bytes = try graph.apply(IntegerBinary(.bitwiseOr), low, high)
        let sign = try graph.constant(Tensor(scalar: 128 as Int32))
        let signed = try graph.subtract(
            graph.apply(IntegerBinary(.bitwiseXor), bytes, sign), sign)
        return try graph.cast(signed, to: .int8)
    }

    private static func interleaved(
        _ first: Value, _ second: Value, axis: Int, in graph: inout Graph
    ) throws -> Value {
        var shape = graph.shape(of: first).dimensions
        let pairs = try graph.stack([first, second], axis: axis + 1)
        shape[axis] *= 2
        return try graph.reshape(pairs, to: shape)
    }
}

extension Graph {
    /// The tensors that `body` works out from constants.
    static func evaluated(
        _ body: (inout Graph) throws -> [Value]
    ) throws -> [Tensor] {
        var graph = Graph()
        let outputs = try body(&graph)
        return try Program(graph, inputs: [], outputs: outputs).run([])
    }
}
