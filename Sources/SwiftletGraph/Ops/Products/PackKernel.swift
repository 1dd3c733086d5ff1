internal import CKernels
internal import SwiftletTensor

/// A constant kernel of ``Convolution`` or ``ConvolutionInputGradient`` in the order in which the
/// kernels of this processor read it. Its layout never leaves the process.
package struct PackKernel: Op {
    package let geometry: ConvolutionGeometry
    /// Whether it is packed for the transposed convolution.
    package let isTransposed: Bool
    package let algorithm: ConvolutionAlgorithm
    package let storage: WeightStorage

    package init(
        _ geometry: ConvolutionGeometry, isTransposed: Bool = false,
        algorithm: ConvolutionAlgorithm = .sums, storage: WeightStorage = .float32
    ) {
        self.geometry = geometry
        self.isTransposed = isTransposed
        self.algorithm = algorithm
        self.storage = storage
    }

    package var name: String { "pack_kernel" }
    private var pass: sl_convolution_pass {
        isTransposed ? SL_CONVOLUTION_INPUT_GRADIENT : SL_CONVOLUTION_OUTPUT
    }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        let kernel = inputs[0].shape
        guard inputs[0].dtype == .float32, kernel.rank == geometry.strides.count + 2,
            geometry.groups > 0, kernel[kernel.rank - 1] % geometry.groups == 0
        else { throw refusal("a kernel of \(inputs[0])") }
        return [TensorType(.vector(try lowered(kernel).packedCount(pass)), storage.dtype)]
    }

    package func evaluate(_ call: OpCall) throws {
        try lowered(call.inputTypes[0].shape)
            .pack(call.floats(0), for: pass, into: call.outputFloats(), workers: call.workers)
    }

    /// The packed form does not depend on the size of the images.
    private func lowered(_ kernel: Shape) throws -> sl_convolution {
        let axes = geometry.strides.count
        let ones = [Int](repeating: 1, count: axes)
        let channels = kernel[axes] * geometry.groups
        return geometry.lowered(
            input: try Shape([1] + ones + [channels]), kernel: kernel,
            output: try Shape([1] + ones + [kernel[axes + 1]]), algorithm, storage)
    }
}
