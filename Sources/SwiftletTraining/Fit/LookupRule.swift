internal import SwiftletGraph
internal import SwiftletTensor

/// How an optimizer treats the gradient of a table that is only looked up (an embedding).
///
/// Such a gradient is a list of look-ups' own gradients. Keras on TensorFlow squares, measures and clips
/// these one by one, and only adds up in the end.
package struct LookupRule: Sendable {
    /// Whether the rule looks at the gradient's size and not at its square.
    let takesSizes: Bool
    /// What the elements of each look-up's gradient are clipped to.
    let limit: Float?
    /// Whether the look-ups are added up before they are squared: after clipping by a norm of all.
    let addsFirst: Bool

    /// What the optimizer sees.
    ///
    /// - Parameter lossScale: what the gradients have been multiplied by.
    func sums(
        of parts: [Lookup], _ gradient: Value, lossScale: Value?, in graph: inout Graph
    ) throws -> LookupSums {
        var (parts, gradient) = (parts, gradient)
        if let limit {
            var highest = try graph.constant(limit)
            if let lossScale { highest = try graph.multiply(highest, lossScale) }
            let lowest = try graph.negate(highest)
            for index in parts.indices {
                parts[index].gradient = try graph.maximum(
                    graph.minimum(parts[index].gradient, highest), lowest)
            }
            gradient = try graph.sum(of: parts) { _, x in x }
        }
        var squares: Value?
        if !addsFirst {
            squares =
                takesSizes
                ? try graph.square(graph.sum(of: parts) { try $0.unary(.abs, $1) })
                : try graph.sum(of: parts) { try $0.square($1) }
        }
        var norm: Value?
        for part in parts {
            let own = try graph.sumOfAll(graph.square(part.gradient))
            norm = try norm.map { try graph.add($0, own) } ?? own
        }
        return LookupSums(gradient: gradient, squares: squares, squareSum: norm)
    }
}

/// A gradient of look-ups, as an optimizer sees it.
struct LookupSums {
    let gradient: Value
    /// What stands for the gradient's squares; nil for themselves.
    let squares: Value?
    /// What stands for the sum of all squares, a scalar.
    let squareSum: Value?
}

/// One look-up's part of a table's gradient.
struct Lookup {
    let op: GatherGradient
    var gradient: Value
    let indices: Value
}

extension Graph {
    /// The look-ups that a gradient is made of; nil if it is made of anything else.
    func lookups(in gradient: Value) -> [Lookup]? {
        let node = nodes[gradient.node]
        switch node.op {
        case let op as GatherGradient where op.axis == 0:
            return [Lookup(op: op, gradient: node.inputs[0], indices: node.inputs[1])]
        case is AddN:
            let parts = node.inputs.map { lookups(in: $0) }
            return parts.contains { $0 == nil } ? nil : parts.flatMap { $0 ?? [] }
        default: return nil
        }
    }

    /// The table of the sums of a function of the look-ups' gradients.
    fileprivate mutating func sum(
        of parts: [Lookup], _ function: (inout Graph, Value) throws -> Value
    ) throws -> Value {
        var tables: [Value] = []
        for part in parts {
            tables.append(try apply(part.op, function(&self, part.gradient), part.indices))
        }
        return tables.count == 1 ? tables[0] : try append(AddN(), tables)[0]
    }
}
