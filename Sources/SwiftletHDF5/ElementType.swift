internal import CHDF5
internal import SwiftletTensor

/// The datatypes that tensors are written with.
enum ElementType: Equatable {
    case number(DType)
    /// An enumeration over int8 with FALSE and TRUE, as h5py writes NumPy's bool.
    case bool
    /// Two opaque bytes: how Keras stores bfloat16.
    case opaqueBFloat16
    case fixedString(size: Int, padding: Padding, isUTF8: Bool)
    case variableString(isUTF8: Bool)

    enum Padding: Equatable { case nullTerminated, nullPadded, spacePadded }

    /// The library's name for it, in memory and in files.
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
