package import SwiftletTensor

/// What passes need to know of ``MatMul``, ``Convolution``, ``ConvolutionInputGradient`` and
/// ``RoundedProduct``.
///
/// Operands: the data, the kernel and what belongs to it, then those of the epilogue. The last axis of the result numbers
/// the columns: units, filters, channels.
package protocol ProductOp: Op {
    var epilogue: Epilogue { get }
    /// Operands before those of the epilogue.
    var operandCount: Int { get }
    /// If set, the kernel's shape before it was packed.
    var packedShape: Shape? { get }

    /// The same product with another epilogue.
    func with(_ epilogue: Epilogue) -> Self

    /// The op that packs a constant kernel, and the same product reading its result; nil if this
    /// product takes kernels only as they are, or none in another type.
    ///
    /// - Parameters:
    ///   - operands: the data and the kernel.
    ///   - isExact: whether algorithms that round more than plain sums are ruled out.
    ///   - storage: what large kernels are held in.
    func packed(
        _ operands: [TensorType], isExact: Bool, storage: WeightStorage
    ) throws -> (packing: any Op, product: Self)?

    /// The shape in which one factor per column multiplies the kernel; nil if none does.
    func factorShape(columns: Int) -> [Int]?
}

extension ProductOp {
    package var operandCount: Int { 2 }
}

extension MatMul: ProductOp {
    package func with(_ epilogue: Epilogue) -> MatMul {
        MatMul(
            transposesA: transposesA, transposesB: transposesB, epilogue: epilogue,
            packedShape: packedShape, storage: storage)
    }

    package func packed(
        _ operands: [TensorType], isExact: Bool, storage: WeightStorage
    ) -> (packing: any Op, product: MatMul)? {
        let shape = operands[1].shape
        let storage = storage.storage(ofKernel: shape.elementCount)
        guard packedShape == nil, shape.rank == 2, storage != .float32 || !streams(operands)
        else { return nil }
        let product = MatMul(
            transposesA: transposesA, transposesB: transposesB, epilogue: epilogue,
            packedShape: shape, storage: storage)
        return (PackMatrix(isTransposed: transposesB, storage: storage), product)
    }

    package func factorShape(columns: Int) -> [Int]? {
        transposesB ? [columns, 1] : [columns]
    }
}

extension Convolution: ProductOp {
    package var operandCount: Int { scalesInput ? 3 : 2 }

    package func with(_ epilogue: Epilogue) -> Convolution {
        Convolution(
            geometry, epilogue: epilogue, scalesInput: scalesInput, packedShape: packedShape,
            algorithm: algorithm, storage: storage)
    }

    /// The same with factors for its input, if it can take them.
    package func scalingInput(kernel: Shape) -> Convolution? {
        guard !scalesInput, packedShape == nil, isPointwise(kernel) else { return nil }
        return Convolution(geometry, epilogue: epilogue, scalesInput: true)
    }

    package func packed(
        _ operands: [TensorType], isExact: Bool, storage: WeightStorage
    ) throws -> (packing: any Op, product: Convolution)? {
        guard packedShape == nil else { return nil }
        let (input, kernel) = (operands[0].shape, operands[1].shape)
        let storage = storage.storage(ofKernel: kernel, in: geometry)
        var algorithm =
            isExact ? .sums : try fastestAlgorithm(input: input, kernel: kernel)
        // Tiles of 4 × 4 make six times as much of a kernel's rounding as plain sums, and are larger
        // packed; those of 2 × 2 less than twice as much.
        if storage != .float32, algorithm == .tiles4 { algorithm = .tiles2 }
        let product = Convolution(
            geometry, epilogue: epilogue, scalesInput: scalesInput, packedShape: kernel,
            algorithm: algorithm, storage: storage)
        return (PackKernel(geometry, algorithm: algorithm, storage: storage), product)
    }

    package func factorShape(columns: Int) -> [Int]? { [columns] }
}

extension ConvolutionInputGradient: ProductOp {
    package func with(_ epilogue: Epilogue) -> ConvolutionInputGradient {
        ConvolutionInputGradient(
            geometry, spatial: spatial, epilogue: epilogue, packedShape: packedShape,
            storage: storage)
    }

    package func packed(
        _ operands: [TensorType], isExact: Bool, storage: WeightStorage
    ) -> (packing: any Op, product: ConvolutionInputGradient)? {
        guard packedShape == nil else { return nil }
        let storage = storage.storage(ofKernel: operands[1].shape, in: geometry)
        let product = ConvolutionInputGradient(
            geometry, spatial: spatial, epilogue: epilogue, packedShape: operands[1].shape,
            storage: storage)
        return (PackKernel(geometry, isTransposed: true, storage: storage), product)
    }

    /// The kernel's channels are the result's columns only if all lie in one group.
    package func factorShape(columns: Int) -> [Int]? {
        geometry.groups == 1 ? [columns, 1] : nil
    }
}
