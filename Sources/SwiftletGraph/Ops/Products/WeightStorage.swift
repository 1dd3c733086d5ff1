internal import CKernels
package import SwiftletTensor

/// In which type packed weights are held. They are widened as they are loaded and added up in
/// float32: results are those of float32 weights rounded to the type.
public enum WeightStorage: String, Sendable, Hashable, CaseIterable {
    case float32, bfloat16, float16

    package var dtype: DType {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }

    /// The type for a kernel of `count` numbers: small ones stay in the caches and gain nothing.
    package func storage(ofKernel count: Int) -> WeightStorage {
        count < Self.leastNarrowed ? .float32 : self
    }

    /// The type for a convolution's kernel. Those of a channel each stay as they are: they are small,
    /// and read with every pixel.
    func storage(ofKernel shape: Shape, in geometry: ConvolutionGeometry) -> WeightStorage {
        let isDepthwise = geometry.groups > 1 && shape[shape.rank - 2] == 1
        return isDepthwise ? .float32 : storage(ofKernel: shape.elementCount)
    }

    private static let leastNarrowed = 1 << 14

    var code: sl_storage {
        switch self {
        case .float32: SL_STORAGE_FLOAT32
        case .bfloat16: SL_STORAGE_BFLOAT16
        case .float16: SL_STORAGE_FLOAT16
        }
    }

    /// What is added to the names of passes and kernels.
    package var suffix: String { self == .float32 ? "" : " in \(rawValue)" }
}
