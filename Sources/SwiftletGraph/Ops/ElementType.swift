internal import CKernels
internal import SwiftletTensor

extension DType {
    /// The kernels' name of the type; nil for those that operations do not compute with.
    var kernelType: sl_type? {
        switch self {
        case .float32: SL_FLOAT32
        case .int32: SL_INT32
        case .int64: SL_INT64
        case .uint8, .bool: SL_UINT8
        default: nil
        }
    }
}
