internal import SwiftletFiles

/// How much is added or cut at both ends of every spatial axis.
package struct EdgeAmounts: Sendable {
    private let before: Extent
    private let after: Extent

    /// - Parameter extent: the same at both ends.
    init(_ extent: Extent) {
        before = extent
        after = extent
    }

    private init(_ amounts: [(before: Int, after: Int)]) {
        before = Extent(amounts.map(\.before))
        after = Extent(amounts.map(\.after))
    }

    /// The amounts along `rank` axes.
    ///
    /// - Throws: ``ModelError/config(key:cause:)`` if there are not as many.
    func along(rank: Int, _ key: String) throws -> (before: [Int], after: [Int]) {
        (
            try before.along(rank: rank, key, minimum: 0),
            try after.along(rank: rank, key, minimum: 0)
        )
    }

    /// Reads a number, a number per axis, or a pair per axis.
    init(config: LayerConfig, _ key: String, rank: Int, default fallback: Int) throws {
        func refusal() -> ModelError {
            .config(key: key, cause: "sizes along \(rank) axes expected")
        }
        func size(_ json: JSON) throws -> Int {
            guard let size = json.int, (0...LayerConfig.largestSize).contains(size) else {
                throw refusal()
            }
            return size
        }
        guard let json = config.value(key) else {
            self.init(Extent([fallback]))
            return
        }
        if let number = json.int {
            _ = try size(json)
            self.init(Extent([number]))
            return
        }
        guard let list = json.array else { throw refusal() }
        if rank == 1, list.count == 2 {
            self.init([(try size(list[0]), try size(list[1]))])
            return
        }
        guard list.count == rank else { throw refusal() }
        self.init(
            try list.map { item in
                guard let pair = item.array else {
                    let number = try size(item)
                    return (number, number)
                }
                guard pair.count == 2 else { throw refusal() }
                return (try size(pair[0]), try size(pair[1]))
            })
    }

    /// As Keras writes it: one pair in one dimension, else a list of pairs.
    func json(rank: Int) -> JSON {
        guard let (before, after) = try? along(rank: rank, "") else { return .null }
        let pairs = zip(before, after).map { JSON.array([.int($0), .int($1)]) }
        return pairs.count == 1 ? pairs[0] : .array(pairs)
    }
}
