internal import SwiftletTensor

/// An element type, or a Python number's, which gives way to that of tensors.
enum OperandType: Hashable, Sendable {
    case tensor(DType)
    case weakInt
    case weakFloat
}

/// Keras's type promotion: the least upper bound on JAX's lattice of types.
enum TypePromotion {
    /// The next types above each.
    private static let above: [OperandType: [OperandType]] = [
        .tensor(.bool): [.weakInt],
        .weakInt: [.tensor(.uint8), .tensor(.int8)],
        .tensor(.uint8): [.tensor(.int16), .tensor(.uint16)],
        .tensor(.uint16): [.tensor(.int32), .tensor(.uint32)],
        .tensor(.uint32): [.tensor(.int64), .tensor(.uint64)],
        .tensor(.uint64): [.weakFloat],
        .tensor(.int8): [.tensor(.int16)],
        .tensor(.int16): [.tensor(.int32)],
        .tensor(.int32): [.tensor(.int64)],
        .tensor(.int64): [.weakFloat],
        .weakFloat: [.tensor(.bfloat16), .tensor(.float16)],
        .tensor(.bfloat16): [.tensor(.float32)],
        .tensor(.float16): [.tensor(.float32)],
        .tensor(.float32): [.tensor(.float64)],
        .tensor(.float64): [],
    ]

    private static let bounds: [OperandType: Set<OperandType>] = {
        func reach(_ type: OperandType) -> Set<OperandType> {
            (above[type] ?? []).reduce(into: [type]) { $0.formUnion(reach($1)) }
        }
        return Dictionary(uniqueKeysWithValues: above.keys.map { ($0, reach($0)) })
    }()

    /// The type that operands of these types are computed in, as `keras.backend.result_type`.
    static func result(of types: [OperandType]) -> DType {
        let distinct = Set(types)
        let common =
            distinct.compactMap { bounds[$0] }
            .reduce(nil) { (all: Set<OperandType>?, one) in all?.intersection(one) ?? one } ?? []
        let least =
            common.first { distinct.contains($0) }
            ?? common.first { bounds[$0].map(common.isSubset) == true }
        switch least {
        case .tensor(.uint64)?: return .uint32
        case .tensor(let dtype)?: return dtype
        case .weakInt?: return .int32
        case .weakFloat?, nil: return .float32
        }
    }
}

extension DType {
    /// The type in which numbers of this type lie in a graph: floats are all float32.
    var inGraph: DType { isFloatingPoint ? .float32 : self }

    /// The type in which sums and the like are computed, wide enough for this one.
    var working: DType {
        switch self {
        case .int8, .int16, .uint16: .int32
        case .uint32, .uint64: .int64
        default: inGraph
        }
    }
}
