internal import SwiftletFiles

/// How much is added or cut at both ends of every spatial axis.
package struct EdgeAmounts: Sendable {
    let amounts: [(before: Int, after: Int)]

    /// - Parameter extent: the same at both ends.
    init(_ extent: Extent, rank: Int, key: String) throws {
        amounts = try extent.along(rank: rank, key, minimum: 0).map { ($0, $0) }
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
            amounts = [(before: Int, after: Int)](
                repeating: (fallback, fallback), count: rank)
            return
        }
        if let number = json.int {
            _ = try size(json)
            amounts = [(before: Int, after: Int)](repeating: (number, number), count: rank)
            return
        }
        guard let list = json.array else { throw refusal() }
        if rank == 1, list.count == 2 {
            amounts = [(try size(list[0]), try size(list[1]))]
            return
        }
        guard list.count == rank else { throw refusal() }
        amounts = try list.map { item in
            guard let pair = item.array else {
                let number = try size(item)
                return (number, number)
            }
            guard pair.count == 2 else { throw refusal() }
            return (try size(pair[0]), try size(pair[1]))
        }
    }

    /// As Keras writes it: one pair in one dimension, else a list of pairs.
    var json: JSON {
        let pairs = amounts.map { JSON.array([.int($0.before), .int($0.after)]) }
        return pairs.count == 1 ? pairs[0] : .array(pairs)
    }
}
