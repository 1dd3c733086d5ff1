internal import SwiftletLimits
internal import SwiftletTensor

/// A dataset as its header describes it.
struct StoredArray: Sendable {
    let type: Datatype
    let space: Dataspace
    private let layout: DataLayout
    private let filters: FilterPipeline
    private let fill: [UInt8]?

    /// Extents of the dataset followed by those of an array datatype.
    let shape: Shape

    /// - Throws: also where data lies in other files or needs filters that are not known.
    init(_ header: ObjectHeader, _ reading: Reading) throws(Refusal) {
        guard header.first(.externalFiles) == nil else {
            throw .unsupported("data in another file")
        }
        guard let layoutMessage = header.first(.layout), let typeMessage = header.first(.datatype),
            let spaceMessage = header.first(.dataspace)
        else { throw .damaged("a dataset without a type, shape or place") }
        layout = try DataLayout(header.content(layoutMessage, reading))
        type = try Datatype(header.content(typeMessage, reading))
        space = try Dataspace(header.content(spaceMessage, reading))
        shape = try type.shape(of: space.shape)
        if let message = header.first(.filterPipeline) {
            filters = try FilterPipeline(
                header.content(message, reading), elementSize: type.size)
        } else {
            filters = .none
        }
        fill = try FillValue.bytes(of: header, reading)
    }

    /// Where the elements lie in one piece, in the file's own type; nil if they do not.
    func contiguousBytes(_ reading: Reading) throws(Refusal) -> Range<Int>? {
        let count = try byteCount()
        switch layout {
        case .chunked, .contiguous(nil, _): return nil
        case .compact(let range):
            guard range.count >= count else { throw .damaged("data that is cut short") }
            return range.lowerBound..<range.lowerBound + count
        case .contiguous(let address?, let size):
            guard size ?? count >= count else { throw .damaged("data that is cut short") }
            let range = try reading.range(at: address, count: count)
            try reading.charge(count)
            return range
        }
    }

    /// Bytes of all elements in the file's own type.
    func byteCount() throws(Refusal) -> Int {
        guard let count = product([space.shape.elementCount, type.size]) else {
            throw .tooLarge(nil)
        }
        return count
    }

    /// What ``assemble(_:into:_:)`` needs, checked before memory is taken.
    struct Parts {
        let grid: ChunkGrid?
        let chunks: [StoredChunk]
    }

    func parts(_ reading: Reading) throws(Refusal) -> Parts {
        let count = try byteCount()
        guard case .chunked(let chunked) = layout else {
            guard count <= Self.freeBytes else { throw .tooLarge(count) }
            try reading.charge(count)
            return Parts(grid: nil, chunks: [])
        }
        let grid = try ChunkGrid(space, chunked, elementSize: type.size)
        let chunks = try ChunkIndex.chunks(
            chunked, grid, isFiltered: !filters.filters.isEmpty, reading)
        let stored = chunks.reduce(0) { $0 + $1.bytes.count }
        let limit = unpackedLimit(of: stored)
        let padded = product([chunks.count, grid.chunkBytes])
        for bytes in [count, grid.chunkBytes, padded] where bytes.map({ $0 > limit }) ?? true {
            throw .tooLarge(bytes)
        }
        if filters.isCompressed {
            try limiting { () throws(LimitError) in try Limits.checkUnpacked(count, from: stored) }
        }
        if chunks.count < grid.cellCount { try reading.charge(min(count, Self.freeBytes)) }
        return Parts(grid: grid, chunks: chunks)
    }

    private static let freeBytes = 1 << 20

    /// Parts never written read as the fill value, so a little is free. Beyond it, plain data needs
    /// its own size in the file, and deflate's claims have a limit of their own.
    private func unpackedLimit(of stored: Int) -> Int {
        guard filters.isCompressed else { return max(Self.freeBytes, stored) }
        let mostThatDeflatePacks = 1032
        let (product, overflow) = stored.multipliedReportingOverflow(by: mostThatDeflatePacks)
        return max(Self.freeBytes, overflow ? .max : product)
    }

    /// Writes all elements, in the file's own type, into a buffer of ``byteCount()`` bytes.
    func assemble(
        _ parts: Parts, into buffer: UnsafeMutableRawBufferPointer, _ reading: Reading
    ) throws(Refusal) {
        if parts.chunks.count < parts.grid?.cellCount ?? .max { try fillAll(buffer) }
        guard let grid = parts.grid else { return }
        try copy(parts.chunks[...], of: grid, into: buffer, reading)
    }

    private func copy(
        _ chunks: ArraySlice<StoredChunk>, of grid: ChunkGrid, firstCell: Int = 0,
        isOnce: Bool = false,
        into buffer: UnsafeMutableRawBufferPointer, _ reading: Reading
    ) throws(Refusal) {
        for chunk in chunks {
            let cell = chunk.cell - firstCell
            let packed = reading.image.bytes(chunk.bytes)
            let unpacked = try filters.unpacked(
                packed, skipping: chunk.skippedFilters, to: grid.chunkBytes)
            if let unpacked {
                unpacked.withUnsafeBytes { grid.copy($0, cell: cell, to: buffer) }
            } else {
                grid.copy(packed, cell: cell, to: buffer)
            }
            // Whoever reads bands reads each chunk once.
            if isOnce { reading.image.release(packed) }
        }
    }

    // MARK: Bands

    /// The outermost axis in pieces.
    struct Bands {
        fileprivate enum Place {
            /// All elements, in the file's own type.
            case piece(Range<Int>)
            case chunks(Parts, ChunkGrid)
        }
        /// Rows of a band; the last one may have fewer.
        let rows: Int
        let count: Int
        fileprivate let place: Place
    }

    /// Bytes of a band of elements that lie in one piece.
    private static let bandBytes = 1 << 24

    /// Nil where no bytes were ever written.
    func bands(_ reading: Reading) throws(Refusal) -> Bands? {
        guard let length = space.shape.first, length > 0 else { return nil }
        if let range = try contiguousBytes(reading) {
            let rows = max(1, Self.bandBytes / max(1, range.count / length))
            return Bands(
                rows: rows, count: length.dividedRoundingUp(by: rows), place: .piece(range))
        }
        let parts = try parts(reading)
        guard let grid = parts.grid else { return nil }
        let sorted = Parts(grid: grid, chunks: parts.chunks.sorted { $0.cell < $1.cell })
        return Bands(rows: grid.chunk[0], count: grid.counts[0], place: .chunks(sorted, grid))
    }

    /// The shape of a band's elements.
    func shape(of band: Int, in bands: Bands) throws(Refusal) -> Shape {
        let rows = min(bands.rows, shape[0] - band * bands.rows)
        do {
            return try shape.replacing(axis: 0, with: rows)
        } catch {
            throw .damaged("\(error)")
        }
    }

    func tensor(
        of band: Int, in bands: Bands, _ heap: GlobalHeap, _ reading: Reading
    ) throws(Refusal) -> Tensor {
        let shape = try shape(of: band, in: bands)
        let reader = TensorReader(type: type, shape: shape, heap: heap)
        let size = try byteCount() / max(1, self.shape[0]) * shape[0]
        switch bands.place {
        case .piece(let range):
            let start = range.lowerBound + band * bands.rows * (size / max(1, shape[0]))
            return try reader.tensor(of: start..<start + size, reading)
        case .chunks(let parts, let grid):
            let (own, first) = grid.band(band)
            let chunks = parts.chunks[
                Self.place(
                    of: first, in: parts.chunks)..<Self.place(
                        of: first + own.cellCount, in: parts.chunks)]
            return try reader.tensor(byteCount: size, reading) { (buffer) throws(Refusal) in
                if chunks.count < own.cellCount { try fillAll(buffer) }
                try copy(
                    chunks, of: own, firstCell: first, isOnce: true, into: buffer, reading)
            }
        }
    }

    /// How many of the chunks, which are sorted, come before a cell.
    private static func place(of cell: Int, in chunks: [StoredChunk]) -> Int {
        var (low, high) = (0, chunks.count)
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].cell < cell { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func fillAll(_ buffer: UnsafeMutableRawBufferPointer) throws(Refusal) {
        // The address of a filled-in string would mean another file's memory.
        var value = fill ?? []
        if case .variableString = type { value = [] }
        guard !value.isEmpty else {
            buffer.initializeMemory(as: UInt8.self, repeating: 0)
            return
        }
        guard value.count == type.size else { throw .damaged("a fill value of the wrong size") }
        var offset = 0
        while offset + value.count <= buffer.count {
            UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + value.count])
                .copyBytes(from: value)
            offset += value.count
        }
    }
}

extension Datatype {
    /// The shape of all numbers, where each element may be an array itself.
    func shape(of space: Shape) throws(Refusal) -> Shape {
        guard case .array(let inner, let element) = self else { return space }
        do {
            return try element.shape(of: Shape(space.dimensions + inner))
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw .damaged("\(error)")
        }
    }

    /// The type of the single numbers or strings.
    var scalar: Datatype {
        if case .array(_, let element) = self { element.scalar } else { self }
    }
}
