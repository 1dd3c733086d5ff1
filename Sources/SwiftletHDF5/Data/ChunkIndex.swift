/// Finds the chunks of a dataset through whichever structure lists them.
struct ChunkIndex {
    private let layout: ChunkedLayout
    private let grid: ChunkGrid
    private let isFiltered: Bool
    private let reading: Reading
    private var chunks: [StoredChunk] = []
    private var seen: Set<Int> = []

    static func chunks(
        _ layout: ChunkedLayout, _ grid: ChunkGrid, isFiltered: Bool, _ reading: Reading
    ) throws(Refusal) -> [StoredChunk] {
        guard let address = layout.address, grid.cellCount > 0 else { return [] }
        var index = ChunkIndex(layout, grid, isFiltered, reading)
        try index.list(at: address)
        return index.chunks
    }

    private init(
        _ layout: ChunkedLayout, _ grid: ChunkGrid, _ isFiltered: Bool, _ reading: Reading
    ) {
        self.layout = layout
        self.grid = grid
        self.isFiltered = isFiltered
        self.reading = reading
    }

    private mutating func list(at address: Int) throws(Refusal) {
        switch layout.index {
        case .bTreeV1: try listBTreeV1(at: address)
        case .bTreeV2: try listBTreeV2(at: address)
        case .single(let filtered):
            try add(
                [Int](repeating: 0, count: grid.counts.count), address,
                filtered?.size ?? grid.chunkBytes, filtered?.mask ?? 0)
        case .implicit: try listImplicit(at: address)
        case .fixedArray:
            let order = try LinearOrder(grid, unlimitedFirst: false)
            let array = try FixedArray(
                at: address, isFiltered: isFiltered, entrySize: entrySize, reading)
            try array.forEachElement { number, element throws(Refusal) in
                if let place = order.place(of: number) { try addElement(element, at: place) }
            }
        case .extensibleArray:
            let order = try LinearOrder(grid, unlimitedFirst: true)
            let array = try ExtensibleArray(
                at: address, isFiltered: isFiltered, entrySize: entrySize, reading)
            try array.forEachElement { number, element throws(Refusal) in
                if let place = order.place(of: number) { try addElement(element, at: place) }
            }
        }
    }

    /// - Parameter address: nil if the chunk was never written.
    private mutating func add(
        _ place: [Int], _ address: Int?, _ size: Int, _ skippedFilters: UInt32
    ) throws(Refusal) {
        guard let address, let cell = grid.cell(at: place) else { return }
        guard seen.insert(cell).inserted else { throw .damaged("two chunks in one place") }
        let bytes = try reading.range(at: address, count: size)
        try reading.charge(size)
        let isPlain = layout.skipsFiltersAtEdges && grid.isAtEdge(cell)
        chunks.append(
            StoredChunk(cell: cell, bytes: bytes, skippedFilters: isPlain ? .max : skippedFilters))
    }

    // MARK: B-trees

    private mutating func listBTreeV1(at address: Int) throws(Refusal) {
        let rank = grid.chunk.count
        let tree = BTreeV1(type: .chunks, keySize: 8 + 8 * (rank + 1), reading: reading)
        try tree.forEachLeaf(under: address) { key, child throws(Refusal) in
            var key = key
            let size = try key.int(4)
            let skipped = UInt32(truncatingIfNeeded: try key.uint(4))
            var place: [Int] = []
            for axis in 0..<rank {
                let (chunk, rest) = try key.int(8).quotientAndRemainder(
                    dividingBy: grid.chunk[axis])
                guard rest == 0 else { throw .damaged("a chunk between two places") }
                place.append(chunk)
            }
            try add(place, child, size, skipped)
        }
    }

    private mutating func listBTreeV2(at address: Int) throws(Refusal) {
        let tree = try BTreeV2(at: address, isFiltered ? .filteredChunks : .chunks, reading)
        let rank = grid.chunk.count
        guard tree.recordSize == entrySize + 8 * rank else {
            throw .damaged("a chunk index with records of \(tree.recordSize) bytes")
        }
        try tree.forEachRecord { record throws(Refusal) in
            var record = record
            let element = try record.fields(entrySize)
            var place: [Int] = []
            for _ in 0..<rank { place.append(try record.int(8)) }
            try addElement(element, at: place)
        }
    }

    // MARK: Arrays

    /// How wide the size of a filtered chunk is stored.
    private var chunkSizeSize: Int { min(8, 1 + (grid.chunkBytes.floorLog2 + 8) / 8) }

    private var entrySize: Int {
        reading.addressSize + (isFiltered ? chunkSizeSize + 4 : 0)
    }

    private mutating func addElement(_ element: Fields, at place: [Int]) throws(Refusal) {
        var element = element
        let address = try element.address()
        let size = isFiltered ? try element.int(chunkSizeSize) : grid.chunkBytes
        let skipped = isFiltered ? try element.uint(4) : 0
        try add(place, address, size, UInt32(truncatingIfNeeded: skipped))
    }

    private mutating func listImplicit(at address: Int) throws(Refusal) {
        guard let bytes = product([grid.cellCount, grid.chunkBytes]) else {
            throw .tooLarge(nil)
        }
        _ = try reading.range(at: address, count: bytes)
        let order = try LinearOrder(grid, unlimitedFirst: false)
        for cell in 0..<grid.cellCount {
            let place = grid.place(of: cell)
            guard let offset = product([order.number(of: place), grid.chunkBytes]),
                offset <= reading.image.count
            else { throw .tooLarge(nil) }
            try add(place, address + offset, grid.chunkBytes, 0)
        }
    }
}

/// The order in which arrays number the chunks: row-major over the largest grid, and in an
/// extensible array with the axis that has no limit moved to the front.
struct LinearOrder {
    private let axes: [Int]
    /// Chunks along each axis in that order; the first is not needed.
    private let counts: [Int]

    init(_ grid: ChunkGrid, unlimitedFirst: Bool) throws(Refusal) {
        var axes = Array(grid.chunk.indices)
        let unlimited = axes.filter { grid.largestCounts[$0] == nil }
        guard unlimited.count == (unlimitedFirst ? 1 : 0) else {
            throw .damaged("a chunk index that does not fit the limits of its array")
        }
        if let axis = unlimited.first {
            axes.remove(at: axis)
            axes.insert(axis, at: 0)
        }
        self.axes = axes
        counts = axes.map { grid.largestCounts[$0] ?? 1 }
        guard counts.allSatisfy({ $0 > 0 }), product(counts) != nil,
            zip(grid.counts, grid.largestCounts).allSatisfy({ $0 <= $1 ?? .max })
        else { throw .damaged("an array that is larger than its limits") }
    }

    /// The place of a chunk by its number; nil if it is beyond the last.
    func place(of number: Int) -> [Int]? {
        var rest = number
        var place = [Int](repeating: 0, count: axes.count)
        for position in axes.indices.dropFirst().reversed() {
            place[axes[position]] = rest % counts[position]
            rest /= counts[position]
        }
        guard let first = axes.first else { return number == 0 ? place : nil }
        place[first] = rest
        return place
    }

    func number(of place: [Int]) -> Int {
        zip(axes, counts).reduce(0) { $0 * $1.1 + place[$1.0] }
    }
}
