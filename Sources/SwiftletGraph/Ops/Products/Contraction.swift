internal import SwiftletTensor

/// A sum of products over named axes, an einsum of two operands: transpositions around one matrix
/// product.
///
/// An axis that both operands and the result have goes along; one that only the operands have is
/// summed over. An axis may also be missing from one operand, or from one operand and the result.
package struct Contraction {
    private let axes: [Character]
    private let extents: [Character: Int]
    /// Axes that go along, of the first operand alone, summed over, of the second operand alone.
    private let batch: [Character]
    private let rows: [Character]
    private let summed: [Character]
    private let columns: [Character]

    /// The axes of ``product(_:_:in:)``'s last axis, in order.
    package var columnAxes: [Character] { columns }
    /// Whether the result is ``product(_:_:in:)`` under another shape.
    package var isArranged: Bool { batch + rows + columns == axes }

    private let first: [Character]
    private let second: [Character]

    /// - Parameters:
    ///   - first: the names of the first operand's axes, and its extents.
    ///   - axes: the names of the result's axes.
    /// - Throws: ``GraphError/operands(op:cause:)`` if names repeat or extents do not fit.
    package init(
        _ first: [Character], _ firstShape: [Int], _ second: [Character], _ secondShape: [Int],
        to axes: [Character]
    ) throws {
        func refusal(_ cause: String) -> GraphError { .operands(op: "einsum", cause: cause) }
        var extents: [Character: Int] = [:]
        for (names, shape) in [(first, firstShape), (second, secondShape)] {
            guard names.count == shape.count else {
                throw refusal("\(names.count) axes named, shape \(shape) found")
            }
            guard Set(names).count == names.count else {
                throw refusal("an axis is named twice in \"\(String(names))\"")
            }
            for (name, extent) in zip(names, shape) {
                guard extents[name, default: extent] == extent else {
                    throw refusal("axis \(name) is \(extents[name] ?? 0) and \(extent)")
                }
                extents[name] = extent
            }
        }
        guard Set(axes).count == axes.count, axes.allSatisfy({ extents[$0] != nil }) else {
            throw refusal("result axes \"\(String(axes))\" do not follow from the operands")
        }
        self.axes = axes
        self.extents = extents
        self.first = first
        self.second = second
        batch = axes.filter { first.contains($0) && second.contains($0) }
        rows = axes.filter { first.contains($0) && !second.contains($0) }
        columns = axes.filter { !first.contains($0) && second.contains($0) }
        summed = second.filter { first.contains($0) && !axes.contains($0) }
    }

    private func count(_ names: [Character]) -> Int {
        names.reduce(1) { $0 * (extents[$1] ?? 1) }
    }

    /// The matrix product: `[batch, rows, columns]`, or `[rows, columns]` where nothing goes along.
    ///
    /// - Parameter ofBytes: whether both hold whole numbers from −128 to 127, whose product is
    ///   then exact.
    package func product(
        _ a: Value, _ b: Value, ofBytes: Bool = false, in graph: inout Graph
    ) throws -> Value {
        let (a, b, isTransposed) = try matrices(a, b, in: &graph)
        return ofBytes
            ? try graph.byteProduct(a, b, transposesB: isTransposed)
            : try graph.matmul(a, b, transposesB: isTransposed)
    }

    /// Whether it is one product of matrices, nothing being added up before.
    package var isOneProduct: Bool {
        batch.isEmpty && first.allSatisfy((rows + summed).contains)
            && second.allSatisfy((columns + summed).contains)
    }

    /// The operands as (stacks of) matrices, the second one perhaps transposed.
    package func matrices(
        _ a: Value, _ b: Value, in graph: inout Graph
    ) throws -> (a: Value, b: Value, transposesB: Bool) {
        let a = try matrix(a, first, batch + rows + summed, rows, summed, in: &graph)
        let isTransposed =
            second.filter((batch + columns + summed).contains)
            == batch + columns + summed && !summed.isEmpty && !columns.isEmpty
        let b =
            isTransposed
            ? try matrix(b, second, batch + columns + summed, columns, summed, in: &graph)
            : try matrix(b, second, batch + summed + columns, summed, columns, in: &graph)
        return (a, b, isTransposed)
    }

    /// An operand with the axes that nothing else has summed over, as a (stack of) matrices.
    private func matrix(
        _ x: Value, _ names: [Character], _ order: [Character], _ rows: [Character],
        _ columns: [Character], in graph: inout Graph
    ) throws -> Value {
        var x = x
        var names = names
        let alone = names.indices.filter { !order.contains(names[$0]) }
        if !alone.isEmpty {
            x = try graph.sum(x, axes: alone)
            names = names.filter(order.contains)
        }
        x = try graph.transpose(x, permutation: order.compactMap { names.firstIndex(of: $0) })
        return try graph.reshape(
            x, to: (batch.isEmpty ? [] : [count(batch)]) + [count(rows), count(columns)])
    }

    /// The product, or something of its shape, with the axes of the result.
    package func arranged(_ product: Value, in graph: inout Graph) throws -> Value {
        let order = batch + rows + columns
        let y = try graph.reshape(product, to: order.compactMap { extents[$0] })
        return try graph.transpose(y, permutation: axes.compactMap { order.firstIndex(of: $0) })
    }
}

extension Graph {
    /// The sum of products of `a` and `b` with named axes; see ``Contraction``.
    package mutating func contract(
        _ a: Value, _ aAxes: String, _ b: Value, _ bAxes: String, to axes: String
    ) throws -> Value {
        let contraction = try Contraction(
            Array(aAxes), shape(of: a).dimensions, Array(bAxes), shape(of: b).dimensions,
            to: Array(axes))
        return try contraction.arranged(contraction.product(a, b, in: &self), in: &self)
    }
}
