internal import CKernels
package import SwiftletTensor

/// Numbers repeated to a larger shape by broadcasting and multiplied by a factor: what a sum or mean
/// does to derivatives.
package struct Spread: Op {
    package let shape: Shape
    package let scale: Float

    package init(to shape: Shape, scale: Float = 1) {
        self.shape = shape
        self.scale = scale
    }

    package var name: String { "spread" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        let result = TensorType(shape, .float32)
        guard inputs[0].dtype == .float32,
            try broadcastShape(of: [inputs[0], result]) == shape
        else { throw refusal("\(inputs[0]) cannot become \(result)") }
        return [result]
    }

    package func evaluate(_ call: OpCall) {
        // As a product with one number.
        let operands = [call.inputTypes[0].shape, .scalar]
        guard var walk = sl_broadcast(result: shape, operands: operands) else { return }
        withUnsafePointer(to: &walk) { walk in
            call.workers.forEach(count: shape.elementCount, grain: 1 << 15) { range in
                var factor = scale
                sl_binary_apply(
                    SL_BINARY_MULTIPLY, SL_FLOAT32, walk, call.input(0), &factor, call.output(),
                    range.lowerBound, range.upperBound)
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0] else { return [nil] }
        let scaled = scale == 1 ? dy : try graph.scale(dy, by: scale)
        return [try graph.unbroadcast(scaled, to: graph.shape(of: node.inputs[0]))]
    }
}

extension Graph {
    package mutating func spread(
        _ x: Value, to shape: Shape, scale: Float = 1
    ) throws -> Value {
        if scale == 1, self.shape(of: x) == shape { return x }
        return try apply(Spread(to: shape, scale: scale), x)
    }
}
