package import SwiftletTensor

extension DType {
    /// The type's name in the Open Inference Protocol.
    package var protocolName: String {
        switch self {
        case .bool: "BOOL"
        case .uint8: "UINT8"
        case .uint16: "UINT16"
        case .uint32: "UINT32"
        case .uint64: "UINT64"
        case .int8: "INT8"
        case .int16: "INT16"
        case .int32: "INT32"
        case .int64: "INT64"
        case .float16: "FP16"
        case .bfloat16: "BF16"
        case .float32: "FP32"
        case .float64: "FP64"
        case .string: "BYTES"
        }
    }

    /// The type of a name in the Open Inference Protocol; nil for one that it does not have.
    package init?(protocolName: String) {
        guard let type = Self.allCases.first(where: { $0.protocolName == protocolName }) else {
            return nil
        }
        self = type
    }
}
