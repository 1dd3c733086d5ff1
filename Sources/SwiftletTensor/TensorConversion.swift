extension Tensor {
    /// The same values in another element type, by C's rules: float to integer truncates toward
    /// zero (and saturates), anything but zero is true.
    ///
    /// - Throws: ``TensorError/conversion(from:to:)`` between strings and numbers.
    public func converted(to target: DType) throws -> Tensor {
        if target == dtype { return self }
        guard Self.canConvert(dtype, to: target) else {
            throw TensorError.conversion(from: dtype, to: target)
        }
        return try Tensor(shape: shape, dtype: target) { bytes in
            guard let output = bytes.baseAddress else { return }
            withUnsafeBytes { input in
                guard let input = input.baseAddress else { return }
                convertElements(input, from: dtype, to: target, output, count: elementCount)
            }
        }
    }

    /// Whether numbers of one type can become those of another: strings cannot, nor `float16` where
    /// Swift lacks the type.
    package static func canConvert(_ source: DType, to target: DType) -> Bool {
        #if os(macOS) && arch(x86_64)
            if source == .float16 || target == .float16 { return source == target }
        #endif
        return source != .string && target != .string
    }
}

/// Converts numbers as ``Tensor/converted(to:)`` does; the two must be convertible.
package func convertElements(
    _ input: UnsafeRawPointer, from source: DType, to target: DType,
    _ output: UnsafeMutableRawPointer, count: Int
) {
    func integers<Source: TensorElement & FixedWidthInteger>(_: Source.Type) {
        convertIntegers(
            UnsafeBufferPointer(start: input.assumingMemoryBound(to: Source.self), count: count),
            to: target, output)
    }
    func numbers<Source: TensorElement>(_: Source.Type, _ value: (Source) -> Double) {
        convertNumbers(
            UnsafeBufferPointer(start: input.assumingMemoryBound(to: Source.self), count: count),
            to: target, output, value)
    }
    switch source {
    case .float16 where target == .float32:
        #if !(os(macOS) && arch(x86_64))
            map(
                UnsafeBufferPointer(
                    start: input.assumingMemoryBound(to: Float16.self), count: count), output
            ) {
                Float($0)
            }
        #endif
    case .bfloat16 where target == .float32:
        map(
            UnsafeBufferPointer(
                start: input.assumingMemoryBound(to: BFloat16.self), count: count), output
        ) {
            Float($0)
        }
    case .float16:
        #if !(os(macOS) && arch(x86_64))
            numbers(Float16.self) { Double($0) }
        #endif
    case .bfloat16: numbers(BFloat16.self) { Double(Float($0)) }
    case .float32: numbers(Float.self) { Double($0) }
    case .float64: numbers(Double.self) { $0 }
    case .int8: integers(Int8.self)
    case .int16: integers(Int16.self)
    case .int32: integers(Int32.self)
    case .int64: integers(Int64.self)
    case .uint8: integers(UInt8.self)
    case .uint16: integers(UInt16.self)
    case .uint32: integers(UInt32.self)
    case .uint64: integers(UInt64.self)
    case .bool: numbers(Bool.self) { $0 ? 1 : 0 }
    case .string: preconditionFailure("strings are no numbers")
    }
}

/// Integers go to integers without a detour through `Double`, which holds only 53 bits.
private func convertIntegers<Source: TensorElement & FixedWidthInteger>(
    _ input: UnsafeBufferPointer<Source>, to target: DType, _ output: UnsafeMutableRawPointer
) {
    func integers<Target: TensorElement & FixedWidthInteger>(_: Target.Type) {
        map(input, output) { Target(truncatingIfNeeded: $0) }
    }
    switch target {
    case .int8: integers(Int8.self)
    case .int16: integers(Int16.self)
    case .int32: integers(Int32.self)
    case .int64: integers(Int64.self)
    case .uint8: integers(UInt8.self)
    case .uint16: integers(UInt16.self)
    case .uint32: integers(UInt32.self)
    case .uint64: integers(UInt64.self)
    case .float32: map(input, output) { Float($0) }
    default: convertNumbers(input, to: target, output) { Double($0) }
    }
}

private func convertNumbers<Source: TensorElement>(
    _ input: UnsafeBufferPointer<Source>, to target: DType, _ output: UnsafeMutableRawPointer,
    _ value: (Source) -> Double
) {
    func integers<Target: TensorElement & FixedWidthInteger>(_: Target.Type) {
        map(input, output) { saturated(value($0), as: Target.self) }
    }
    switch target {
    case .float16:
        #if !(os(macOS) && arch(x86_64))
            map(input, output) { Float16(value($0)) }
        #endif
    case .bfloat16: map(input, output) { BFloat16(Float(value($0))) }
    case .float32: map(input, output) { Float(value($0)) }
    case .float64: map(input, output, value)
    case .int8: integers(Int8.self)
    case .int16: integers(Int16.self)
    case .int32: integers(Int32.self)
    case .int64: integers(Int64.self)
    case .uint8: integers(UInt8.self)
    case .uint16: integers(UInt16.self)
    case .uint32: integers(UInt32.self)
    case .uint64: integers(UInt64.self)
    case .bool: map(input, output) { value($0) != 0 }
    case .string: preconditionFailure("strings are no numbers")
    }
}

@inline(__always)
private func map<Source: TensorElement, Target: TensorElement>(
    _ input: UnsafeBufferPointer<Source>, _ output: UnsafeMutableRawPointer,
    _ transform: (Source) -> Target
) {
    let output = output.assumingMemoryBound(to: Target.self)
    for index in 0..<input.count { output[index] = transform(input[index]) }
}

private func saturated<Target: FixedWidthInteger>(_ value: Double, as: Target.Type) -> Target {
    if value.isNaN { return 0 }
    let truncated = value.rounded(.towardZero)
    if truncated >= Double(Target.max) { return .max }
    if truncated <= Double(Target.min) { return .min }
    return Target(truncated)
}
