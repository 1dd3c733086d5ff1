internal import CHDF5

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Files that libhdf5 has in memory of ours, so that it opens none by a path.
enum LibraryImage {
    /// A file whose bytes are in memory, which has to outlive it. They are neither copied nor changed.
    static func open(
        _ bytes: UnsafeMutableRawBufferPointer, _ place: Place
    ) throws(HDF5Error) -> Handle {
        let access = try list(
            H5FD_file_image_callbacks_t(
                image_malloc: { _, _, image in image },
                image_memcpy: { target, _, _, _, _ in target },
                image_realloc: { _, _, _, _ in nil },
                image_free: { _, _, _ in 0 },
                udata_copy: { $0 }, udata_free: { _ in 0 }, udata: bytes.baseAddress),
            growth: 1 << 16, place)
        try place.check(hdf5.H5Pset_file_image(access.id, bytes.baseAddress, bytes.count))
        return try Handle(
            hdf5.H5Fopen("/source", UInt32(CHDF5_READ_ONLY), access.id), at: place,
            close: hdf5.H5Fclose)
    }

    /// A new file in an open one, which may become longer than its content, in the format that knows
    /// attributes of any size.
    ///
    /// - Returns: its identifier, for the caller to close: what is written then may fail.
    static func create(
        in descriptor: Int32, growth: Int, _ place: Place
    ) throws(HDF5Error) -> hid_t {
        let mapping = Unmanaged.passRetained(GrowingMapping(descriptor)).toOpaque()
        let access = try list(
            H5FD_file_image_callbacks_t(
                image_malloc: nil, image_memcpy: nil,
                image_realloc: { _, size, _, mapping in
                    mapping.map { Unmanaged<GrowingMapping>.fromOpaque($0) }?
                        .takeUnretainedValue().resize(size)
                },
                image_free: { _, _, _ in 0 },
                udata_copy: { $0 }, udata_free: { _ in 0 }, udata: mapping),
            growth: growth, place)
        try place.check(hdf5.H5Pset_libver_bounds(access.id, H5F_LIBVER_V18, H5F_LIBVER_V110))
        return try place.check(
            hdf5.H5Fcreate("/target", UInt32(CHDF5_TRUNCATE), defaultList, access.id))
    }

    private static func list(
        _ callbacks: H5FD_file_image_callbacks_t, growth: Int, _ place: Place
    ) throws(HDF5Error) -> Handle {
        var callbacks = callbacks
        let access = try Handle(
            hdf5.H5Pcreate(hdf5.H5P_CLS_FILE_ACCESS_ID_g.pointee), at: place, close: hdf5.H5Pclose)
        try place.check(hdf5.H5Pset_fapl_core(access.id, growth, false))
        try place.check(hdf5.H5Pset_file_image_callbacks(access.id, &callbacks))
        return access
    }
}

/// A file that is written as memory. It lives as long as the process.
private final class GrowingMapping {
    private let descriptor: Int32
    private var memory: UnsafeMutableRawPointer?
    private var size = 0

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The file with another size, perhaps elsewhere in memory; nil if that cannot be.
    func resize(_ newSize: Int) -> UnsafeMutableRawPointer? {
        guard reserve(newSize), ftruncate(descriptor, off_t(newSize)) == 0 else { return nil }
        if let memory { munmap(memory, size) }
        size = newSize
        let mapped = mmap(
            nil, newSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        memory = mapped == MAP_FAILED ? nil : mapped
        return memory
    }

    /// A full disk is to be an error here, not a signal where memory is written.
    private func reserve(_ newSize: Int) -> Bool {
        #if canImport(Glibc)
            guard newSize > size else { return true }
            let error = posix_fallocate(descriptor, off_t(size), off_t(newSize - size))
            // Not every file system can.
            return ![ENOSPC, EFBIG, EDQUOT].contains(error)
        #else
            return true
        #endif
    }
}
