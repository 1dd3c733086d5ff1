internal import SwiftletGraph
internal import SwiftletTensor

/// The axes of attention's scores: as masks see them, and as ``AttentionProduct`` does, which has one
/// axis of queries and one of keys.
struct ScoreFrame {
    /// The shapes of queries, keys and values for the operation.
    let query: [Int]
    let key: [Int]
    let value: [Int]
    /// `[…, heads, queries, keys]`.
    private let scores: [Int]
    /// The scores as masks see them.
    private let seen: [Int]

    /// - Parameters:
    ///   - key: the shape of the keys, `[…, groups, keys, size]` as the product reads them.
    ///   - values: that of the values.
    init?(_ found: AttentionScores, key: Shape, values: Shape, in graph: Graph) {
        let product = found.product.dimensions
        let rank = product.count
        guard rank >= 3, key.rank == rank, values.rank == rank, let size = key.last,
            let valueSize = values.last, found.product.elementCount > 0,
            graph.shape(of: found.query).dimensions.dropLast() == product.dropLast(),
            graph.shape(of: found.query).last == size,
            key.dimensions.dropLast(2) == product.dropLast(2),
            values.dimensions.dropLast() == key.dimensions.dropLast()
        else { return nil }
        seen = found.shape?.dimensions ?? product
        let keys = product[rank - 1]
        let heads: [Int] =
            found.shape == nil
            ? Self.unjoined(found.query, in: graph).dropLast() + [keys] : seen
        let fits = heads.last == keys && heads.reduce(1, *) == product.reduce(1, *)
        // The axes of the batch and of heads may have been joined, as sums over named axes do.
        let isJoined =
            fits && heads.count > rank && heads.suffix(2) == product.suffix(2)
            && heads.dropLast(2).reduce(1, *) == product.dropLast(2).reduce(1, *)
        // Heads that share keys may lie behind one another like further queries.
        let isGrouped =
            fits && heads.count == rank && heads.dropLast(3) == product.dropLast(3)
            && heads[rank - 3] % max(1, product[rank - 3]) == 0
        scores = isJoined || isGrouped ? heads : product
        query = scores.dropLast() + [size]
        let groups = isJoined ? heads.dropLast(2) : product.dropLast(2)
        self.key = groups + [keys, size]
        value = groups + [keys, valueSize]
    }

    /// The shape of queries before a reshape that may have joined axes or put heads behind one
    /// another.
    private static func unjoined(_ query: Value, in graph: Graph) -> [Int] {
        let node = graph.nodes[query.node]
        let shape = graph.shape(of: query)
        guard node.op.isView else { return shape.dimensions }
        let before = graph.shape(of: node.inputs[0])
        return (before.last == shape.last && before.rank > 2 ? before : shape).dimensions
    }

    /// A mask or an addend with one axis of queries and one of keys; nil if it is repeated along some
    /// of several axes.
    func flattened(_ value: Value, in graph: inout Graph) throws -> Value? {
        guard seen.count != scores.count else { return value }
        let leading = scores.count - 2
        var split = leading
        var queries = 1
        while split < seen.count, queries != scores[leading] || split == leading {
            queries *= seen[split]
            split += 1
        }
        let own = graph.shape(of: value).dimensions
        guard queries == scores[leading], own.count <= seen.count,
            seen[..<leading] == scores[..<leading]
        else { return nil }
        let extents = [Int](repeating: 1, count: seen.count - own.count) + own
        func joined(_ axes: Range<Int>) -> Int? {
            let count = extents[axes].reduce(1, *)
            return count == 1 || extents[axes] == seen[axes] ? count : nil
        }
        guard let rows = joined(leading..<split), let columns = joined(split..<seen.count) else {
            return nil
        }
        return try graph.reshape(value, to: extents[..<leading] + [rows, columns])
    }

    // MARK: Masks

    /// Masks that are all to be heeded, taken apart: a band, and the masks beside it, each no larger
    /// than what it is made of. Nil if they do not fit.
    func masks(
        _ whole: [Value], in graph: inout Graph
    ) throws -> (masks: [Value], band: AttentionProduct.Band?)? {
        var parts: [Value] = []
        var band: AttentionProduct.Band?
        for mask in whole {
            try take(mask, as: graph.shape(of: mask).dimensions, &parts, &band, in: &graph)
        }
        if parts.count > AttentionProduct.mostMasks { (parts, band) = (whole, nil) }
        var flat: [Value] = []
        for part in parts {
            guard let mask = try flattened(part, in: &graph) else { return nil }
            flat.append(mask)
        }
        return (flat, band)
    }

    /// - Parameter extents: the mask's shape, axes of 1 put in.
    private func take(
        _ mask: Value, as extents: [Int], _ parts: inout [Value],
        _ band: inout AttentionProduct.Band?, in graph: inout Graph
    ) throws {
        let node = graph.nodes[mask.node]
        if node.op.isView {
            return try take(node.inputs[0], as: extents, &parts, &band, in: &graph)
        }
        if let found = self.band(node, as: extents, in: graph) {
            band = band?.narrowed(to: found) ?? found
        } else if (node.op as? Logical)?.function == .and,
            let axes = Self.axes(of: node.types[0].shape.dimensions, in: extents)
        {
            for input in node.inputs {
                let own = graph.shape(of: input).dimensions
                let missing = node.types[0].rank - own.count
                let shape = axes.map { axis in
                    axis.map { $0 < missing ? 1 : own[$0 - missing] } ?? 1
                }
                try take(input, as: shape, &parts, &band, in: &graph)
            }
        } else {
            parts.append(try graph.reshape(mask, to: extents))
        }
    }

    /// Which axis of `shape` each one of `extents` is, nil for those put in; nil if there is more
    /// between the two than axes of 1.
    private static func axes(of shape: [Int], in extents: [Int]) -> [Int?]? {
        var next = 0
        var axes: [Int?] = []
        for extent in extents {
            if next < shape.count, shape[next] == extent {
                axes.append(next)
                next += 1
            } else if extent == 1 {
                axes.append(nil)
            } else {
                return nil
            }
        }
        return next == shape.count ? axes : nil
    }

    /// The band that a comparison of the places of queries and keys is.
    private func band(_ node: Node, as extents: [Int], in graph: Graph) -> AttentionProduct.Band? {
        guard seen.count == scores.count, extents.suffix(2) == scores.suffix(2),
            extents.dropLast(2).allSatisfy({ $0 == 1 }), let compare = node.op as? Compare
        else { return nil }
        if compare.comparison == .greaterOrEqual, arePlaces(node.inputs, in: graph) {
            return AttentionProduct.Band(behind: nil, ahead: 0)
        }
        let distance = graph.nodes[node.inputs[0].node]
        guard compare.comparison == .less, let width = graph.number(node.inputs[1]),
            let steps = Int(exactly: width), steps > 0,
            let absolute = distance.op as? Unary, absolute.function == .abs
        else { return nil }
        let difference = graph.nodes[distance.inputs[0].node]
        guard (difference.op as? Binary)?.function == .subtract,
            arePlaces(difference.inputs, in: graph)
        else { return nil }
        return AttentionProduct.Band(behind: steps - 1, ahead: steps - 1)
    }

    /// Whether the operands number the queries and the keys from 0.
    private func arePlaces(_ operands: [Value], in graph: Graph) -> Bool {
        let wanted = [(scores[scores.count - 2], 1), (1, scores[scores.count - 1])]
        return zip(operands, wanted).allSatisfy { operand, extents in
            guard let tensor = graph.constantTensor(operand), tensor.shape.rank >= 2,
                tensor.elementCount == extents.0 * extents.1,
                tensor.shape[tensor.shape.rank - 1] == extents.1,
                tensor.shape[tensor.shape.rank - 2] == extents.0,
                let places = try? tensor.floats()
            else { return false }
            return places.enumerated().allSatisfy { Float($0.offset) == $0.element }
        }
    }
}
