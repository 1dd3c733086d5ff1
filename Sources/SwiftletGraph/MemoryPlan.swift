/// Places buffers that live at different times in the same memory.
package struct MemoryPlan: Sendable, Equatable {
    /// A buffer in use from step `first` to step `last`, both included.
    package struct Lifetime: Sendable, Equatable {
        package let byteCount: Int
        package let first: Int
        package let last: Int

        package init(byteCount: Int, first: Int, last: Int) {
            self.byteCount = byteCount
            self.first = first
            self.last = last
        }
    }

    package let offsets: [Int]
    package let byteCount: Int

    private static let alignment = 64

    /// Greedy by size: the largest buffers choose first, each takes the lowest gap between the
    /// buffers that it overlaps in time.
    package init(_ lifetimes: [Lifetime]) {
        var offsets = [Int](repeating: 0, count: lifetimes.count)
        var placed: [(offset: Int, end: Int, lifetime: Lifetime)] = []  // by offset
        var total = 0
        let order = lifetimes.indices.sorted {
            (lifetimes[$1].byteCount, $0) < (lifetimes[$0].byteCount, $1)
        }
        for index in order {
            let lifetime = lifetimes[index]
            let size = (lifetime.byteCount + Self.alignment - 1) & -Self.alignment
            var offset = 0
            for other in placed
            where other.lifetime.first <= lifetime.last && lifetime.first <= other.lifetime.last {
                if other.offset >= offset + size { break }
                offset = max(offset, other.end)
            }
            offsets[index] = offset
            let position = placed.firstIndex { $0.offset > offset } ?? placed.count
            placed.insert((offset, offset + size, lifetime), at: position)
            total = max(total, offset + size)
        }
        self.offsets = offsets
        byteCount = total
    }
}
