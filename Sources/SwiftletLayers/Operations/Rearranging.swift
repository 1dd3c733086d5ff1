internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Axes taken apart, put in another order and joined, by the names in a pattern.
    static let einops: OperationRows = ["Rearrange": .one { try $0.rearranged() }]
}

extension OperationCall {
    fileprivate mutating func rearranged() throws -> Value {
        let x = try tensor(0, "tensor")
        guard case .literal(.string(let pattern))? = structure(1, "pattern"),
            let arrow = pattern.firstRange(of: "->")
        else { throw refusal("a pattern with \"->\" expected") }
        let input = try groups(pattern[..<arrow.lowerBound])
        let output = try groups(pattern[arrow.upperBound...])
        guard input.count == shape(x).count else {
            throw refusal("pattern \"\(pattern)\" for shape \(shape(x))")
        }
        var extents: [String: Int] = [:]
        for (group, extent) in zip(input, shape(x)) {
            try measure(group, extent, into: &extents)
        }
        let names = input.flatMap { $0 }
        let order = output.flatMap { $0 }
        guard Set(names) == Set(order), Set(names).count == names.count,
            names.count == order.count
        else { throw refusal("pattern \"\(pattern)\" does not keep the axes") }
        let apart = try graph.reshape(x, to: names.map { extents[$0] ?? 1 })
        let moved = try graph.transpose(
            apart, permutation: order.compactMap { names.firstIndex(of: $0) })
        return try graph.reshape(
            moved, to: output.map { $0.reduce(1) { $0 * (extents[$1] ?? 1) } })
    }

    /// The extents of a group's axes; one of them may be what is left.
    private func measure(
        _ group: [String], _ extent: Int, into extents: inout [String: Int]
    ) throws {
        guard group.count > 1 else {
            if let name = group.first { extents[name] = extent }
            return
        }
        var known = 1
        var open: String?
        for name in group {
            if let size = try options.optionalInt(name) {
                guard 1...LayerConfig.largestSize ~= size, known <= LayerConfig.largestSize else {
                    throw refusal("\(name) of \(size)")
                }
                extents[name] = size
                known *= size
            } else if open == nil {
                open = name
            } else {
                throw refusal("two unknown axes in (\(group.joined(separator: " ")))")
            }
        }
        if let open { extents[open] = extent / known }
    }

    private func groups(_ side: Substring) throws -> [[String]] {
        var groups: [[String]] = []
        var inner: [String]?
        let spaced = String(side).replacing("(", with: " ( ").replacing(")", with: " ) ")
        for word in spaced.split(separator: " ").map(String.init) {
            switch word {
            case "(": inner = []
            case ")":
                groups.append(inner ?? [])
                inner = nil
            default:
                guard word.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
                    throw refusal("axis \"\(word)\" is not supported")
                }
                if inner == nil { groups.append([word]) } else { inner?.append(word) }
            }
        }
        return groups
    }
}
