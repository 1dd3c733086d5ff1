/// Section IV.A.2.i: where the bytes of a dataset lie.
enum DataLayout {
    /// Nil address: never written.
    case contiguous(address: Int?, size: Int?)
    case compact(Range<Int>)
    case chunked(ChunkedLayout)

    init(_ fields: Fields) throws(Refusal) {
        var fields = fields
        let version = try fields.byte()
        switch version {
        case 1, 2: self = try Self.old(&fields)
        case 3, 4: self = try Self.new(&fields, version)
        default: throw .unsupported("version \(version) of a data layout")
        }
    }

    private static func old(_ fields: inout Fields) throws(Refusal) -> DataLayout {
        let rank = try fields.byte()
        let layoutClass = try fields.byte()
        try fields.skip(5)
        let address = layoutClass == 0 ? nil : try fields.address()
        var extents: [Int] = []
        for _ in 0..<rank { extents.append(try fields.int(4)) }
        switch layoutClass {
        case 0: return .compact(try fields.take(try fields.int(4)))
        case 1: return .contiguous(address: address, size: nil)
        case 2: return .chunked(try ChunkedLayout(extents, .bTreeV1, at: address))
        default: throw .damaged("a data layout of unknown class")
        }
    }

    private static func new(_ fields: inout Fields, _ version: Int) throws(Refusal) -> DataLayout {
        switch try fields.byte() {
        case 0: return .compact(try fields.take(try fields.int(2)))
        case 1: return .contiguous(address: try fields.address(), size: try fields.length())
        case 2 where version == 3:
            let rank = try fields.byte()
            let address = try fields.address()
            var extents: [Int] = []
            for _ in 0..<rank { extents.append(try fields.int(4)) }
            return .chunked(try ChunkedLayout(extents, .bTreeV1, at: address))
        case 2: return .chunked(try ChunkedLayout(&fields))
        case 3: throw .unsupported("a virtual dataset")
        default: throw .damaged("a data layout of unknown class")
        }
    }
}

/// The chunks of a dataset: their shape and the structure that finds them.
struct ChunkedLayout {
    enum Index {
        /// Section III.A.1.
        case bTreeV1
        /// Section VII (appendix C), by its own numbers 1 to 5; only layouts of version 4 have them.
        case single(filtered: (size: Int, mask: UInt32)?)
        case implicit
        case fixedArray
        case extensibleArray
        case bTreeV2
    }

    /// In elements.
    let chunk: [Int]
    let elementSize: Int
    let index: Index
    /// Nil: nothing was ever written.
    let address: Int?
    /// Chunks over the edge of the array are stored as they are.
    let skipsFiltersAtEdges: Bool

    /// - Parameter extents: those of a chunk, and last the size of an element.
    init(
        _ extents: [Int], _ index: Index, at address: Int?, skipsFiltersAtEdges: Bool = false
    ) throws(Refusal) {
        guard let elementSize = extents.last, extents.count > 1,
            extents.count <= Dataspace.mostDimensions + 1, extents.allSatisfy({ $0 > 0 })
        else { throw .damaged("chunks of shape \(extents.dropLast())") }
        chunk = Array(extents.dropLast())
        self.elementSize = elementSize
        self.index = index
        self.address = address
        self.skipsFiltersAtEdges = skipsFiltersAtEdges
    }

    /// Version 4.
    init(_ fields: inout Fields) throws(Refusal) {
        let flags = try fields.byte()
        let rank = try fields.byte()
        let width = try fields.byte()
        guard (1...8).contains(width) else { throw .damaged("chunk extents of \(width) bytes") }
        var extents: [Int] = []
        for _ in 0..<rank { extents.append(try fields.int(width)) }
        let index: Index
        switch try fields.byte() {
        case 1:
            let isFiltered = flags & 2 != 0
            index = .single(
                filtered: isFiltered
                    ? (try fields.length(), UInt32(truncatingIfNeeded: try fields.uint(4))) : nil)
        case 2: index = .implicit
        case 3:
            try fields.skip(1)
            index = .fixedArray
        case 4:
            try fields.skip(5)
            index = .extensibleArray
        case 5:
            try fields.skip(6)
            index = .bTreeV2
        case let number: throw .unsupported("chunk index \(number)")
        }
        try self.init(
            extents, index, at: try fields.address(), skipsFiltersAtEdges: flags & 1 != 0)
    }
}
