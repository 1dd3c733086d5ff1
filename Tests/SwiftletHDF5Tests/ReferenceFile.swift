import CHDF5
import SwiftletHDF5
import SwiftletTensor

/// What libhdf5 reads of a sound file: the reference that our own reader is compared with.
struct ReferenceFile {
    /// Tensors by the path of a dataset or `path@name` of an attribute; nil where the type is one
    /// that no tensor holds.
    private(set) var contents: [String: Tensor?] = [:]

    struct Failure: Error {}

    init(_ path: String) throws {
        let found = HDF5Library.locking { () -> [String: Tensor?]? in
            var file = Self()
            let id = hdf5.H5Fopen(path, UInt32(CHDF5_READ_ONLY), 0)
            guard id >= 0 else { return nil }
            defer { _ = hdf5.H5Fclose(id) }
            let root = hdf5.H5Oopen(id, "/", 0)
            file.group(root, "/", depth: 0)
            return file.contents
        }
        guard let found, let found else { throw Failure() }
        contents = found
    }

    private init() {}

    private mutating func group(_ id: hid_t, _ path: String, depth: Int) {
        defer { _ = hdf5.H5Oclose(id) }
        attributes(id, path)
        var index: hsize_t = 0
        while depth < 40,
            let name = Self.text({
                hdf5.H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, index, $0, $1, 0)
            })
        {
            index += 1
            guard chdf5_link_type(id, name) == Int32(H5L_TYPE_HARD.rawValue) else { continue }
            let child = hdf5.H5Oopen(id, name, 0)
            let childPath = path == "/" ? "/\(name)" : "\(path)/\(name)"
            switch hdf5.H5Iget_type(child) {
            case H5I_GROUP: group(child, childPath, depth: depth + 1)
            case H5I_DATASET:
                contents[childPath] = .some(dataset(child))
                attributes(child, childPath)
                _ = hdf5.H5Oclose(child)
            default: _ = hdf5.H5Oclose(child)
            }
        }
    }

    private mutating func attributes(_ id: hid_t, _ path: String) {
        var index: hsize_t = 0
        while case let attribute = hdf5.H5Aopen_by_idx(
            id, ".", H5_INDEX_NAME, H5_ITER_INC, index, 0, 0), attribute >= 0
        {
            index += 1
            defer { _ = hdf5.H5Aclose(attribute) }
            guard let name = Self.text({ hdf5.H5Aget_name(attribute, $1, $0) }) else { continue }
            let (space, type) = (hdf5.H5Aget_space(attribute), hdf5.H5Aget_type(attribute))
            contents["\(path)@\(name)"] = .some(
                tensor(space, type) { hdf5.H5Aread(attribute, $0, $1) })
        }
    }

    private func dataset(_ id: hid_t) -> Tensor? {
        tensor(hdf5.H5Dget_space(id), hdf5.H5Dget_type(id)) { hdf5.H5Dread(id, $0, 0, 0, 0, $1) }
    }

    private static func text(
        _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int
    ) -> String? {
        let count = call(nil, 0)
        guard count >= 0 else { return nil }
        var characters = [CChar](repeating: 0, count: count + 1)
        guard call(&characters, characters.count) >= 0 else { return nil }
        return String(
            decoding: characters.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func tensor(
        _ space: hid_t, _ type: hid_t, _ read: (hid_t, UnsafeMutableRawPointer) -> herr_t
    ) -> Tensor? {
        defer {
            _ = hdf5.H5Sclose(space)
            _ = hdf5.H5Tclose(type)
        }
        var extents: [hsize_t] = [0]
        if hdf5.H5Sget_simple_extent_type(space) != H5S_NULL {
            extents = [hsize_t](repeating: 0, count: Int(hdf5.H5Sget_simple_extent_ndims(space)))
            _ = hdf5.H5Sget_simple_extent_dims(space, &extents, nil)
        }
        var element = hdf5.H5Tcopy(type)
        defer { _ = hdf5.H5Tclose(element) }
        if hdf5.H5Tget_class(type) == H5T_ARRAY {
            var inner = [hsize_t](repeating: 0, count: Int(hdf5.H5Tget_array_ndims(type)))
            _ = hdf5.H5Tget_array_dims2(type, &inner)
            extents += inner
            _ = hdf5.H5Tclose(element)
            element = hdf5.H5Tget_super(type)
        }
        guard let shape = try? Shape(extents.map { Int(clamping: $0) }),
            shape.elementCount < 1 << 30
        else { return nil }
        if hdf5.H5Tget_class(element) == H5T_STRING { return strings(shape, element, space, read) }
        guard let (dtype, memory) = Self.number(element) else { return nil }
        defer { _ = hdf5.H5Tclose(memory) }
        let array = hdf5.H5Tget_class(type) == H5T_ARRAY
        return try? Tensor(shape: shape, dtype: dtype) { buffer in
            for index in buffer.indices { buffer[index] = 0 }
            guard let start = buffer.baseAddress, !buffer.isEmpty else { return }
            var target = memory
            if array {
                var inner = [hsize_t](repeating: 0, count: Int(hdf5.H5Tget_array_ndims(type)))
                _ = hdf5.H5Tget_array_dims2(type, &inner)
                target = hdf5.H5Tarray_create2(memory, UInt32(inner.count), inner)
            }
            guard read(target, start) >= 0 else { throw Failure() }
            if array { _ = hdf5.H5Tclose(target) }
            if dtype == .bool { for index in buffer.indices { buffer[index] &= 1 } }
        }
    }

    private static func number(_ type: hid_t) -> (DType, hid_t)? {
        let size = hdf5.H5Tget_size(type)
        switch hdf5.H5Tget_class(type) {
        case H5T_FLOAT:
            if size == 2 { return (.float16, chdf5_new_float16()) }
            return size <= 4
                ? (.float32, hdf5.H5Tcopy(hdf5.H5T_NATIVE_FLOAT_g.pointee))
                : (.float64, hdf5.H5Tcopy(hdf5.H5T_NATIVE_DOUBLE_g.pointee))
        case H5T_INTEGER:
            let isSigned = hdf5.H5Tget_sign(type) == H5T_SGN_2
            switch size {
            case 1:
                return isSigned
                    ? (.int8, hdf5.H5Tcopy(hdf5.H5T_NATIVE_INT8_g.pointee))
                    : (.uint8, hdf5.H5Tcopy(hdf5.H5T_NATIVE_UINT8_g.pointee))
            case 2:
                return isSigned
                    ? (.int16, hdf5.H5Tcopy(hdf5.H5T_NATIVE_INT16_g.pointee))
                    : (.uint16, hdf5.H5Tcopy(hdf5.H5T_NATIVE_UINT16_g.pointee))
            case 3...4:
                return isSigned
                    ? (.int32, hdf5.H5Tcopy(hdf5.H5T_NATIVE_INT32_g.pointee))
                    : (.uint32, hdf5.H5Tcopy(hdf5.H5T_NATIVE_UINT32_g.pointee))
            default:
                return isSigned
                    ? (.int64, hdf5.H5Tcopy(hdf5.H5T_NATIVE_INT64_g.pointee))
                    : (.uint64, hdf5.H5Tcopy(hdf5.H5T_NATIVE_UINT64_g.pointee))
            }
        case H5T_ENUM:
            guard size == 1, hdf5.H5Tget_nmembers(type) == 2 else { return nil }
            return (.bool, hdf5.H5Tcopy(type))
        case H5T_OPAQUE: return size == 2 ? (.bfloat16, hdf5.H5Tcopy(type)) : nil
        default: return nil
        }
    }

    private func strings(
        _ shape: Shape, _ type: hid_t, _ space: hid_t,
        _ read: (hid_t, UnsafeMutableRawPointer) -> herr_t
    ) -> Tensor? {
        let count = shape.elementCount
        if hdf5.H5Tis_variable_str(type) > 0 {
            var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: max(count, 1))
            let texts = pointers.withUnsafeMutableBytes { buffer -> [String]? in
                guard let start = buffer.baseAddress else { return nil }
                if count > 0, read(type, start) < 0 { return nil }
                let pointers = buffer.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
                defer { if count > 0 { _ = hdf5.H5Dvlen_reclaim(type, space, 0, start) } }
                return pointers[..<count].map { $0.map { String(cString: $0) } ?? "" }
            }
            return texts.flatMap { try? Tensor(strings: $0, shape: shape) }
        }
        let size = hdf5.H5Tget_size(type)
        var bytes = [UInt8](repeating: 0, count: count * size + 1)
        let status = bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { count == 0 ? 0 : read(type, $0) } ?? -1
        }
        guard status >= 0 else { return nil }
        let padding = hdf5.H5Tget_strpad(type)
        let texts = (0..<count).map { index in
            var text = bytes[index * size..<(index + 1) * size]
            if padding == H5T_STR_NULLTERM { text = text.prefix { $0 != 0 } }
            let filler: UInt8 = padding == H5T_STR_SPACEPAD ? 32 : 0
            while text.last == filler { text.removeLast() }
            return String(decoding: text, as: UTF8.self)
        }
        return try? Tensor(strings: texts, shape: shape)
    }
}

/// What the library itself reads is compared with what we read.
private var hdf5: chdf5_library { chdf5().pointee }

extension HDF5Library {
    static func locking<Result>(_ body: () -> Result) -> Result? {
        try? locked(for: "") { () throws(HDF5Error) in body() }
    }
}
