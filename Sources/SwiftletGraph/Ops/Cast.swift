package import SwiftletTensor

/// The same numbers in another element type, by the rules of `Tensor.converted(to:)`.
///
/// Between floats the derivative passes as it is; through other types it is zero.
package struct Cast: Op {
    package let dtype: DType

    package var name: String { "cast" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard Tensor.canConvert(inputs[0].dtype, to: dtype) else {
            throw refusal("\(inputs[0].dtype) cannot become \(dtype)")
        }
        return [TensorType(inputs[0].shape, dtype)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { self }

    package func evaluate(_ call: OpCall) {
        let source = call.inputTypes[0].dtype
        call.workers.forEach(count: call.outputTypes[0].elementCount, grain: 1 << 14) { range in
            convertElements(
                call.input(0) + range.lowerBound * source.size, from: source, to: dtype,
                call.output() + range.lowerBound * dtype.size, count: range.count)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        let source = graph[node.inputs[0]].dtype
        guard let gradient = outputGradients[0], source.isFloatingPoint, dtype.isFloatingPoint
        else { return [nil] }
        return [try graph.cast(gradient, to: source)]
    }
}

extension Graph {
    package mutating func cast(_ x: Value, to dtype: DType) throws -> Value {
        self[x].dtype == dtype ? x : try apply(Cast(dtype: dtype), x)
    }
}
