internal import CKernels
package import SwiftletTensor

/// The derivative of a ``Convolution`` with respect to its input, which is also the transposed
/// convolution: `[batch, spatial…, filters]` and `[spatial…, channels / groups, filters]` →
/// `[batch, spatial…, channels]`.
package struct ConvolutionInputGradient: Op {
    package let geometry: ConvolutionGeometry
    /// The spatial extents of the result: strides leave several possible.
    package let spatial: [Int]
    package let epilogue: Epilogue
    /// If set, the kernel's shape; the operand itself is what ``PackKernel`` made of it.
    package let packedShape: Shape?
    /// What the packed kernel is held in.
    package let storage: WeightStorage

    package init(
        _ geometry: ConvolutionGeometry, spatial: [Int], epilogue: Epilogue = .none,
        packedShape: Shape? = nil, storage: WeightStorage = .float32
    ) {
        self.geometry = geometry
        self.spatial = spatial
        self.epilogue = epilogue
        self.packedShape = packedShape
        self.storage = storage
    }

    package var name: String { "transposed_convolution" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        let kernel = try kernelShape(
            inputs, packed: packedShape, in: storage, epilogue: epilogue)
        let shape = try geometry.inputShape(
            output: inputs[0].shape, kernel: kernel, spatial: spatial, of: self)
        let result = TensorType(shape)
        if packedShape != nil {
            let convolution = geometry.lowered(
                input: shape, kernel: kernel, output: inputs[0].shape, .sums, storage)
            try checkPacked(
                inputs[1], convolution.packedCount(SL_CONVOLUTION_INPUT_GRADIENT), storage)
        }
        try epilogue.check(
            inputs, from: 2, columns: shape[shape.rank - 1], result: result, of: self)
        return [result]
    }

    package func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int {
        let kernel = packedShape ?? inputs[1].shape
        return inputs[0].shape.elementCount * kernel.count(of: ..<(kernel.rank - 1))
    }

    package func kernel(inputs: [TensorType], outputs: [TensorType]) -> String {
        let kernel = packedShape ?? inputs[1].shape
        let taps = kernel.dimensions.dropLast(2).map(String.init).joined(separator: "×")
        return epilogue.describe("\(taps)/\(geometry.strides[0]) transposed" + storage.suffix)
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        lowered(inputs, outputs)
            .scratchByteCount(
                SL_CONVOLUTION_INPUT_GRADIENT, packs: packedShape == nil, threads: threads)
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        epilogue.hasRows(rows, from: 2) && rows.hasRows[..<2] == [true, false] ? self : nil
    }

    package func evaluate(_ call: OpCall) {
        let convolution = lowered(call.inputTypes, call.outputTypes)
        let pass = SL_CONVOLUTION_INPUT_GRADIENT
        let (packed, scratch) = convolution.packedKernel(call, pass, packs: packedShape == nil)
        let epilogue = epilogue.lowered(call, from: 2)
        let (y, x) = (call.floats(0), call.outputFloats())
        convolution.forEachPart(of: pass, workers: call.workers) { part, thread in
            var (convolution, epilogue) = (convolution, epilogue)
            sl_convolution_input_gradient(
                &convolution, y, packed, &epilogue, part, x, scratch[thread])
        }
    }

    private func lowered(_ inputs: [TensorType], _ outputs: [TensorType]) -> sl_convolution {
        geometry.lowered(
            input: outputs[0].shape, kernel: packedShape ?? inputs[1].shape,
            output: inputs[0].shape, .sums, storage)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard epilogue.isEmpty, packedShape == nil else {
            throw GraphError.notDifferentiable(op: "fused \(name)")
        }
        guard let dx = outputGradients[0] else { return [nil, nil] }
        let (y, kernel) = (node.inputs[0], node.inputs[1])
        let weights = ConvolutionKernelGradient(
            geometry, kernel: Array(graph.shape(of: kernel).dimensions.dropLast(2)))
        return [
            try graph.apply(Convolution(geometry), dx, kernel), try graph.apply(weights, dx, y),
        ]
    }
}

extension Graph {
    /// The transposed convolution to an image of `spatial` extents; strides, dilation and padding
    /// are those of the convolution from there to `x`.
    package mutating func transposedConvolution(
        _ x: Value, _ kernel: Value, to spatial: [Int], strides: [Int], dilation: [Int],
        padding: [(before: Int, after: Int)], groups: Int = 1
    ) throws -> Value {
        let geometry = ConvolutionGeometry(
            strides: strides, dilation: dilation, padding: padding, groups: groups)
        return try apply(ConvolutionInputGradient(geometry, spatial: spatial), x, kernel)
    }
}
