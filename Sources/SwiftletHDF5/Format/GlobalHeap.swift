internal import Synchronization

/// Section III.E: the texts of variable-length strings, many to a collection. Collections that
/// were met are kept, since the strings of many objects share one.
final class GlobalHeap: Sendable {
    private typealias Collection = [Int: Range<Int>]
    private let collections = Mutex<[Int: Collection]>([:])

    /// The bytes of an object.
    func object(
        _ index: Int, inCollectionAt address: Int, _ reading: Reading
    ) throws(Refusal) -> Range<Int> {
        let known = collections.withLock { $0[address].map { $0[index] } }
        if let known { return try existing(known) }
        let collection = try Self.collection(at: address, reading)
        collections.withLock { $0[address] = collection }
        return try existing(collection[index])
    }

    private func existing(_ range: Range<Int>?) throws(Refusal) -> Range<Int> {
        guard let range else { throw .damaged("a string is not in its heap") }
        return range
    }

    private static func collection(
        at address: Int, _ reading: Reading
    ) throws(Refusal) -> Collection {
        // The collection's head and those of its objects are as long, in multiples of 8.
        let headSize = (8 + reading.lengthSize + 7) / 8 * 8
        var head = try reading.fields("GCOL", at: address, count: headSize)
        try head.expect(version: 1, of: "a global heap")
        try head.skip(3)
        let size = try head.length()
        guard size >= headSize else { throw .damaged("a global heap of \(size) bytes") }
        var body = try reading.fields(at: address + headSize, count: size - headSize)
        var objects: Collection = [:]
        while body.left >= headSize {
            let index = try body.int(2)
            try body.skip(6)
            let size = try body.length()
            try body.skip(headSize - 8 - reading.lengthSize)
            guard index != 0 else { break }  // free space, to the end
            objects[index] = try body.take(size)
            try body.skip(min(body.left, (8 - size % 8) % 8))
        }
        return objects
    }
}
