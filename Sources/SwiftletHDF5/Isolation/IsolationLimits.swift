internal import SwiftletLimits

/// What a helper process may use for a file, by the file's size and the ``Limits`` in force.
struct IsolationLimits {
    /// Bytes of all arrays together, unpacked.
    let contentBytes: Int
    /// Bytes of the copy as a file.
    let copyBytes: Int
    /// Bytes of memory that are no file's: some blocks of the largest array.
    let memory: Int
    /// Bytes of address space: the program, the memory, and both files.
    let addresses: Int
    /// Of processor time.
    let seconds: Int
    /// That the other process waits.
    let patience: Int

    /// Bytes that an answer may have.
    static let answerBytes = 1 << 14

    init(fileSize: Int) {
        let size = min(fileSize, 1 << 40)
        // As the reader in this process has it: small files may unpack to more than large ones.
        let mostThatFiltersPack = 1032
        let ratio = min(Limits.current.decompressionRatio, 1 << 20)
        let largest = 1 << 36
        contentBytes = min(
            largest, max(1 << 24, min(size * mostThatFiltersPack, max(1 << 30, size * ratio))))
        copyBytes = 2 * contentBytes + (64 << 20)
        memory = (1 << 30) + 4 * size
        addresses = (4 << 30) + memory + size + copyBytes
        seconds = 30 + size >> 22
        let time = Limits.current.time.map { Int(clamping: $0.components.seconds) + 1 } ?? .max
        patience = min(time, 60 + 2 * (size >> 22))
    }
}
