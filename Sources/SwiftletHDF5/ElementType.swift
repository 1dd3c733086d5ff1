internal import CHDF5
internal import SwiftletTensor

/// A datatype of a file, reduced to what a tensor can hold.
enum ElementType: Equatable {
    /// Read as this type; HDF5 converts byte order and width.
    case number(DType)
    /// An enumeration over int8 with FALSE and TRUE, as h5py writes NumPy's bool.
    case bool
    /// Two opaque bytes: how Keras stores bfloat16.
    case opaqueBFloat16
    case fixedString(size: Int, padding: Padding, isUTF8: Bool)
    case variableString(isUTF8: Bool)

    enum Padding: Equatable { case nullTerminated, nullPadded, spacePadded }

    init(_ type: borrowing Handle, _ place: Place) throws(HDF5Error) {
        let size = H5Tget_size(type.id)
        switch H5Tget_class(type.id) {
        case H5T_FLOAT: self = .number(Self.float(type, size: size))
        case H5T_INTEGER: self = .number(try Self.integer(type, place))
        case H5T_STRING: self = try Self.string(type, size: size, place)
        case H5T_ENUM: self = try Self.enumeration(type, place)
        case H5T_OPAQUE:
            guard size == 2 else { throw place.error(.unsupported("opaque data of \(size) bytes")) }
            self = .opaqueBFloat16
        case H5T_COMPOUND: throw place.error(.unsupported("a compound datatype"))
        case H5T_REFERENCE: throw place.error(.unsupported("a reference datatype"))
        case H5T_VLEN: throw place.error(.unsupported("a variable-length datatype"))
        case H5T_ARRAY: throw place.error(.unsupported("an array datatype"))
        case H5T_BITFIELD: throw place.error(.unsupported("a bit field datatype"))
        case H5T_TIME: throw place.error(.unsupported("a time datatype"))
        default: throw place.libraryError()
        }
    }

    /// IEEE half, single and double as they are; odd formats in the next wider one.
    private static func float(_ type: borrowing Handle, size: Int) -> DType {
        if size == 2, H5Tget_ebias(type.id) == 15 { return .float16 }
        return size <= 4 ? .float32 : .float64
    }

    private static func integer(
        _ type: borrowing Handle, _ place: Place
    ) throws(HDF5Error) -> DType {
        let isSigned = H5Tget_sign(type.id) == H5T_SGN_2
        switch H5Tget_size(type.id) {
        case 1: return isSigned ? .int8 : .uint8
        case 2: return isSigned ? .int16 : .uint16
        case 3...4: return isSigned ? .int32 : .uint32
        case 5...8: return isSigned ? .int64 : .uint64
        case let size: throw place.error(.unsupported("an integer of \(size) bytes"))
        }
    }

    private static func string(
        _ type: borrowing Handle, size: Int, _ place: Place
    ) throws(HDF5Error) -> ElementType {
        let isUTF8 = H5Tget_cset(type.id) == H5T_CSET_UTF8
        if try place.check(H5Tis_variable_str(type.id)) > 0 {
            return .variableString(isUTF8: isUTF8)
        }
        let padding: Padding =
            switch H5Tget_strpad(type.id) {
            case H5T_STR_NULLPAD: .nullPadded
            case H5T_STR_SPACEPAD: .spacePadded
            default: .nullTerminated
            }
        return .fixedString(size: size, padding: padding, isUTF8: isUTF8)
    }

    /// FALSE and TRUE over one byte are Booleans; other enumerations are refused, for their
    /// numbers mean nothing without their names.
    private static func enumeration(
        _ type: borrowing Handle, _ place: Place
    ) throws(HDF5Error) -> ElementType {
        var no: Int8 = -1
        var yes: Int8 = -1
        guard H5Tget_size(type.id) == 1, H5Tget_nmembers(type.id) == 2,
            H5Tenum_valueof(type.id, "FALSE", &no) >= 0, no == 0,
            H5Tenum_valueof(type.id, "TRUE", &yes) >= 0, yes == 1
        else { throw place.error(.unsupported("an enumeration other than FALSE and TRUE")) }
        return .bool
    }

    var dtype: DType {
        switch self {
        case .number(let dtype): dtype
        case .bool: .bool
        case .opaqueBFloat16: .bfloat16
        case .fixedString, .variableString: .string
        }
    }

    /// Bytes of an element in memory while it is read.
    var size: Int {
        switch self {
        case .fixedString(let size, _, _): size
        case .variableString: MemoryLayout<UnsafeMutablePointer<CChar>?>.size
        default: dtype.size
        }
    }

    /// The datatype that this has in memory, and under which it is written to files.
    func makeHandle(_ place: Place) throws(HDF5Error) -> Handle {
        let type: Handle
        switch self {
        case .number(.float16):
            type = try Handle(chdf5_new_float16(), at: place, close: H5Tclose)
        case .number(let dtype):
            type = try Handle(H5Tcopy(Self.native(dtype)), at: place, close: H5Tclose)
        case .bool:
            type = try Handle(H5Tenum_create(chdf5_int8()), at: place, close: H5Tclose)
            for (name, value) in [("FALSE", Int8(0)), ("TRUE", 1)] {
                var value = value
                try place.check(H5Tenum_insert(type.id, name, &value))
            }
        case .opaqueBFloat16:
            type = try Handle(H5Tcreate(H5T_OPAQUE, 2), at: place, close: H5Tclose)
            try place.check(H5Tset_tag(type.id, ""))
        case .fixedString(let size, let padding, let isUTF8):
            type = try Self.string(size: size, isUTF8: isUTF8, place)
            let code =
                switch padding {
                case .nullTerminated: H5T_STR_NULLTERM
                case .nullPadded: H5T_STR_NULLPAD
                case .spacePadded: H5T_STR_SPACEPAD
                }
            try place.check(H5Tset_strpad(type.id, code))
        case .variableString(let isUTF8):
            type = try Self.string(size: chdf5_variable_size(), isUTF8: isUTF8, place)
        }
        return type
    }

    private static func string(
        size: Int, isUTF8: Bool, _ place: Place
    ) throws(HDF5Error) -> Handle {
        let type = try Handle(H5Tcopy(chdf5_string()), at: place, close: H5Tclose)
        try place.check(H5Tset_size(type.id, size))
        try place.check(H5Tset_cset(type.id, isUTF8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII))
        return type
    }

    private static func native(_ dtype: DType) -> hid_t {
        switch dtype {
        case .float32: chdf5_float32()
        case .float64: chdf5_float64()
        case .int8: chdf5_int8()
        case .int16: chdf5_int16()
        case .int32: chdf5_int32()
        case .int64: chdf5_int64()
        case .uint8: chdf5_uint8()
        case .uint16: chdf5_uint16()
        case .uint32: chdf5_uint32()
        case .uint64: chdf5_uint64()
        case .float16, .bfloat16, .bool, .string: preconditionFailure("\(dtype) has its own case")
        }
    }
}
