internal import CKernels
internal import SwiftletTensor

extension sl_broadcast {
    /// The walk over a result of the given shape; nil if it has too many axes for the kernels.
    init?(result: Shape, operands: [Shape]) {
        self.init()
        let rank = result.rank
        let padded = operands.flatMap {
            [Int](repeating: 1, count: rank - $0.rank) + $0.dimensions
        }
        guard sl_broadcast_make(&self, rank, result.dimensions, operands.count, padded) else {
            return nil
        }
    }
}

extension Op {
    /// The shape of a broadcast result.
    ///
    /// - Throws: ``GraphError/operands(op:cause:)`` if the operands do not fit or have more axes
    ///   than the kernels walk.
    func broadcastShape(of inputs: [TensorType]) throws -> Shape {
        var result = inputs[0].shape
        for input in inputs.dropFirst() {
            guard let shape = result.broadcast(with: input.shape) else {
                let shapes = inputs.map(\.shape.description).joined(separator: " and ")
                throw refusal("shapes \(shapes) do not broadcast")
            }
            result = shape
        }
        guard sl_broadcast(result: result, operands: inputs.map(\.shape)) != nil else {
            throw refusal("\(result) has more than \(SL_MAX_RANK) axes")
        }
        return result
    }

    /// Calls `body` with the walk over the call's operands and a range of its results at a time.
    func forEachBroadcastRange(
        _ call: OpCall, _ body: (UnsafePointer<sl_broadcast>, Range<Int>) -> Void
    ) {
        let result = call.outputTypes[0].shape
        let planned = call.planned {
            sl_broadcast(result: result, operands: call.inputTypes.map(\.shape))
        }
        guard var walk = planned else {
            preconditionFailure("the shape rule refuses what cannot be walked")
        }
        withUnsafePointer(to: &walk) { walk in
            call.workers.forEach(count: result.elementCount, grain: 1 << 14) { body(walk, $0) }
        }
    }
}

extension Graph {
    /// The sum of `gradient` over the axes along which an operand of `shape` was repeated.
    mutating func unbroadcast(_ gradient: Value, to shape: Shape) throws -> Value {
        let broad = self.shape(of: gradient)
        guard broad != shape else { return gradient }
        let extra = broad.rank - shape.rank
        let axes = broad.indices.filter { $0 < extra || (shape[$0 - extra] == 1 && broad[$0] != 1) }
        return try reshape(sum(gradient, axes: axes), to: shape)
    }
}
