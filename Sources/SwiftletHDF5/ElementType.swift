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
            type = try Handle(chdf5_new_float16(), at: place, close: hdf5.H5Tclose)
        case .number(let dtype):
            type = try Handle(hdf5.H5Tcopy(Self.native(dtype)), at: place, close: hdf5.H5Tclose)
        case .bool:
            type = try Handle(
                hdf5.H5Tenum_create(hdf5.H5T_NATIVE_INT8_g.pointee), at: place, close: hdf5.H5Tclose
            )
            for (name, value) in [("FALSE", Int8(0)), ("TRUE", 1)] {
                var value = value
                try place.check(hdf5.H5Tenum_insert(type.id, name, &value))
            }
        case .opaqueBFloat16:
            type = try Handle(hdf5.H5Tcreate(H5T_OPAQUE, 2), at: place, close: hdf5.H5Tclose)
            try place.check(hdf5.H5Tset_tag(type.id, ""))
        case .fixedString(let size, let padding, let isUTF8):
            type = try Self.string(size: size, isUTF8: isUTF8, place)
            let code =
                switch padding {
                case .nullTerminated: H5T_STR_NULLTERM
                case .nullPadded: H5T_STR_NULLPAD
                case .spacePadded: H5T_STR_SPACEPAD
                }
            try place.check(hdf5.H5Tset_strpad(type.id, code))
        case .variableString(let isUTF8):
            type = try Self.string(size: chdf5_variable_size(), isUTF8: isUTF8, place)
        }
        return type
    }

    private static func string(
        size: Int, isUTF8: Bool, _ place: Place
    ) throws(HDF5Error) -> Handle {
        let type = try Handle(
            hdf5.H5Tcopy(hdf5.H5T_C_S1_g.pointee), at: place, close: hdf5.H5Tclose)
        try place.check(hdf5.H5Tset_size(type.id, size))
        try place.check(hdf5.H5Tset_cset(type.id, isUTF8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII))
        return type
    }

    private static func native(_ dtype: DType) -> hid_t {
        switch dtype {
        case .float32: hdf5.H5T_NATIVE_FLOAT_g.pointee
        case .float64: hdf5.H5T_NATIVE_DOUBLE_g.pointee
        case .int8: hdf5.H5T_NATIVE_INT8_g.pointee
        case .int16: hdf5.H5T_NATIVE_INT16_g.pointee
        case .int32: hdf5.H5T_NATIVE_INT32_g.pointee
        case .int64: hdf5.H5T_NATIVE_INT64_g.pointee
        case .uint8: hdf5.H5T_NATIVE_UINT8_g.pointee
        case .uint16: hdf5.H5T_NATIVE_UINT16_g.pointee
        case .uint32: hdf5.H5T_NATIVE_UINT32_g.pointee
        case .uint64: hdf5.H5T_NATIVE_UINT64_g.pointee
        case .float16, .bfloat16, .bool, .string: preconditionFailure("\(dtype) has its own case")
        }
    }
}
