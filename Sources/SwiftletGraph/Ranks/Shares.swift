/// Things in a row, shared out to ranks as evenly as possible and in order.
package struct Shares: Sendable, Equatable {
    package let total: Int
    package let ranks: Int

    package init(total: Int, ranks: Int) {
        self.total = total
        self.ranks = ranks
    }

    /// What falls to a rank.
    package subscript(rank: Int) -> Range<Int> {
        rank * total / ranks..<(rank + 1) * total / ranks
    }

    package var counts: [Int] { (0..<ranks).map { self[$0].count } }
}
