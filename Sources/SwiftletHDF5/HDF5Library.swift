internal import CHDF5
internal import Synchronization

/// libhdf5's functions by their names, for what runs inside ``HDF5Library/locked(for:_:)``, which opens it.
var hdf5: chdf5_library { chdf5().pointee }

/// The one gate to libhdf5, which writes: its state is global, so every call goes through ``locked(for:_:)``.
package enum HDF5Library {
    private static let lock = Mutex(())

    /// How many files in memory have been opened: the library tells files apart by name.
    private static let images = Atomic(0)

    static func uniqueImageName() -> String {
        "image \(images.add(1, ordering: .relaxed).newValue)"
    }

    /// Opens the library, the first time, which takes files and memory; `locked` does so itself.
    static func open(for file: String) throws(HDF5Error) {
        if let failure = chdf5_open() {
            throw HDF5Error(file, .library(String(cString: failure)))
        }
    }

    /// The version of the library that is installed; why there is none otherwise.
    package static var version: String {
        if let failure = chdf5_open() { return String(cString: failure) }
        var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
        guard hdf5.H5get_libversion(&major, &minor, &release) >= 0 else { return "unknown" }
        return "\(major).\(minor).\(release)"
    }

    /// Runs `body` while no other thread is inside libhdf5. Not reentrant.
    ///
    /// - Parameter file: for which it is, as the error names it if there is no library.
    package static func locked<Result: ~Copyable>(
        for file: String, _ body: () throws(HDF5Error) -> Result
    ) throws(HDF5Error) -> Result {
        try open(for: file)
        return try lock.withLock { _ throws(HDF5Error) in
            // Errors are returned, never printed. The setting belongs to the thread.
            _ = hdf5.H5Eset_auto2(defaultList, nil, nil)
            return try body()
        }
    }

    /// What the innermost of the library's functions said about the call that just failed.
    static func errorText() -> String {
        var text = ""
        withUnsafeMutablePointer(to: &text) { text in
            _ = hdf5.H5Ewalk2(
                defaultList, H5E_WALK_UPWARD,
                { depth, error, context in
                    guard depth == 0, let words = error?.pointee.desc else { return 0 }
                    context?.assumingMemoryBound(to: String.self).pointee = String(cString: words)
                    return 0
                }, text)
        }
        return text.isEmpty ? "unknown failure" : text
    }
}

/// `H5P_DEFAULT`, `H5E_DEFAULT`, `H5S_ALL`: the same number under three names.
let defaultList: hid_t = 0

/// An identifier of libhdf5 with one owner. Made and dropped under the lock.
struct Handle: ~Copyable {
    let id: hid_t
    private let close: (hid_t) -> herr_t

    /// - Parameter place: where in which file, for the error if the library gave no identifier.
    init(
        _ id: hid_t, at place: borrowing Place, close: @escaping (hid_t) -> herr_t
    ) throws(HDF5Error) {
        guard id >= 0 else { throw place.libraryError() }
        self.id = id
        self.close = close
    }

    deinit { _ = close(id) }
}

/// A file and a path inside it, as errors name them.
struct Place: Sendable {
    let file: String
    let object: String?

    func error(_ cause: HDF5Error.Cause) -> HDF5Error { HDF5Error(file, object: object, cause) }
    func libraryError() -> HDF5Error { error(.library(HDF5Library.errorText())) }

    /// Throws the library's words if `result` is its failure.
    @discardableResult
    func check<Number: SignedInteger>(_ result: Number) throws(HDF5Error) -> Number {
        guard result >= 0 else { throw libraryError() }
        return result
    }
}
