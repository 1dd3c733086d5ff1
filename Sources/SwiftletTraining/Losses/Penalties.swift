internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

extension Regularizer {
    /// Adds the penalty on `weight` to `graph`, a scalar.
    func penalty(on weight: Value, in graph: inout Graph) throws -> Value {
        let shape = graph.shape(of: weight)
        let axes = Array(0..<shape.rank)
        switch self {
        case .l1l2(let l1, let l2):
            var terms: [Value] = []
            if l1 != 0 {
                let sizes = try graph.unary(.abs, weight)
                terms.append(try graph.scale(graph.sum(sizes, axes: axes), by: Float(l1)))
            }
            if l2 != 0 {
                let squares = try graph.square(weight)
                terms.append(try graph.scale(graph.sum(squares, axes: axes), by: Float(l2)))
            }
            guard let first = terms.first else { return try graph.constant(0) }
            return terms.count == 1 ? first : try graph.add(first, terms[1])
        case .orthogonal(let factor, let mode):
            guard shape.rank == 2 else {
                throw TrainingError.loss(
                    "an orthogonal regularizer needs a matrix, \(shape) found")
            }
            let unit = try graph.normalized(weight, axis: mode == .rows ? 1 : 0)
            let isByRows = mode == .rows
            let product = try graph.matmul(
                unit, unit, transposesA: !isByRows, transposesB: isByRows)
            let size = shape[isByRows ? 0 : 1]
            let others = try Tensor(
                (0..<size * size).map { Float($0 / size == $0 % size ? 0 : 1) },
                shape: [size, size])
            let sizes = try graph.unary(.abs, graph.multiply(product, graph.constant(others)))
            let pairs = Double(size) * (Double(size) - 1) / 2
            return try graph.scale(
                graph.sum(sizes, axes: [0, 1]), by: pairs == 0 ? 0 : Float(factor * 0.5 / pairs))
        }
    }
}
