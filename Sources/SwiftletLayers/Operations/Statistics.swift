internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// What lies at a given share of the sorted numbers.
    static let statistics: OperationRows = [
        "Median": .one { c in try c.quantile([0.5], isScalar: true, skipsNaN: false) },
        "Quantile": .one { c in try c.quantile(scale: 1, skipsNaN: false) },
        "Percentile": .one { c in try c.quantile(scale: 100, skipsNaN: false) },
        "Nanmedian": .one { c in try c.quantile([0.5], isScalar: true, skipsNaN: true) },
        "Nanquantile": .one { c in try c.quantile(scale: 1, skipsNaN: true) },
        "Nanpercentile": .one { c in try c.quantile(scale: 100, skipsNaN: true) },
    ]
}

extension OperationCall {
    fileprivate mutating func quantile(scale: Double, skipsNaN: Bool) throws -> Value {
        let value = try tensor(1, "q")
        let given = try staticTensor(value, "q")
        guard given.rank <= 1 else { throw refusal("q of \(given.shape)") }
        return try quantile(
            given.doubles().map { $0 / scale }, isScalar: given.rank == 0, skipsNaN: skipsNaN)
    }

    fileprivate mutating func quantile(
        _ shares: [Double], isScalar: Bool, skipsNaN: Bool
    ) throws -> Value {
        guard shares.allSatisfy({ 0...1 ~= $0 }) else { throw refusal("q of \(shares)") }
        let x = try real(x())
        let rank = shape(x).count
        let axes = try axesOption(rank: rank)
        let rest = (0..<rank).filter { !axes.contains($0) }
        let kept = rest.map { shape(x)[$0] }
        let count = axes.reduce(1) { $0 * shape(x)[$1] }
        guard count > 0 else { throw refusal("nothing to sort in \(shape(x))") }
        let lines = try graph.reshape(
            graph.transpose(x, permutation: rest + axes), to: kept + [count])
        let sorted = try graph.sort(lines).values
        let isNaN = try graph.classify(.isNaN, lines)
        let method = try options.string("method", default: "linear")
        let results = try shares.map { share in
            let value =
                skipsNaN
                ? try quantile(share, of: sorted, isNaN: isNaN, method)
                : try quantile(share, of: sorted, method)
            let spoils = try graph.reduce(skipsNaN ? .all : .any, isNaN, axes: [kept.count])
            return try graph.select(spoils, graph.constant(.nan), value)
        }
        var result = isScalar ? results[0] : try graph.stack(results, axis: 0)
        if try keepsDimensions() {
            let ones = (0..<rank).map { axes.contains($0) ? 1 : shape(x)[$0] }
            result = try graph.reshape(result, to: (isScalar ? [] : [shares.count]) + ones)
        }
        return result
    }

    /// As Keras finds it: between neighbours by how far it is from the upper one.
    private mutating func quantile(
        _ share: Double, of sorted: Value, _ method: String
    ) throws -> Value {
        let axis = shape(sorted).count - 1
        let last = shape(sorted)[axis] - 1
        let exact = Double(last) * share
        func at(_ place: Double) throws -> Value {
            let index = min(max(Int(place), 0), last)
            let part = try graph.slice(sorted, axis: axis, index..<(index + 1))
            return try graph.reshape(part, to: shape(part).dropLast())
        }
        switch method {
        case "lower": return try at(exact.rounded(.down))
        case "higher": return try at(exact.rounded(.up))
        case "nearest": return try at(exact.rounded(.toNearestOrEven))
        case "midpoint":
            return try graph.scale(
                graph.add(at(exact.rounded(.down)), at(exact.rounded(.up))), by: 0.5)
        case "linear":
            let lower = max(exact.rounded(.up) - 1, 0)
            let upper = min(lower + 1, Double(last))
            let fraction = upper - exact
            return try graph.add(
                graph.scale(at(upper), by: Float(1 - fraction)),
                graph.scale(at(lower), by: Float(fraction)))
        default: throw refusal("method \"\(method)\" is unknown")
        }
    }

    /// The same among the numbers that are not NaN; those stand first.
    private mutating func quantile(
        _ share: Double, of sorted: Value, isNaN: Value, _ method: String
    ) throws -> Value {
        let axis = shape(sorted).count - 1
        let zero = try graph.constant(0)
        let one = try graph.constant(1)
        let valid = try graph.indicator(graph.logicalNot(isNaN))
        let count = try graph.sum(valid, axes: [axis], keepsDimensions: true)
        let last = try graph.maximum(graph.subtract(count, one), zero)
        let exact = try graph.scale(last, by: Float(share))
        let clean = try withoutNaN(sorted, 0)
        func at(_ place: Value) throws -> Value {
            let index = try graph.cast(graph.minimum(place, last), to: .int32)
            let part = try takenAlongAxis(clean, index, axis: axis)
            return try graph.reshape(part, to: shape(part).dropLast())
        }
        let (down, up) = (try graph.unary(.floor, exact), try graph.unary(.ceil, exact))
        switch method {
        case "lower": return try at(down)
        case "higher": return try at(up)
        case "nearest": return try at(graph.unary(.round, exact))
        case "midpoint": return try graph.scale(graph.add(at(down), at(up)), by: 0.5)
        case "linear":
            let lower = try graph.maximum(graph.subtract(up, one), zero)
            let upper = try graph.minimum(graph.add(lower, one), last)
            let distance = try graph.subtract(upper, exact)
            let fraction = try graph.reshape(distance, to: shape(distance).dropLast())
            return try graph.add(
                graph.multiply(at(upper), graph.subtract(one, fraction)),
                graph.multiply(at(lower), fraction))
        default: throw refusal("method \"\(method)\" is unknown")
        }
    }
}
