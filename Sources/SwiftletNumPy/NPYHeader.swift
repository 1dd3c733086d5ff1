internal import SwiftletFiles
internal import SwiftletTensor

/// What stands before the elements in an `.npy` file.
///
/// - SeeAlso: NumPy Enhancement Proposal 1 and `numpy.lib.format`.
struct NPYHeader: Equatable {
    var element: Element
    var isFortranOrder: Bool
    var shape: Shape
    /// Where the elements begin.
    var dataOffset: Int

    var dataByteCount: Int { shape.elementCount * element.byteCount }

    /// How one element is stored.
    struct Element: Equatable {
        enum Kind: Equatable {
            case number(DType)
            /// UTF-32 code units, padded with zeros.
            case unicode
            /// Bytes, padded with zeros.
            case bytes
        }
        var kind: Kind
        var byteCount: Int
        var isBigEndian: Bool

        var dtype: DType {
            if case .number(let dtype) = kind { dtype } else { .string }
        }
    }

    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// NumPy's own limit is 64 since version 2.
    static let largestRank = 64

    /// Reads the header and checks it against the number of bytes there are.
    ///
    /// - Parameter total: of the file, where `bytes` are only its first ones.
    init(parsing bytes: UnsafeRawBufferPointer, total: Int? = nil) throws(NPYError) {
        let fields: [String: PythonLiteral]
        (fields, dataOffset) = try Self.fields(in: bytes)
        guard case .string(let descriptor)? = fields["descr"] else {
            if case .sequence? = fields["descr"] { throw .unsupported("structured array") }
            throw .malformed("the header has no 'descr'")
        }
        guard case .bool(let isFortranOrder)? = fields["fortran_order"] else {
            throw .malformed("the header has no 'fortran_order'")
        }
        guard case .sequence(let extents)? = fields["shape"] else {
            throw .malformed("the header has no 'shape'")
        }
        element = try Element(descriptor: descriptor)
        self.isFortranOrder = isFortranOrder
        shape = try Self.shape(extents)
        try checkSize(found: (total ?? bytes.count) - dataOffset)
    }

    /// What the header says, and where it ends.
    static func fields(
        in bytes: UnsafeRawBufferPointer
    ) throws(NPYError) -> ([String: PythonLiteral], end: Int) {
        let (textStart, end) = try textRange(in: bytes)
        guard bytes.count >= end else { throw .truncated(needed: end, found: bytes.count) }
        // Versions 1 and 2 are Latin-1, which matters only in names of fields, unsupported here.
        return (try PythonLiteral.dictionary(Array(bytes[textStart..<end])), end)
    }

    /// Bytes that tell how long the header is.
    static let startCount = 12

    /// Where the header's dictionary begins and ends.
    static func textRange(in bytes: UnsafeRawBufferPointer) throws(NPYError) -> (Int, end: Int) {
        guard bytes.starts(with: magic) else { throw .wrongFormat(expected: "a NumPy .npy file") }
        guard bytes.count >= 10 else { throw .truncated(needed: 10, found: bytes.count) }
        let version = bytes[6]
        guard (1...3).contains(version) else { throw .unsupported(".npy version \(version)") }
        let textStart = 8 + (version == 1 ? 2 : 4)
        guard bytes.count >= textStart else {
            throw .truncated(needed: textStart, found: bytes.count)
        }
        let length = bytes[8..<textStart].reversed().reduce(0) { $0 << 8 | Int($1) }
        return (textStart, textStart + length)
    }

    private static func shape(_ extents: [PythonLiteral]) throws(NPYError) -> Shape {
        guard extents.count <= largestRank else { throw .unsupported("rank \(extents.count)") }
        var dimensions: [Int] = []
        for extent in extents {
            guard case .int(let dimension) = extent else {
                throw .malformed("a dimension in the header is no whole number")
            }
            dimensions.append(dimension)
        }
        do {
            return try Shape(dimensions)
        } catch {
            throw .tensor(error)
        }
    }

    private func checkSize(found: Int) throws(NPYError) {
        guard element.byteCount > 0 || shape.elementCount == 0 else {
            throw .unsupported("elements of 0 bytes")
        }
        let (needed, overflow) = shape.elementCount.multipliedReportingOverflow(
            by: element.byteCount)
        guard !overflow else { throw .tensor(.tooLarge(shape.dimensions)) }
        guard needed <= found else { throw .truncated(needed: needed, found: found) }
    }
}

extension NPYHeader.Element {
    /// Reads a type string such as `<f4`, `|b1` or `>U12`.
    init(descriptor: String) throws(NPYError) {
        var rest = Substring(descriptor)
        isBigEndian = rest.first == ">"
        if let first = rest.first, "<>|=".contains(first) { rest.removeFirst() }
        guard let letter = rest.popFirst(), rest.allSatisfy({ ("0"..."9").contains($0) }),
            let size = Int(rest.isEmpty && letter == "O" ? "8" : rest), size <= 1 << 30
        else { throw .malformed("dtype \(quoted(descriptor)) is not understood") }
        switch letter {
        case "U": (kind, byteCount) = (.unicode, size * 4)
        case "S", "a": (kind, byteCount) = (.bytes, size)
        case "O": throw .unsupported("object array (pickled Python objects)")
        default:
            guard let dtype = Self.numbers["\(letter)\(size)"] else {
                throw .unsupported("dtype \(quoted(descriptor))")
            }
            (kind, byteCount) = (.number(dtype), dtype.size)
        }
    }

    /// NumPy's type strings; `V2` is how it stores the bfloat16 of ml_dtypes.
    private static let numbers: [String: DType] = [
        "b1": .bool, "f2": .float16, "f4": .float32, "f8": .float64, "V2": .bfloat16,
        "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64,
        "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64,
    ]

    /// The type string that NumPy writes for a number of `dtype`; nil for strings.
    static func descriptor(_ dtype: DType) -> String? {
        guard let name = numbers.first(where: { $0.value == dtype })?.key else { return nil }
        // NumPy marks single bytes as having no order, but ml_dtypes' pairs as little-endian.
        return (dtype.size == 1 ? "|" : "<") + name
    }
}
