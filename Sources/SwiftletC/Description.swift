internal import CSwiftlet
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Name, element type and shape of an input or output in memory that C may read.
///
/// Immutable once made, hence safe to share.
final class Description: @unchecked Sendable {
    let name: String
    private let text: UnsafeMutablePointer<CChar>
    private let extents: UnsafeMutableBufferPointer<Int64>
    private let dtype: DType

    /// - Parameter shape: nil for an extent that varies.
    init(name: String, dtype: DType, shape: [Int?]) {
        self.name = name
        self.dtype = dtype
        let bytes = Array(name.utf8CString)
        text = .allocate(capacity: bytes.count)
        text.initialize(from: bytes, count: bytes.count)
        extents = .allocate(capacity: shape.count)
        _ = extents.initialize(from: shape.map { $0.map { Int64($0) } ?? -1 })
    }

    deinit {
        text.deallocate()
        extents.deallocate()
    }

    /// Valid as long as this object lives, and the data's owner.
    func tensor(data: UnsafeRawPointer? = nil, bytes: Int = 0) -> swiftlet_tensor {
        swiftlet_tensor(
            name: UnsafePointer(text), dtype: dtype.number, rank: Int32(extents.count),
            shape: UnsafePointer(extents.baseAddress), data: data, bytes: bytes)
    }
}

extension DType {
    private static let numbers: [(number: Int, dtype: DType)] = [
        (Int(SWIFTLET_FLOAT16), .float16), (Int(SWIFTLET_BFLOAT16), .bfloat16),
        (Int(SWIFTLET_FLOAT32), .float32), (Int(SWIFTLET_FLOAT64), .float64),
        (Int(SWIFTLET_INT8), .int8), (Int(SWIFTLET_INT16), .int16),
        (Int(SWIFTLET_INT32), .int32), (Int(SWIFTLET_INT64), .int64),
        (Int(SWIFTLET_UINT8), .uint8), (Int(SWIFTLET_UINT16), .uint16),
        (Int(SWIFTLET_UINT32), .uint32), (Int(SWIFTLET_UINT64), .uint64),
        (Int(SWIFTLET_BOOL), .bool), (Int(SWIFTLET_STRING), .string),
    ]

    init(_ number: swiftlet_dtype) throws(Failure) {
        guard let row = Self.numbers.first(where: { $0.number == number }) else {
            throw .argument("\(number) is no element type")
        }
        self = row.dtype
    }

    var number: swiftlet_dtype {
        swiftlet_dtype(Self.numbers.first { $0.dtype == self }?.number ?? 0)
    }
}
