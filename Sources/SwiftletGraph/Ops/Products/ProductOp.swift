package import SwiftletTensor

/// What passes need to know of ``MatMul``, ``Convolution`` and ``ConvolutionInputGradient``.
///
/// Operands: the data, the kernel, then those of the epilogue. The last axis of the result numbers
/// the columns: units, filters, channels.
package protocol ProductOp: Op {
    var epilogue: Epilogue { get }
    /// If set, the kernel's shape before it was packed.
    var packedShape: Shape? { get }

    /// The same product with another epilogue.
    func with(_ epilogue: Epilogue) -> Self

    /// The op that packs a constant kernel, and the same product reading its result; nil if this
    /// product takes kernels only as they are.
    ///
    /// - Parameters:
    ///   - operands: the data and the kernel.
    ///   - isExact: whether algorithms that round more than plain sums are ruled out.
    func packed(
        _ operands: [TensorType], isExact: Bool
    ) throws -> (packing: any Op, product: Self)?

    /// The shape in which one factor per column multiplies the kernel; nil if none does.
    func factorShape(columns: Int) -> [Int]?
}

extension MatMul: ProductOp {
    package func with(_ epilogue: Epilogue) -> MatMul {
        MatMul(
            transposesA: transposesA, transposesB: transposesB, epilogue: epilogue,
            packedShape: packedShape)
    }

    package func packed(
        _ operands: [TensorType], isExact: Bool
    ) -> (packing: any Op, product: MatMul)? {
        let shape = operands[1].shape
        guard packedShape == nil, shape.rank == 2, !streams(operands) else { return nil }
        let product = MatMul(
            transposesA: transposesA, transposesB: transposesB, epilogue: epilogue,
            packedShape: shape)
        return (PackMatrix(isTransposed: transposesB), product)
    }

    package func factorShape(columns: Int) -> [Int]? {
        transposesB ? [columns, 1] : [columns]
    }
}

extension Convolution: ProductOp {
    package func with(_ epilogue: Epilogue) -> Convolution {
        Convolution(
            geometry, epilogue: epilogue, packedShape: packedShape, algorithm: algorithm)
    }

    package func packed(
        _ operands: [TensorType], isExact: Bool
    ) throws -> (packing: any Op, product: Convolution)? {
        guard packedShape == nil else { return nil }
        let (input, kernel) = (operands[0].shape, operands[1].shape)
        let algorithm =
            isExact ? .sums : try fastestAlgorithm(input: input, kernel: kernel)
        let product = Convolution(
            geometry, epilogue: epilogue, packedShape: kernel, algorithm: algorithm)
        return (PackKernel(geometry, algorithm: algorithm), product)
    }

    package func factorShape(columns: Int) -> [Int]? { [columns] }
}

extension ConvolutionInputGradient: ProductOp {
    package func with(_ epilogue: Epilogue) -> ConvolutionInputGradient {
        ConvolutionInputGradient(
            geometry, spatial: spatial, epilogue: epilogue, packedShape: packedShape)
    }

    package func packed(
        _ operands: [TensorType], isExact: Bool
    ) -> (packing: any Op, product: ConvolutionInputGradient)? {
        guard packedShape == nil else { return nil }
        let product = ConvolutionInputGradient(
            geometry, spatial: spatial, epilogue: epilogue, packedShape: operands[1].shape)
        return (PackKernel(geometry, isTransposed: true), product)
    }

    /// The kernel's channels are the result's columns only if all lie in one group.
    package func factorShape(columns: Int) -> [Int]? {
        geometry.groups == 1 ? [columns, 1] : nil
    }
}
