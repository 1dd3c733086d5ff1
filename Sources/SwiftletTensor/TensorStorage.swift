internal import SwiftletMachine
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Foreign bytes that can be read once more after their memory was given back: a mapped file.
package protocol ReleasableBytes: AnyObject, Sendable {
    /// Gives back the memory of these bytes; the next reader fetches them anew.
    func release(_ bytes: UnsafeRawBufferPointer)
}

/// The bytes of a tensor, aligned for the widest vector unit and freed with the last reference.
///
/// Written only while uniquely referenced (`Tensor` copies on write), hence safe to share.
package final class TensorStorage: @unchecked Sendable {
    package let byteCount: Int
    /// The bytes where they lie: aligned for their elements, but for some foreign ones.
    private let start: UnsafeMutableRawPointer
    private let isAligned: Bool
    /// An aligned copy of foreign bytes, made for the first who asks for it.
    private let copy = Mutex<TensorStorage?>(nil)
    /// What keeps foreign bytes (a mapped file) alive; nil if this object owns them.
    private let owner: (any AnyObject & Sendable)?

    package static let alignment = 64
    private static let largePage = 1 << 21
    // Advice that the C library does not show to Swift: `MADV_HUGEPAGE`, `MADV_POPULATE_WRITE`.
    private static let hugePageAdvice: Int32 = 14
    private static let populateAdvice: Int32 = 23

    /// - Parameter populated: whether the system is to bring all of the memory at once, which takes less
    ///   time than page by page; for what is about to be written from end to end. Large memory comes as it
    ///   is written all the same: what it is made of may be given back meanwhile.
    /// - Throws: ``TensorError/outOfMemory(bytes:)``: the size may come from a file.
    package init(
        byteCount: Int, zeroed: Bool = false, populated: Bool = false
    ) throws(TensorError) {
        let capacity = max(Self.alignment, (byteCount + Self.alignment - 1) & -Self.alignment)
        var memory: UnsafeMutableRawPointer?
        let isLarge = capacity >= 2 * Self.largePage
        let alignment = isLarge ? Self.largePage : Self.alignment
        guard Machine.reserve(byteCount) else { throw .outOfMemory(bytes: byteCount) }
        guard posix_memalign(&memory, alignment, capacity) == 0, let memory else {
            Machine.release(byteCount)
            throw .outOfMemory(bytes: byteCount)
        }
        #if os(Linux)
            if isLarge {
                // A page fault for every 2 MiB instead of every 4 KiB, if the system can.
                madvise(memory, capacity, Self.hugePageAdvice)
            } else if populated {
                Self.populate(memory, capacity)
            }
        #endif
        if zeroed { memset(memory, 0, capacity) }
        start = memory
        isAligned = true
        self.byteCount = byteCount
        owner = nil
    }

    #if os(Linux)
        /// Whole pages alone; kernels before 5.14 refuse, and bring them as they are touched.
        private static func populate(_ memory: UnsafeMutableRawPointer, _ count: Int) {
            let page = Int(sysconf(Int32(_SC_PAGESIZE)))
            let first = memory.alignedUp(toMultipleOf: page)
            let end = (memory + count).alignedDown(toMultipleOf: page)
            guard end - first >= 16 * page else { return }
            madvise(first, end - first, populateAdvice)
        }
    #endif

    /// Bytes that `owner` keeps alive and that nobody writes.
    ///
    /// - Parameter elementSize: where the bytes do not lie at a multiple of it, as those of a file
    ///   in an archive often do, readers get an aligned copy.
    package init(
        viewing bytes: UnsafeRawBufferPointer, elementSize: Int = 1,
        owner: any AnyObject & Sendable
    ) {
        start = UnsafeMutableRawPointer(
            mutating: bytes.baseAddress
                ?? UnsafeRawPointer(bitPattern: Self.alignment)
                .unsafelyUnwrapped)
        isAligned = Int(bitPattern: start) % max(1, elementSize) == 0
        byteCount = bytes.count
        self.owner = owner
    }

    deinit {
        guard owner == nil else { return }
        free(start)
        Machine.release(byteCount)
    }

    /// The bytes, aligned for their elements.
    package var pointer: UnsafeMutableRawPointer {
        isAligned ? start : copiedStart
    }

    /// The bytes where they lie.
    var unalignedBytes: UnsafeRawPointer { UnsafeRawPointer(start) }

    private var copiedStart: UnsafeMutableRawPointer {
        copy.withLock { copy in
            if copy == nil { copy = try? aligned() }
            // Short of memory the bytes are read where they lie, which is slower.
            return copy?.start ?? start
        }
    }

    /// Storage of the same bytes that is aligned: this one, or a copy for whoever needs it for a
    /// moment only.
    package func aligned() throws(TensorError) -> TensorStorage {
        if isAligned { return self }
        let copy = try TensorStorage(byteCount: byteCount)
        copy.start.copyMemory(from: start, byteCount: byteCount)
        releasePages()
        return copy
    }

    package var isOwned: Bool { owner == nil }

    /// Gives back the memory of bytes that can be fetched anew; for weights that have been copied
    /// into another form.
    package func releasePages() { releasePages(of: 0..<byteCount) }

    /// The same for some of the bytes.
    package func releasePages(of bytes: Range<Int>) {
        (owner as? any ReleasableBytes)?
            .release(UnsafeRawBufferPointer(start: start + bytes.lowerBound, count: bytes.count))
    }
}
