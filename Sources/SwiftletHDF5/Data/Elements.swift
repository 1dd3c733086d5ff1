internal import SwiftletFiles
internal import SwiftletTensor

/// From the file's own types to a tensor's.
extension Datatype {
    /// Whether the bytes in the file are a tensor's on this machine.
    var isNative: Bool {
        #if _endian(big)
            return false
        #else
            switch self {
            case .integer(let size, let format):
                return !format.isBigEndian && format.bitOffset == 0
                    && format.precision == 8 * size && size == dtype.size
            case .float(let size, let format):
                return !format.isBigEndian && format.exactType(size: size) != nil
            case .bfloat16: return true
            case .bool, .fixedString, .variableString, .array: return false
            }
        #endif
    }

    /// Converts `count` numbers.
    func convert(
        _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer, count: Int
    ) {
        let size = self.size
        let width = dtype.size
        guard let start = source.baseAddress, let out = target.baseAddress,
            source.count >= count * size, target.count >= count * width
        else { return }
        for index in 0..<count {
            let bytes = UnsafeRawBufferPointer(start: start + index * size, count: size)
            store(number(bytes), at: out + index * width)
        }
    }

    private func store(_ bits: UInt64, at out: UnsafeMutableRawPointer) {
        switch dtype.size {
        case 1: out.storeBytes(of: UInt8(truncatingIfNeeded: bits), as: UInt8.self)
        case 2: out.storeBytes(of: UInt16(truncatingIfNeeded: bits), as: UInt16.self)
        case 4: out.storeBytes(of: UInt32(truncatingIfNeeded: bits), as: UInt32.self)
        default: out.storeBytes(of: bits, as: UInt64.self)
        }
    }

    /// The bits of one number in the tensor's type.
    private func number(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        switch self {
        case .integer(_, let format):
            return format.value(Bits(bytes, isBigEndian: format.isBigEndian))
        case .float(let size, let format):
            let bits = Bits(bytes, isBigEndian: format.isBigEndian)
            guard format.exactType(size: size) == nil else { return bits.low }
            let value = format.value(bits)
            return dtype == .float64 ? value.bitPattern : UInt64(Float(value).bitPattern)
        // Any other byte would not be a valid Bool.
        case .bool: return UInt64(bytes[0] & 1)
        case .bfloat16: return Bits(bytes, isBigEndian: false).low
        case .fixedString, .variableString, .array: return 0
        }
    }
}

/// The bits of an element of up to 16 bytes.
private struct Bits {
    var low: UInt64 = 0
    var high: UInt64 = 0

    init(_ bytes: UnsafeRawBufferPointer, isBigEndian: Bool) {
        for index in 0..<min(bytes.count, 16) {
            let byte = UInt64(bytes[isBigEndian ? bytes.count - 1 - index : index])
            if index < 8 {
                low |= byte << UInt64(8 * index)
            } else {
                high |= byte << UInt64(8 * index - 64)
            }
        }
    }

    /// `count` bits (64 at most) from `start` on. Shifts beyond the width give zeros.
    func field(_ start: Int, _ count: Int) -> UInt64 {
        let shifted = start < 64 ? low >> start | high << (64 - start) : high >> (start - 64)
        return count >= 64 ? shifted : shifted & (UInt64(1) << count - 1)
    }
}

extension IntegerFormat {
    fileprivate func value(_ bits: Bits) -> UInt64 {
        let value = bits.field(bitOffset, precision)
        let isNegative = isSigned && value >> UInt64(precision - 1) & 1 == 1
        return isNegative && precision < 64 ? value | UInt64.max << precision : value
    }
}

extension FloatFormat {
    /// The nearest `Double`.
    fileprivate func value(_ bits: Bits) -> Double {
        let exponent = Int(bits.field(exponentStart, exponentSize))
        let mantissa = bits.field(mantissaStart, mantissaSize)
        let isNegative = bits.field(sign, 1) == 1
        let mostExponent = 1 << exponentSize - 1
        let magnitude: Double
        if exponent == mostExponent {
            let fraction = hasHiddenBit ? mantissa : mantissa & ~(1 << UInt64(mantissaSize - 1))
            magnitude = fraction == 0 ? .infinity : .nan
        } else {
            let hidden =
                hasHiddenBit && exponent > 0
                ? Double(sign: .plus, exponent: mantissaSize, significand: 1) : 0
            let scale =
                max(exponent, 1) - bias - mantissaSize + (hasHiddenBit ? 0 : 1)
            magnitude = Double(
                sign: .plus, exponent: scale, significand: Double(mantissa) + hidden)
        }
        return isNegative ? -magnitude : magnitude
    }
}

/// Strings.
extension Datatype {
    /// - Parameter heap: where variable-length strings keep their bytes.
    func strings(
        _ source: UnsafeRawBufferPointer, count: Int, _ heap: GlobalHeap, _ reading: Reading
    ) throws(Refusal) -> [String] {
        var strings: [String] = []
        strings.reserveCapacity(min(count, 1 << 20))
        let size = self.size
        for index in 0..<count {
            let bytes = UnsafeRawBufferPointer(
                rebasing: source[index * size..<(index + 1) * size])
            switch self {
            case .fixedString(_, let padding):
                strings.append(try Self.string(padding.trim(bytes)))
            default: strings.append(try Self.string(variable(bytes, heap, reading)))
            }
        }
        return strings
    }

    /// Length, address of the heap's collection, number in it; the text may end earlier at a null.
    private func variable(
        _ bytes: UnsafeRawBufferPointer, _ heap: GlobalHeap, _ reading: Reading
    ) throws(Refusal) -> UnsafeRawBufferPointer.SubSequence {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)[...]
        let addressSize = reading.addressSize
        guard bytes.count >= 8 + addressSize else { return empty }
        func number(_ start: Int, _ size: Int) -> UInt64 {
            Bits(UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]), isBigEndian: false)
                .low
        }
        let length = Int(number(0, 4))
        let address = number(4, addressSize)
        let undefined = addressSize >= 8 ? UInt64.max : (1 << UInt64(8 * addressSize)) - 1
        guard length > 0, address != 0, address != undefined else { return empty }
        let range = try heap.object(
            Int(number(4 + addressSize, 4)), inCollectionAt: Int(clamping: address), reading)
        guard length <= range.count else { throw .damaged("a string longer than its heap object") }
        try reading.charge(length)
        let text = reading.image.bytes(range.lowerBound..<range.lowerBound + length)
        return text.prefix { $0 != 0 }
    }

    private static func string(_ bytes: some Collection<UInt8>) throws(Refusal) -> String {
        guard let text = String(strictUTF8: bytes) else {
            throw .damaged("a string is not UTF-8")
        }
        return text
    }
}

extension ElementType.Padding {
    func trim(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer.SubSequence {
        var bytes = bytes[...]
        switch self {
        case .nullTerminated: return bytes.prefix { $0 != 0 }
        case .nullPadded: while bytes.last == 0 { bytes.removeLast() }
        case .spacePadded: while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        }
        return bytes
    }
}
