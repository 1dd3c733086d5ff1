internal import SwiftletTensor

/// A chunk that was written: its place in the array and in the file.
struct StoredChunk {
    /// Its number in row-major order of the grid.
    let cell: Int
    let bytes: Range<Int>
    /// Bit n: filter n was not applied.
    let skippedFilters: UInt32
}

/// An array cut into chunks.
struct ChunkGrid {
    let shape: [Int]
    let chunk: [Int]
    let elementSize: Int
    /// Chunks along each axis, and along each axis when the array has grown as far as it may.
    let counts: [Int]
    let largestCounts: [Int?]
    let cellCount: Int
    let chunkBytes: Int

    init(_ space: Dataspace, _ layout: ChunkedLayout, elementSize: Int) throws(Refusal) {
        shape = space.shape.dimensions
        chunk = layout.chunk
        self.elementSize = elementSize
        guard chunk.count == shape.count else {
            throw .damaged("chunks of \(chunk.count) dimensions in an array of \(shape.count)")
        }
        guard layout.elementSize == elementSize else {
            throw .damaged(
                "chunks of \(layout.elementSize)-byte elements where the type has \(elementSize)")
        }
        counts = zip(shape, chunk).map { $0.dividedRoundingUp(by: $1) }
        largestCounts = zip(space.largest, chunk).map { $0?.dividedRoundingUp(by: $1) }
        guard let cells = product(counts), let bytes = product(chunk + [elementSize]) else {
            throw .tooLarge(nil)
        }
        cellCount = cells
        chunkBytes = bytes
    }

    /// The chunks of one row of the grid, as an array of its own, and the number of the first of them.
    func band(_ row: Int) -> (grid: ChunkGrid, firstCell: Int) {
        let rows = min(chunk[0], shape[0] - row * chunk[0])
        let cells = counts.dropFirst().reduce(1, *)
        let grid = ChunkGrid(
            shape: [rows] + shape.dropFirst(), chunk: chunk, elementSize: elementSize,
            counts: [1] + counts.dropFirst(), largestCounts: largestCounts, cellCount: cells,
            chunkBytes: chunkBytes)
        return (grid, row * cells)
    }

    private init(
        shape: [Int], chunk: [Int], elementSize: Int, counts: [Int], largestCounts: [Int?],
        cellCount: Int, chunkBytes: Int
    ) {
        (self.shape, self.chunk, self.elementSize) = (shape, chunk, elementSize)
        (self.counts, self.largestCounts) = (counts, largestCounts)
        (self.cellCount, self.chunkBytes) = (cellCount, chunkBytes)
    }

    /// The number of the chunk at this place; nil outside the array, where chunks may remain after
    /// it was made smaller.
    func cell(at place: [Int]) -> Int? {
        var cell = 0
        for (index, count) in zip(place, counts) {
            guard index >= 0, index < count else { return nil }
            cell = cell * count + index
        }
        return cell
    }

    /// The place of a chunk, in chunks.
    func place(of cell: Int) -> [Int] {
        var rest = cell
        var place = [Int](repeating: 0, count: counts.count)
        for axis in counts.indices.reversed() where counts[axis] > 0 {
            place[axis] = rest % counts[axis]
            rest /= counts[axis]
        }
        return place
    }

    /// Whether a chunk reaches over the end of the array.
    func isAtEdge(_ cell: Int) -> Bool {
        zip(place(of: cell), zip(chunk, shape)).contains { ($0 + 1) * $1.0 > $1.1 }
    }

    /// Copies a chunk's elements into the array.
    func copy(
        _ source: UnsafeRawBufferPointer, cell: Int, to array: UnsafeMutableRawBufferPointer
    ) {
        let start = zip(place(of: cell), chunk).map { $0 * $1 }
        let extent = zip(start, zip(chunk, shape)).map { min($1.0, $1.1 - $0) }
        guard !shape.isEmpty, extent.allSatisfy({ $0 > 0 }), source.count >= chunkBytes else {
            return
        }
        // From this axis on, a row is contiguous in both.
        var rowAxis = shape.count - 1
        while rowAxis > 0, chunk[rowAxis] == shape[rowAxis] { rowAxis -= 1 }
        let sourceSteps = Self.strides(chunk, elementSize)
        let arraySteps = Self.strides(shape, elementSize)
        let rowBytes = extent[rowAxis] * sourceSteps[rowAxis]
        var index = [Int](repeating: 0, count: rowAxis)
        var from = 0
        var to = zip(start, arraySteps).reduce(0) { $0 + $1.0 * $1.1 }
        while true {
            guard from + rowBytes <= source.count, to + rowBytes <= array.count else { return }
            UnsafeMutableRawBufferPointer(rebasing: array[to..<to + rowBytes])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<from + rowBytes]))
            var axis = rowAxis - 1
            while axis >= 0 {
                index[axis] += 1
                from += sourceSteps[axis]
                to += arraySteps[axis]
                if index[axis] < extent[axis] { break }
                from -= extent[axis] * sourceSteps[axis]
                to -= extent[axis] * arraySteps[axis]
                index[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
        }
    }

    private static func strides(_ shape: [Int], _ elementSize: Int) -> [Int] {
        var strides = [Int](repeating: elementSize, count: shape.count)
        for axis in shape.indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * shape[axis + 1]
        }
        return strides
    }
}
