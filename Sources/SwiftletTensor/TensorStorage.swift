#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The bytes of a tensor, aligned for the widest vector unit and freed with the last reference.
///
/// Written only while uniquely referenced (`Tensor` copies on write), hence safe to share.
package final class TensorStorage: @unchecked Sendable {
    package let pointer: UnsafeMutableRawPointer
    package let byteCount: Int
    /// What keeps foreign bytes (a mapped file) alive; nil if this object owns them.
    private let owner: (any AnyObject & Sendable)?

    package static let alignment = 64

    /// - Throws: ``TensorError/outOfMemory(bytes:)``: the size may come from a file.
    package init(byteCount: Int, zeroed: Bool = false) throws(TensorError) {
        let capacity = max(Self.alignment, (byteCount + Self.alignment - 1) & -Self.alignment)
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, Self.alignment, capacity) == 0, let memory else {
            throw .outOfMemory(bytes: byteCount)
        }
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
}
