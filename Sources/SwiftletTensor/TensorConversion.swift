extension Tensor {
    /// The same values in another element type, by C's rules: float to integer truncates toward
    /// zero (and saturates), anything but zero is true.
    ///
    /// - Throws: ``TensorError/conversion(from:to:)`` between strings and numbers.
    public func converted(to target: DType) throws -> Tensor {
        if target == dtype { return self }
        switch dtype {
        case .float16:
            #if os(macOS) && arch(x86_64)
                throw TensorError.conversion(from: dtype, to: target)
            #else
                return try converted(from: Float16.self, to: target) { Double($0) }
            #endif
        case .bfloat16: return try converted(from: BFloat16.self, to: target) { Double(Float($0)) }
        case .float32: return try converted(from: Float.self, to: target) { Double($0) }
        case .float64: return try converted(from: Double.self, to: target) { $0 }
        case .int8: return try convertedInteger(from: Int8.self, to: target)
        case .int16: return try convertedInteger(from: Int16.self, to: target)
        case .int32: return try convertedInteger(from: Int32.self, to: target)
        case .int64: return try convertedInteger(from: Int64.self, to: target)
        case .uint8: return try convertedInteger(from: UInt8.self, to: target)
        case .uint16: return try convertedInteger(from: UInt16.self, to: target)
        case .uint32: return try convertedInteger(from: UInt32.self, to: target)
        case .uint64: return try convertedInteger(from: UInt64.self, to: target)
        case .bool: return try converted(from: Bool.self, to: target) { $0 ? 1 : 0 }
        case .string: throw TensorError.conversion(from: dtype, to: target)
        }
    }

    /// Integers go to integers without a detour through `Double`, which holds only 53 bits.
    private func convertedInteger<Source: TensorElement & FixedWidthInteger>(
        from source: Source.Type, to target: DType
    ) throws -> Tensor {
        func map<Target: TensorElement & FixedWidthInteger>(_: Target.Type) throws -> Tensor {
            try mapped(source) { Target(truncatingIfNeeded: $0) }
        }
        switch target {
        case .int8: return try map(Int8.self)
        case .int16: return try map(Int16.self)
        case .int32: return try map(Int32.self)
        case .int64: return try map(Int64.self)
        case .uint8: return try map(UInt8.self)
        case .uint16: return try map(UInt16.self)
        case .uint32: return try map(UInt32.self)
        case .uint64: return try map(UInt64.self)
        case .float32: return try mapped(source) { Float($0) }
        default: return try converted(from: source, to: target) { Double($0) }
        }
    }

    private func converted<Source: TensorElement>(
        from source: Source.Type, to target: DType, _ value: (Source) -> Double
    ) throws -> Tensor {
        func integer<Target: TensorElement & FixedWidthInteger>(_: Target.Type) throws -> Tensor {
            try mapped(source) { saturated(value($0), as: Target.self) }
        }
        switch target {
        case .float16:
            #if os(macOS) && arch(x86_64)
                throw TensorError.conversion(from: dtype, to: target)
            #else
                return try mapped(source) { Float16(value($0)) }
            #endif
        case .bfloat16: return try mapped(source) { BFloat16(Float(value($0))) }
        case .float32: return try mapped(source) { Float(value($0)) }
        case .float64: return try mapped(source, value)
        case .int8: return try integer(Int8.self)
        case .int16: return try integer(Int16.self)
        case .int32: return try integer(Int32.self)
        case .int64: return try integer(Int64.self)
        case .uint8: return try integer(UInt8.self)
        case .uint16: return try integer(UInt16.self)
        case .uint32: return try integer(UInt32.self)
        case .uint64: return try integer(UInt64.self)
        case .bool: return try mapped(source) { value($0) != 0 }
        case .string: throw TensorError.conversion(from: dtype, to: target)
        }
    }

    private func mapped<Source: TensorElement, Target: TensorElement>(
        _ source: Source.Type, _ transform: (Source) -> Target
    ) throws -> Tensor {
        try Tensor(shape: shape, dtype: Target.dtype) { bytes in
            let output = bytes.assumingMemoryBound(to: Target.self)
            try withElements(of: source) { input in
                for index in 0..<input.count { output[index] = transform(input[index]) }
            }
        }
    }
}

private func saturated<Target: FixedWidthInteger>(_ value: Double, as: Target.Type) -> Target {
    if value.isNaN { return 0 }
    let truncated = value.rounded(.towardZero)
    if truncated >= Double(Target.max) { return .max }
    if truncated <= Double(Target.min) { return .min }
    return Target(truncated)
}
