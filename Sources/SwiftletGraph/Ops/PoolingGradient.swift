internal import CKernels
package import SwiftletTensor

/// The derivative of a pooling with respect to its input: from `dy`, and for the largest number from
/// the input too, whose first largest number in a window gets all of it.
package struct PoolingGradient: Op {
    package let pooling: Pooling
    /// The shape of the pooling's input.
    package let input: Shape

    package var name: String { "\(pooling.name)_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        let count = pooling.kind == .maximum ? 2 : 1
        try expect(inputs, count: count...count)
        let type = TensorType(input)
        guard try pooling.outputTypes(for: [type]) == [inputs[0]],
            inputs.dropFirst().allSatisfy({ $0 == type })
        else { throw refusal("\(inputs) do not fit an input of \(input)") }
        return [type]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        guard rows.isOfAll else { return nil }
        return rows.type(of: rows.outputs[0]).map {
            PoolingGradient(pooling: pooling, input: $0.shape)
        }
    }

    package func evaluate(_ call: OpCall) {
        let (dy, dx) = (call.floats(0), call.outputFloats())
        let x = pooling.kind == .maximum ? call.floats(1) : nil
        let pool = pooling.lowered(input: input, output: call.inputTypes[0].shape)
        // Windows of one image may overlap, those of two never do.
        call.workers.forEach(count: pool.batch, grain: 1) { range in
            var pool = pool
            if let x {
                sl_pool_max_gradient(&pool, x, dy, dx, range.lowerBound, range.upperBound)
            } else {
                sl_pool_average_gradient(&pool, dy, dx, range.lowerBound, range.upperBound)
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard pooling.kind == .average else {
            throw GraphError.notDifferentiable(op: name)
        }
        // Averaging is linear, and this its transpose.
        return [try outputGradients[0].map { try graph.apply(pooling, $0) }]
    }
}
