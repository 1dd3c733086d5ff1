internal import CHDF5
internal import SwiftletFiles
internal import SwiftletMachine
package import SwiftletTensor

/// Writes an HDF5 file, in the format that every version of h5py reads.
///
/// The file is composed in memory and put on the disk at once, so a full disk meets no half-written
/// library state. Paths start at the root; missing groups are made on the way.
package final class HDF5Writer {
    private let name: String
    private let id: hid_t
    private var isClosed = false

    /// Steps in which the file grows in memory.
    private static let growth = 16 << 20

    /// The library does not survive a want of memory, so what it may take is asked for before.
    private static func requireRoom(for count: Int, _ place: Place) throws(HDF5Error) {
        guard Machine.hasRoom(for: count + growth + growth / 4) else {
            throw place.error(.file(.outOfMemory))
        }
    }

    /// How strings are stored.
    package enum StringStorage: Sendable {
        /// Each of its own length, as h5py stores `str`.
        case variable
        /// All as long as the longest, padded with nulls, as h5py stores NumPy's bytes.
        case fixed
    }

    /// Writes a file that appears under its path whole or not at all.
    package static func write(to path: String, _ body: (HDF5Writer) throws -> Void) throws {
        let bytes = try image(named: path, body)
        do {
            try AtomicFile.write(bytes, to: path)
        } catch {
            throw HDF5Error(error)
        }
    }

    /// The bytes of a file with the content that `body` writes.
    ///
    /// - Parameter name: what errors call the file.
    package static func image(
        named name: String, _ body: (HDF5Writer) throws -> Void
    ) throws -> [UInt8] {
        let writer = try HDF5Writer(named: name)
        try body(writer)
        return try writer.bytes()
    }

    /// - Parameter path: of a file on the disk that is made; nil for one in memory.
    private init(named name: String, onDisk path: String? = nil) throws(HDF5Error) {
        self.name = name
        if let path {
            id = try HDF5Library.locked(for: name) { () throws(HDF5Error) in
                let place = Place(file: name, object: nil)
                let access = try Handle(
                    hdf5.H5Pcreate(hdf5.H5P_CLS_FILE_ACCESS_ID_g.pointee), at: place,
                    close: hdf5.H5Pclose)
                // The writer of the file has it locked already.
                try place.check(hdf5.H5Pset_file_locking(access.id, false, true))
                return try place.check(
                    hdf5.H5Fcreate(path, UInt32(CHDF5_TRUNCATE), defaultList, access.id))
            }
            return
        }
        id = try HDF5Library.locked(for: name) { () throws(HDF5Error) in
            let place = Place(file: name, object: nil)
            try Self.requireRoom(for: 0, place)
            let access = try Handle(
                hdf5.H5Pcreate(hdf5.H5P_CLS_FILE_ACCESS_ID_g.pointee), at: place,
                close: hdf5.H5Pclose)
            try place.check(hdf5.H5Pset_fapl_core(access.id, Self.growth, false))
            return try place.check(
                hdf5.H5Fcreate(
                    HDF5Library.uniqueImageName(), UInt32(CHDF5_TRUNCATE), defaultList, access.id))
        }
    }

    deinit {
        guard !isClosed else { return }
        let id = id
        try? HDF5Library.locked(for: name) { () throws(HDF5Error) in _ = hdf5.H5Fclose(id) }
    }

    private func bytes() throws(HDF5Error) -> [UInt8] {
        try HDF5Library.locked(for: name) { () throws(HDF5Error) in
            let place = Place(file: name, object: nil)
            try place.check(hdf5.H5Fflush(id, H5F_SCOPE_LOCAL))
            let count = try place.check(hdf5.H5Fget_file_image(id, nil, 0))
            guard Machine.hasRoom(for: count) else { throw place.error(.file(.outOfMemory)) }
            var bytes = [UInt8](repeating: 0, count: count)
            try place.check(hdf5.H5Fget_file_image(id, &bytes, count))
            return bytes
        }
    }

    /// Makes a group and those above it; one that exists stays as it is.
    package func group(_ path: String) throws(HDF5Error) {
        try HDF5Library.locked(for: name) { () throws(HDF5Error) in
            _ = try openGroup(path, Place(file: name, object: path))
        }
    }

    /// Gives a group or dataset that exists a second name, beside the first one.
    package func link(_ path: String, as name: String) throws(HDF5Error) {
        try HDF5Library.locked(for: self.name) { () throws(HDF5Error) in
            let place = Place(file: self.name, object: path)
            var parts = path.split(separator: "/")
            guard let last = parts.popLast() else { throw place.error(.missing) }
            let group = try openGroup(parts.joined(separator: "/"), place)
            try place.check(
                hdf5.H5Lcreate_hard(
                    group.id, String(last), group.id, name, defaultList, defaultList))
        }
    }

    /// Writes a tensor as a dataset.
    ///
    /// - Parameter compression: deflate's level 1…9 with the bytes shuffled, or nil for plain data.
    package func dataset(
        _ path: String, _ tensor: Tensor, compression: Int? = nil,
        strings: StringStorage = .variable
    ) throws(HDF5Error) {
        try HDF5Library.locked(for: name) { () throws(HDF5Error) in
            let place = Place(file: name, object: path)
            var parts = path.split(separator: "/")
            guard let last = parts.popLast() else { throw place.error(.missing) }
            try Self.requireRoom(for: tensor.storage.byteCount, place)
            let group = try openGroup(parts.joined(separator: "/"), place)
            let content = Outgoing(tensor, strings: strings)
            let type = try content.type.makeHandle(place)
            let space = try Self.space(tensor.shape, place)
            let creation = try Self.creation(tensor, compression, place)
            let dataset = try Handle(
                hdf5.H5Dcreate2(
                    group.id, String(last), type.id, space.id, defaultList, creation.id,
                    defaultList), at: place, close: hdf5.H5Dclose)
            try content.write(place) {
                hdf5.H5Dwrite(dataset.id, type.id, defaultList, defaultList, defaultList, $0)
            }
        }
    }

    /// Gives a group or dataset that exists an attribute, in place of one of the same name.
    package func attribute(
        _ attribute: String, of path: String, _ value: Tensor, strings: StringStorage = .variable
    ) throws(HDF5Error) {
        try HDF5Library.locked(for: name) { () throws(HDF5Error) in
            let place = Place(file: name, object: "\(path)@\(attribute)")
            let object = try Handle(
                hdf5.H5Oopen(id, path.isEmpty ? "/" : path, defaultList), at: place,
                close: hdf5.H5Oclose)
            if try place.check(hdf5.H5Aexists(object.id, attribute)) > 0 {
                try place.check(hdf5.H5Adelete(object.id, attribute))
            }
            let content = Outgoing(value, strings: strings)
            let type = try content.type.makeHandle(place)
            let space = try Self.space(value.shape, place)
            let made = try Handle(
                hdf5.H5Acreate2(object.id, attribute, type.id, space.id, defaultList, defaultList),
                at: place, close: hdf5.H5Aclose)
            try content.write(place) { hdf5.H5Awrite(made.id, type.id, $0) }
        }
    }

    /// A scalar string attribute.
    package func attribute(
        _ attribute: String, of path: String, _ text: String
    ) throws(HDF5Error) {
        let value: Tensor
        do {
            value = try Tensor(strings: [text], shape: .scalar)
        } catch {
            throw HDF5Error(name, object: "\(path)@\(attribute)", .damaged("\(error)"))
        }
        try self.attribute(attribute, of: path, value)
    }

    // MARK: Larger than memory

    /// A dataset of numbers that come piece by piece.
    package struct Streamed {
        let path: String
        let dtype: DType
        let shape: Shape
        let pieces: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void

        /// - Parameter pieces: calls its argument with all bytes in order.
        package init(
            _ path: String, _ dtype: DType, _ shape: Shape,
            pieces: @escaping ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
        ) {
            (self.path, self.dtype, self.shape, self.pieces) = (path, dtype, shape, pieces)
        }
    }

    /// Writes a file of datasets that need not fit in memory; it appears whole or not at all.
    ///
    /// The library lays the file out and puts what is small into it. The numbers are then written to
    /// their places without it: a full disk is no concern of its state.
    ///
    /// - Parameter body: writes what else the file holds.
    package static func write(
        to path: String, _ datasets: [Streamed], _ body: (HDF5Writer) throws -> Void = { _ in }
    ) throws {
        do {
            let file = try AtomicFile(replacing: path)
            let writer = try HDF5Writer(named: path, onDisk: file.temporaryPath)
            let places = try datasets.map { try writer.reserve($0) }
            try body(writer)
            try writer.close()
            for (dataset, place) in zip(datasets, places) {
                guard let place else { continue }
                try file.seek(to: place)
                try dataset.pieces { try file.write($0) }
            }
            try file.commit()
        } catch let error as FileError {
            throw HDF5Error(FileError(path, error.cause))
        }
    }

    /// Makes a dataset in one piece without writing its numbers; returns where they lie in the file, nil
    /// if there are none.
    private func reserve(_ dataset: Streamed) throws(HDF5Error) -> Int? {
        try HDF5Library.locked(for: name) { () throws(HDF5Error) in
            let place = Place(file: name, object: dataset.path)
            var parts = dataset.path.split(separator: "/")
            guard let last = parts.popLast() else { throw place.error(.missing) }
            let group = try openGroup(parts.joined(separator: "/"), place)
            let type = try Outgoing.type(dataset.dtype).makeHandle(place)
            let space = try Self.space(dataset.shape, place)
            let list = try Handle(
                hdf5.H5Pcreate(hdf5.H5P_CLS_DATASET_CREATE_ID_g.pointee), at: place,
                close: hdf5.H5Pclose)
            try place.check(hdf5.H5Pset_obj_track_times(list.id, false))
            try place.check(hdf5.H5Pset_layout(list.id, H5D_CONTIGUOUS))
            try place.check(hdf5.H5Pset_alloc_time(list.id, H5D_ALLOC_TIME_EARLY))
            try place.check(hdf5.H5Pset_fill_time(list.id, H5D_FILL_TIME_NEVER))
            let made = try Handle(
                hdf5.H5Dcreate2(
                    group.id, String(last), type.id, space.id, defaultList, list.id, defaultList),
                at: place, close: hdf5.H5Dclose)
            guard dataset.shape.elementCount > 0 else { return nil }
            guard let offset = Int(exactly: hdf5.H5Dget_offset(made.id)) else {
                throw place.libraryError()
            }
            return offset
        }
    }

    /// Puts everything that the library still holds into the file.
    private func close() throws(HDF5Error) {
        try HDF5Library.locked(for: name) { () throws(HDF5Error) in
            try Place(file: name, object: nil).check(hdf5.H5Fflush(id, H5F_SCOPE_LOCAL))
            isClosed = true
            try Place(file: name, object: nil).check(hdf5.H5Fclose(id))
        }
    }

    private func openGroup(_ path: String, _ place: Place) throws(HDF5Error) -> Handle {
        var group = try Handle(hdf5.H5Oopen(id, "/", defaultList), at: place, close: hdf5.H5Oclose)
        for part in path.split(separator: "/") {
            let part = String(part)
            let exists = try place.check(hdf5.H5Lexists(group.id, part, defaultList)) > 0
            group = try Handle(
                exists
                    ? hdf5.H5Gopen2(group.id, part, defaultList)
                    : hdf5.H5Gcreate2(group.id, part, defaultList, defaultList, defaultList),
                at: place, close: hdf5.H5Gclose)
        }
        return group
    }

    private static func space(_ shape: Shape, _ place: Place) throws(HDF5Error) -> Handle {
        if shape.rank == 0 {
            return try Handle(hdf5.H5Screate(H5S_SCALAR), at: place, close: hdf5.H5Sclose)
        }
        let extents = shape.map { hsize_t($0) }
        return try Handle(
            hdf5.H5Screate_simple(Int32(shape.rank), extents, nil), at: place, close: hdf5.H5Sclose)
    }

    /// Compressed data is chunked along the outermost axis, a mebibyte or so at a time.
    private static func creation(
        _ tensor: Tensor, _ compression: Int?, _ place: Place
    ) throws(HDF5Error) -> Handle {
        let list = try Handle(
            hdf5.H5Pcreate(hdf5.H5P_CLS_DATASET_CREATE_ID_g.pointee), at: place,
            close: hdf5.H5Pclose)
        // The same content is to be the same bytes, whenever it is written.
        try place.check(hdf5.H5Pset_obj_track_times(list.id, false))
        guard let compression, tensor.rank > 0, tensor.elementCount > 0 else { return list }
        let rowBytes = max(1, tensor.shape.count(of: 1...) * max(tensor.dtype.size, 16))
        var chunk = tensor.shape.map { hsize_t($0) }
        chunk[0] = hsize_t(min(tensor.shape[0], max(1, (1 << 20) / rowBytes)))
        try place.check(hdf5.H5Pset_chunk(list.id, Int32(tensor.rank), chunk))
        try place.check(hdf5.H5Pset_shuffle(list.id))
        try place.check(hdf5.H5Pset_deflate(list.id, UInt32(min(max(compression, 0), 9))))
        return list
    }
}
