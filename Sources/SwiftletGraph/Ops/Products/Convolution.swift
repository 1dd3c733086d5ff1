internal import CKernels
package import SwiftletTensor

/// `y = x ∗ kernel`: `[batch, spatial…, channels]` and `[spatial…, channels / groups, filters]` →
/// `[batch, spatial…, filters]`, see ``ConvolutionGeometry``.
///
/// A pass may have a pointwise one multiply its input by factors `[batch, 1…, channels]`, the operand
/// behind the kernel, as it reads it.
package struct Convolution: Op {
    package let geometry: ConvolutionGeometry
    package let epilogue: Epilogue
    package let scalesInput: Bool
    /// If set, the kernel's shape; the operand itself is what ``PackKernel`` made of it.
    package let packedShape: Shape?
    package let algorithm: ConvolutionAlgorithm
    /// What the packed kernel is held in.
    package let storage: WeightStorage

    package init(
        _ geometry: ConvolutionGeometry, epilogue: Epilogue = .none, scalesInput: Bool = false,
        packedShape: Shape? = nil, algorithm: ConvolutionAlgorithm = .sums,
        storage: WeightStorage = .float32
    ) {
        self.geometry = geometry
        self.epilogue = epilogue
        self.scalesInput = scalesInput
        self.packedShape = packedShape
        self.algorithm = algorithm
        self.storage = storage
    }

    package var name: String { "convolution" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        let kernel = try kernelShape(
            inputs, packed: packedShape, in: storage, operands: operandCount, epilogue: epilogue)
        let shape = try geometry.outputShape(input: inputs[0].shape, kernel: kernel, of: self)
        if scalesInput {
            let factors = try Self.factors(of: inputs[0].shape)
            guard isPointwise(kernel), inputs[2].shape == factors else {
                throw refusal("a pointwise kernel and factors of \(factors) expected")
            }
        }
        let output = TensorType(shape)
        if packedShape != nil {
            let convolution = geometry.lowered(
                input: inputs[0].shape, kernel: kernel, output: shape, algorithm, storage)
            try checkPacked(inputs[1], convolution.packedCount(SL_CONVOLUTION_OUTPUT), storage)
        }
        try epilogue.check(
            inputs, from: operandCount, columns: shape[shape.rank - 1], result: output, of: self)
        return [output]
    }

    /// The shape of factors for an input.
    package static func factors(of input: Shape) throws -> Shape {
        try Shape(input.indices.map { $0 == 0 || $0 == input.rank - 1 ? input[$0] : 1 })
    }

    /// Whether a kernel of this shape reads each pixel once and alone.
    package func isPointwise(_ kernel: Shape) -> Bool {
        geometry.groups == 1 && kernel.dimensions.dropLast(2).allSatisfy { $0 == 1 }
            && geometry.strides.allSatisfy { $0 == 1 }
            && (geometry.before + geometry.after).allSatisfy { $0 == 0 }
    }

    package func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int {
        let kernel = packedShape ?? inputs[1].shape
        return outputs[0].shape.elementCount * kernel.count(of: ..<(kernel.rank - 1))
    }

    package func kernel(inputs: [TensorType], outputs: [TensorType]) -> String {
        let kernel = packedShape ?? inputs[1].shape
        let taps = kernel.dimensions.dropLast(2).map(String.init).joined(separator: "×")
        let stride = geometry.strides.allSatisfy { $0 == 1 } ? "" : "/\(geometry.strides[0])"
        let kind =
            switch algorithm {
            case .tiles4: " winograd 4×4"
            case .tiles2: " winograd 2×2"
            case .sums:
                geometry.groups == 1
                    ? "" : kernel[kernel.rank - 2] == 1 ? " depthwise" : " grouped"
            }
        let scaled = scalesInput ? " of scaled input" : ""
        return epilogue.describe(taps + stride + kind + storage.suffix + scaled)
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        lowered(inputs, outputs)
            .scratchByteCount(SL_CONVOLUTION_OUTPUT, packs: packedShape == nil, threads: threads)
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        epilogue.hasRows(rows, from: operandCount)
            && Array(rows.hasRows[..<operandCount]) == [true, false] + (scalesInput ? [true] : [])
            ? self : nil
    }

    package func evaluate(_ call: OpCall) {
        var convolution = lowered(call.inputTypes, call.outputTypes)
        let pass = SL_CONVOLUTION_OUTPUT
        let (packed, scratch) = convolution.packedKernel(call, pass, packs: packedShape == nil)
        if scalesInput { convolution.input_scale = call.floats(2) }
        let epilogue = epilogue.lowered(call, from: operandCount)
        let (x, y) = (call.floats(0), call.outputFloats())
        let whole = convolution
        whole.forEachPart(of: pass, workers: call.workers) { part, thread in
            var (convolution, epilogue) = (whole, epilogue)
            sl_convolution_output(&convolution, x, packed, &epilogue, part, y, scratch[thread])
        }
    }

    private func lowered(_ inputs: [TensorType], _ outputs: [TensorType]) -> sl_convolution {
        geometry.lowered(
            input: inputs[0].shape, kernel: packedShape ?? inputs[1].shape,
            output: outputs[0].shape, algorithm, storage)
    }

    /// The fastest algorithm for these operands, the same for every batch size.
    func fastestAlgorithm(input: Shape, kernel: Shape) throws -> ConvolutionAlgorithm {
        var image = geometry.lowered(
            input: try input.replacing(axis: 0, with: 1), kernel: kernel,
            output: try geometry.outputShape(input: input, kernel: kernel, of: self)
                .replacing(axis: 0, with: 1))
        return ConvolutionAlgorithm(tile: sl_convolution_tile(&image))
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard epilogue.isEmpty, packedShape == nil, !scalesInput else {
            throw GraphError.notDifferentiable(op: "fused \(name)")
        }
        guard let dy = outputGradients[0] else { return [nil, nil] }
        let (x, kernel) = (node.inputs[0], node.inputs[1])
        let input = ConvolutionInputGradient(
            geometry, spatial: Array(graph.shape(of: x).dimensions[1...].dropLast()))
        let weights = ConvolutionKernelGradient(
            geometry, kernel: Array(graph.shape(of: kernel).dimensions.dropLast(2)))
        return [try graph.apply(input, dy, kernel), try graph.apply(weights, x, dy)]
    }
}

extension Op {
    /// Checks number and element types of a convolution's operands; the shape of the kernel.
    func kernelShape(
        _ inputs: [TensorType], packed: Shape?, in storage: WeightStorage, operands: Int = 2,
        epilogue: Epilogue
    ) throws -> Shape {
        let count = operands + epilogue.operandCount
        try expect(inputs, count: count...count)
        try expectFloats(inputs, packed: storage)
        return packed ?? inputs[1].shape
    }

    /// Checks that all operands are of float32 but the packed one, number 1.
    func expectFloats(_ inputs: [TensorType], packed storage: WeightStorage) throws {
        let wanted = inputs.indices.map { $0 == 1 ? storage.dtype : .float32 }
        guard inputs.map(\.dtype) == wanted else { throw refusal("float32 operands expected") }
    }

    func checkPacked(_ type: TensorType, _ count: Int, _ storage: WeightStorage) throws {
        guard type == TensorType(.vector(count), storage.dtype) else {
            throw refusal("a packed kernel of \(count) numbers expected, \(type) found")
        }
    }
}

extension sl_convolution {
    func scratchByteCount(_ pass: sl_convolution_pass, packs: Bool, threads: Int) -> Int {
        let kernel = packs ? ThreadScratch.byteCount(floats: packedCount(pass)) : 0
        return kernel + threads * ThreadScratch.byteCount(floats: scratchCount(pass))
    }

    /// The kernel, operand 1, packed (now, into scratch memory, if `packs`), and the rest of the
    /// scratch memory.
    func packedKernel(
        _ call: OpCall, _ pass: sl_convolution_pass, packs: Bool
    ) -> (UnsafePointer<Float>, ThreadScratch) {
        let floats = scratchCount(pass)
        guard packs else { return (call.floats(1), ThreadScratch(call.scratch, floats: floats)) }
        let packed = call.scratch.assumingMemoryBound(to: Float.self)
        pack(call.floats(1), for: pass, into: packed, workers: call.workers)
        let used = ThreadScratch.byteCount(floats: packedCount(pass))
        return (UnsafePointer(packed), ThreadScratch(call.scratch + used, floats: floats))
    }
}

extension Graph {
    /// A convolution; see ``Convolution``.
    package mutating func convolution(
        _ x: Value, _ kernel: Value, strides: [Int], dilation: [Int],
        padding: [(before: Int, after: Int)], groups: Int = 1
    ) throws -> Value {
        let geometry = ConvolutionGeometry(
            strides: strides, dilation: dilation, padding: padding, groups: groups)
        return try apply(Convolution(geometry), x, kernel)
    }

    /// A convolution of every channel by itself with a kernel of
    /// `[spatial…, channels, multiplier]`: `[batch, spatial…, channels]` →
    /// `[batch, spatial…, channels · multiplier]`.
    package mutating func depthwiseConvolution(
        _ x: Value, _ kernel: Value, strides: [Int], dilation: [Int],
        padding: [(before: Int, after: Int)]
    ) throws -> Value {
        let shape = self.shape(of: kernel)
        guard shape.rank >= 3 else {
            throw GraphError.operands(op: "convolution", cause: "a depthwise kernel of \(shape)")
        }
        let channels = shape[shape.rank - 2]
        let grouped = shape.dimensions.dropLast(2) + [1, channels * shape[shape.rank - 1]]
        return try convolution(
            x, reshape(kernel, to: Array(grouped)), strides: strides, dilation: dilation,
            padding: padding, groups: channels)
    }
}
