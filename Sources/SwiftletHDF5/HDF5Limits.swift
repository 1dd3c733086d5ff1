/// How much one file may ask for.
struct HDF5Limits: Sendable {
    /// Groups and datasets that a listing meets.
    static let mostObjects = 1_000_000

    /// Bytes that one operation may look at, and all of them together. A sound file needs each of
    /// its bytes a few times at most.
    let operation, total: Int
    let verifiesChecksums: Bool

    init(fileSize: Int, verifiesChecksums: Bool) {
        let size = min(fileSize, 1 << 56)
        operation = 4 * size + (4 << 20)
        total = 8 * size + (16 << 20)
        self.verifiesChecksums = verifiesChecksums
    }
}
