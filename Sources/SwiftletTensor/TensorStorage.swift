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
    package let pointer: UnsafeMutableRawPointer
    package let byteCount: Int
    /// What keeps foreign bytes (a mapped file) alive; nil if this object owns them.
    private let owner: (any AnyObject & Sendable)?

    package static let alignment = 64
    private static let largePage = 1 << 21
    /// `MADV_HUGEPAGE`, which the C library does not show to Swift.
    private static let hugePageAdvice: Int32 = 14

    /// - Throws: ``TensorError/outOfMemory(bytes:)``: the size may come from a file.
    package init(byteCount: Int, zeroed: Bool = false) throws(TensorError) {
        let capacity = max(Self.alignment, (byteCount + Self.alignment - 1) & -Self.alignment)
        var memory: UnsafeMutableRawPointer?
        let isLarge = capacity >= 2 * Self.largePage
        let alignment = isLarge ? Self.largePage : Self.alignment
        guard posix_memalign(&memory, alignment, capacity) == 0, let memory else {
            throw .outOfMemory(bytes: byteCount)
        }
        #if os(Linux)
            // A page fault for every 2 MiB instead of every 4 KiB, if the system can.
            if isLarge { madvise(memory, capacity, Self.hugePageAdvice) }
        #endif
        if zeroed { memset(memory, 0, capacity) }
        pointer = memory
        self.byteCount = byteCount
        owner = nil
    }

    /// Bytes that `owner` keeps alive and that nobody writes.
    package init(viewing bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable) {
        pointer = UnsafeMutableRawPointer(
            mutating: bytes.baseAddress
                ?? UnsafeRawPointer(bitPattern: Self.alignment)
                .unsafelyUnwrapped)
        byteCount = bytes.count
        self.owner = owner
    }

    deinit {
        if owner == nil { free(pointer) }
    }

    package var isOwned: Bool { owner == nil }

    /// Gives back the memory of bytes that can be fetched anew; for weights that have been copied
    /// into another form.
    package func releasePages() {
        (owner as? any ReleasableBytes)?
            .release(UnsafeRawBufferPointer(start: pointer, count: byteCount))
    }
}
