internal import CKernels
internal import SwiftletTensor

/// The derivative of a ``Convolution`` with respect to its kernel: the convolution's input
/// `[batch, spatial…, channels]` and the derivative of its output `[batch, spatial…, filters]` →
/// `[spatial…, channels / groups, filters]`.
package struct ConvolutionKernelGradient: Op {
    package let geometry: ConvolutionGeometry
    /// The spatial extents of the kernel.
    package let kernel: [Int]

    package init(_ geometry: ConvolutionGeometry, kernel: [Int]) {
        self.geometry = geometry
        self.kernel = kernel
    }

    package var name: String { "convolution_kernel_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        let (x, dy) = (inputs[0].shape, inputs[1].shape)
        guard inputs.allSatisfy({ $0.dtype == .float32 }), x.rank == kernel.count + 2,
            dy.rank == x.rank, geometry.groups > 0
        else { throw refusal("operands \(inputs[0]) and \(inputs[1])") }
        let shape = try Shape(kernel + [x[x.rank - 1] / geometry.groups, dy[dy.rank - 1]])
        guard try geometry.outputShape(input: x, kernel: shape, of: self) == dy else {
            throw refusal("an input of \(x) and a kernel of \(shape) do not give \(dy)")
        }
        return [TensorType(shape)]
    }

    package func share(_ rows: RowSlice, in group: RankGroup) -> RankShare? {
        rows.isOfAll ? RankShare(self, of: rows.hasRows, [.addend]) : nil
    }

    // A small kernel has too few rows × panels to share out; then the batch is cut as well, by
    // the shapes alone, and the partial sums are added in order.

    private static let enoughCells = 16
    private static let rowsPerCell = 48

    private func imageParts(_ convolution: sl_convolution) -> Int {
        let whole = convolution.whole(SL_CONVOLUTION_KERNEL_GRADIENT)
        let cells = (whole.row_end + Self.rowsPerCell - 1) / Self.rowsPerCell * whole.panel_end
        return max(1, min(convolution.batch, Self.enoughCells / max(1, cells)))
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        let convolution = lowered(inputs, outputs)
        let parts = imageParts(convolution)
        let floats = convolution.scratchCount(SL_CONVOLUTION_KERNEL_GRADIENT)
        return threads * ThreadScratch.byteCount(floats: floats)
            + parts * ThreadScratch.byteCount(floats: outputs[0].elementCount)
    }

    package func evaluate(_ call: OpCall) {
        let convolution = lowered(call.inputTypes, call.outputTypes)
        let parts = imageParts(convolution)
        let pass = SL_CONVOLUTION_KERNEL_GRADIENT
        let floats = convolution.scratchCount(pass)
        let scratch = ThreadScratch(call.scratch, floats: floats)
        let (x, dy, result) = (call.floats(0), call.floats(1), call.outputFloats())
        if parts == 1 {
            convolution.forEachPart(of: pass, workers: call.workers) { part, thread in
                var convolution = convolution
                sl_convolution_kernel_gradient(
                    &convolution, x, dy, 0, convolution.batch, false, part, result,
                    scratch[thread])
            }
            return
        }
        let used = call.workers.count * ThreadScratch.byteCount(floats: floats)
        let partial = ThreadScratch(
            call.scratch + used, floats: call.outputTypes[0].elementCount)
        call.workers.forEach(parts: parts) { number, thread in
            var convolution = convolution
            sl_convolution_kernel_gradient(
                &convolution, x, dy, number * convolution.batch / parts,
                (number + 1) * convolution.batch / parts, false, convolution.whole(pass),
                partial[number], scratch[thread])
        }
        let count = call.outputTypes[0].elementCount
        result.update(from: partial[0], count: count)
        for number in 1..<parts {
            let addend = partial[number]
            for index in 0..<count { result[index] += addend[index] }
        }
    }

    private func lowered(_ inputs: [TensorType], _ outputs: [TensorType]) -> sl_convolution {
        geometry.lowered(
            input: inputs[0].shape, kernel: outputs[0].shape, output: inputs[1].shape)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil, nil] }
        let (x, dy) = (node.inputs[0], node.inputs[1])
        let input = ConvolutionInputGradient(
            geometry, spatial: Array(graph.shape(of: x).dimensions[1...].dropLast()))
        return [
            try graph.apply(input, dy, gradient),
            try graph.apply(Convolution(geometry), x, gradient),
        ]
    }
}
