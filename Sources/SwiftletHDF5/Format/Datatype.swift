internal import SwiftletTensor

/// Section IV.A.2.d: how the bytes of an element are read.
indirect enum Datatype: Sendable {
    case integer(size: Int, IntegerFormat)
    case float(size: Int, FloatFormat)
    /// Two bytes that hold the upper half of a `Float`: opaque ones, as Keras writes them.
    case bfloat16
    /// An enumeration over one byte with FALSE and TRUE, as h5py writes NumPy's bool.
    case bool
    case fixedString(size: Int, ElementType.Padding)
    case variableString(size: Int)
    case array(shape: [Int], of: Datatype)

    /// Bytes of one element in the file.
    var size: Int {
        switch self {
        case .integer(let size, _), .float(let size, _): size
        case .bfloat16: 2
        case .bool: 1
        case .fixedString(let size, _), .variableString(let size): size
        case .array(let shape, let element): (product(shape) ?? 0) * element.size
        }
    }

    var dtype: DType {
        switch self {
        case .integer(let size, let format): Self.dtype(size, isSigned: format.isSigned)
        case .float(let size, let format): format.dtype(size: size)
        case .bfloat16: .bfloat16
        case .bool: .bool
        case .fixedString, .variableString: .string
        case .array(_, let element): element.dtype
        }
    }

    private static func dtype(_ size: Int, isSigned: Bool) -> DType {
        switch size {
        case 1: isSigned ? .int8 : .uint8
        case 2: isSigned ? .int16 : .uint16
        case 3...4: isSigned ? .int32 : .uint32
        default: isSigned ? .int64 : .uint64
        }
    }
}

struct IntegerFormat: Equatable {
    let isBigEndian, isSigned: Bool
    let bitOffset, precision: Int
}

/// An IEEE-like format: sign, exponent, mantissa.
struct FloatFormat: Equatable {
    let isBigEndian, hasHiddenBit: Bool
    let sign, exponentStart, exponentSize, mantissaStart, mantissaSize: Int
    let bias: Int

    static func ieee(exponent: Int, mantissa: Int, isBigEndian: Bool = false) -> FloatFormat {
        FloatFormat(
            isBigEndian: isBigEndian, hasHiddenBit: true, sign: exponent + mantissa,
            exponentStart: mantissa, exponentSize: exponent, mantissaStart: 0,
            mantissaSize: mantissa, bias: 1 << (exponent - 1) - 1)
    }

    /// The format with the standard byte order, to compare.
    private var littleEndian: FloatFormat {
        FloatFormat(
            isBigEndian: false, hasHiddenBit: hasHiddenBit, sign: sign,
            exponentStart: exponentStart, exponentSize: exponentSize,
            mantissaStart: mantissaStart, mantissaSize: mantissaSize, bias: bias)
    }

    /// The type with exactly this layout; nil for odd ones.
    func exactType(size: Int) -> DType? {
        for (dtype, exponent, mantissa) in Self.exactTypes
        where dtype.size == size && littleEndian == .ieee(exponent: exponent, mantissa: mantissa) {
            return dtype
        }
        return nil
    }

    private static let exactTypes: [(DType, exponent: Int, mantissa: Int)] = [
        (.float16, 5, 10), (.bfloat16, 8, 7), (.float32, 8, 23), (.float64, 11, 52),
    ]

    /// Odd formats are read into the next wider one.
    func dtype(size: Int) -> DType { exactType(size: size) ?? (size <= 4 ? .float32 : .float64) }
}

extension Datatype {
    init(_ fields: Fields) throws(Refusal) {
        var fields = fields
        self = try Self.decode(&fields, depth: 0)
    }

    /// The class, its bit field and the element's size come before each class's own properties.
    private static func decode(_ fields: inout Fields, depth: Int) throws(Refusal) -> Datatype {
        guard depth < 8 else { throw .unsupported("a deeply nested datatype") }
        let classAndVersion = try fields.byte()
        let version = classAndVersion >> 4
        guard (1...5).contains(version) else {
            throw .unsupported("version \(version) of a datatype")
        }
        let bits = try fields.int(3)
        let size = try fields.int(4)
        guard size > 0 else { throw .damaged("a datatype of no bytes") }
        switch classAndVersion & 0xf {
        case 0: return try integer(&fields, bits, size)
        case 1: return try float(&fields, bits, size)
        case 2: throw .unsupported("a time datatype")
        case 3: return .fixedString(size: size, try padding(bits & 0xf))
        case 4: throw .unsupported("a bit field datatype")
        case 5:
            guard size == 2 else { throw .unsupported("opaque data of \(size) bytes") }
            try fields.skip(min(bits & 0xff, fields.left))
            return .bfloat16
        case 6: throw .unsupported("a compound datatype")
        case 7: throw .unsupported("a reference datatype")
        case 8: return try enumeration(&fields, version, members: bits & 0xffff, size, depth)
        case 9:
            guard bits & 0xf == 1 else { throw .unsupported("a variable-length datatype") }
            guard size == 8 + fields.reading.addressSize else {
                throw .damaged("a variable-length string of \(size) bytes")
            }
            return .variableString(size: size)
        case 10: return try array(&fields, version, size, depth)
        case 11: throw .unsupported("a complex datatype")
        default: throw .unsupported("datatype class \(classAndVersion & 0xf)")
        }
    }

    private static func integer(
        _ fields: inout Fields, _ bits: Int, _ size: Int
    ) throws(Refusal) -> Datatype {
        let offset = try fields.int(2)
        let precision = try fields.int(2)
        guard size <= 8 else { throw .unsupported("an integer of \(size) bytes") }
        guard precision > 0, offset + precision <= 8 * size else {
            throw .damaged("an integer of \(precision) bits in \(size) bytes")
        }
        return .integer(
            size: size,
            IntegerFormat(
                isBigEndian: bits & 1 != 0, isSigned: bits & 8 != 0, bitOffset: offset,
                precision: precision))
    }

    private static func float(
        _ fields: inout Fields, _ bits: Int, _ size: Int
    ) throws(Refusal) -> Datatype {
        try fields.skip(4)  // offset and precision, which the fields below make plain
        let exponentStart = try fields.byte()
        let exponentSize = try fields.byte()
        let mantissaStart = try fields.byte()
        let mantissaSize = try fields.byte()
        let bias = try fields.int(4)
        let sign = (bits >> 8) & 0xff
        let normalization = (bits >> 4) & 3
        guard bits & 0x40 == 0, size <= 16, normalization != 1, (1...15).contains(exponentSize),
            (1...64).contains(mantissaSize)
        else { throw .unsupported("a floating-point format of \(size) bytes") }
        let width = 8 * size
        guard sign < width, exponentStart + exponentSize <= width,
            mantissaStart + mantissaSize <= width
        else { throw .damaged("a floating-point format beyond its \(size) bytes") }
        return .float(
            size: size,
            FloatFormat(
                isBigEndian: bits & 1 != 0, hasHiddenBit: normalization == 2, sign: sign,
                exponentStart: exponentStart, exponentSize: exponentSize,
                mantissaStart: mantissaStart, mantissaSize: mantissaSize, bias: bias))
    }

    private static func padding(_ code: Int) throws(Refusal) -> ElementType.Padding {
        switch code {
        case 0: return .nullTerminated
        case 1: return .nullPadded
        case 2: return .spacePadded
        default: throw .damaged("a string with padding \(code)")
        }
    }

    /// FALSE and TRUE over one byte are Booleans; other enumerations are refused, for their
    /// numbers mean nothing without their names.
    private static func enumeration(
        _ fields: inout Fields, _ version: Int, members: Int, _ size: Int, _ depth: Int
    ) throws(Refusal) -> Datatype {
        let refusal = Refusal.unsupported("an enumeration other than FALSE and TRUE")
        guard case .integer(1, _) = try decode(&fields, depth: depth + 1), size == 1, members == 2
        else { throw refusal }
        var names: [String] = []
        for _ in 0..<members {
            let start = fields.position
            var name: [UInt8] = []
            while case let byte = try fields.byte(), byte != 0 { name.append(UInt8(byte)) }
            if version < 3 { try fields.skip((8 - (fields.position - start) % 8) % 8) }
            names.append(String(decoding: name, as: UTF8.self))
        }
        var values: [Int] = []
        for _ in 0..<members { values.append(try fields.byte()) }
        let pairs = zip(names, values).sorted { $0.1 < $1.1 }
        guard pairs[0] == ("FALSE", 0), pairs[1] == ("TRUE", 1) else { throw refusal }
        return .bool
    }

    private static func array(
        _ fields: inout Fields, _ version: Int, _ size: Int, _ depth: Int
    ) throws(Refusal) -> Datatype {
        let rank = try fields.byte()
        guard (1...Dataspace.mostDimensions).contains(rank) else {
            throw .damaged("an array datatype of \(rank) dimensions")
        }
        if version < 3 { try fields.skip(3) }
        var shape: [Int] = []
        for _ in 0..<rank { shape.append(try fields.int(4)) }
        if version < 3 { try fields.skip(4 * rank) }
        let element = try decode(&fields, depth: depth + 1)
        guard let count = product(shape), count > 0, product([count, element.size]) == size else {
            throw .damaged("an array datatype whose size is not that of its elements")
        }
        return .array(shape: shape, of: element)
    }
}
