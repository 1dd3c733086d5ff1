/// FNV-1a over words of eight bytes: tells damage and changes, but no malice.
package func checksum(
    _ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0xcbf2_9ce4_8422_2325
) -> UInt64 {
    var hash = seed
    var position = 0
    while position + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        hash = (hash ^ word) &* 0x100_0000_01b3
        hash ^= hash >> 29
        position += 8
    }
    while position < bytes.count {
        hash = (hash ^ UInt64(bytes[position])) &* 0x100_0000_01b3
        position += 1
    }
    return hash
}

extension JSONObject {
    /// Why work that was described so cannot go on as `job`: the first member that differs, in words;
    /// nil if none does.
    ///
    /// - Parameter digests: for members whose values tell people nothing, what they stand for.
    package func difference(to job: JSONObject, digests: [String: String]) -> String? {
        for key in job.keys + keys where job[key] != self[key] {
            if let name = digests[key] { return "\(name) are others or have changed" }
            func text(_ value: JSON?) -> String { value?.text() ?? "none" }
            return "\(key) is \(text(self[key])) there and \(text(job[key])) here"
        }
        return nil
    }
}
