internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Einstein's summation: operands with a label per axis, joined two at a time by matrix products.
private struct Einsum {
    /// A label of the subscripts, or an axis that an ellipsis stands for, counted from the right.
    enum Label: Hashable {
        case letter(Character)
        case open(Int)
    }

    let inputs: [[Label]]
    let output: [Label]

    init(_ subscripts: String, ranks: [Int], _ refusal: (String) -> GraphError) throws {
        let text = subscripts.filter { !$0.isWhitespace }
        let sides = text.components(separatedBy: "->")
        let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false)
        guard sides.count <= 2, terms.count == ranks.count else {
            throw refusal("subscripts \"\(subscripts)\" for \(ranks.count) operands")
        }
        var widest = 0
        inputs = try zip(terms, ranks).map { term, rank in
            let letters = term.filter { $0 != "." }
            let isOpen = term.contains("...")
            let open = rank - letters.count
            guard open == 0 || isOpen && open > 0, letters.allSatisfy(\.isLetter) else {
                throw refusal("subscripts \"\(term)\" for \(rank) axes")
            }
            widest = max(widest, open)
            return try Self.labels(String(term), open: open, refusal)
        }
        if sides.count == 2 {
            output = try Self.labels(sides[1], open: widest, refusal)
        } else {
            // As they occur once, in alphabetical order, behind the open axes.
            var counts: [Label: Int] = [:]
            for label in inputs.joined() { counts[label, default: 0] += 1 }
            let once = counts.filter { $0.value == 1 }.compactMap { entry -> Character? in
                if case .letter(let letter) = entry.key { letter } else { nil }
            }
            output =
                (0..<widest).reversed().map { .open($0) } + once.sorted().map { .letter($0) }
        }
        let known = Set(inputs.joined())
        guard Set(output).count == output.count, output.allSatisfy(known.contains) else {
            throw refusal("subscripts \"\(subscripts)\"")
        }
    }

    private static func labels(
        _ term: String, open: Int, _ refusal: (String) -> GraphError
    ) throws -> [Label] {
        guard let dots = term.firstIndex(of: ".") else { return term.map { .letter($0) } }
        let rest = term[dots...]
        guard rest.hasPrefix("..."), !rest.dropFirst(3).contains(".") else {
            throw refusal("subscripts \"\(term)\"")
        }
        return term[..<dots].map { .letter($0) } + (0..<open).reversed().map { .open($0) }
            + rest.dropFirst(3).map { .letter($0) }
    }
}

extension String {
    fileprivate func components(separatedBy arrow: String) -> [String] {
        guard let range = self.firstRange(of: arrow) else { return [self] }
        return [String(self[..<range.lowerBound]), String(self[range.upperBound...])]
    }
}

/// An operand on its way through the sum.
private struct Term {
    var value: Value
    var labels: [Einsum.Label]
}

extension OperationCall {
    mutating func einsum() throws -> Value {
        let subscripts = try options.string("subscripts")
        let given = try positionalTensors()
        guard !given.isEmpty else { throw refusal("no operands") }
        let bytes = given.allSatisfy { dtype($0) == .int8 }
        let types = given.map { OperandType.tensor(dtype($0)) }
        let result = bytes ? .int32 : TypePromotion.result(of: types)
        let sum = try Einsum(subscripts, ranks: given.map { shape($0).count }) { refusal($0) }
        var terms = try zip(given, sum.inputs).map { value, labels in
            try diagonal(Term(value: real(value), labels: labels))
        }
        try matchOpenAxes(&terms)
        while terms.count > 1 {
            let (a, b) = (terms.removeFirst(), terms.removeFirst())
            let needed = Set(terms.flatMap(\.labels)).union(sum.output)
            terms.insert(try joined(a, b, needed: needed), at: 0)
        }
        let last = try summed(terms[0], keeping: Set(sum.output))
        let order = sum.output.compactMap { last.labels.firstIndex(of: $0) }
        return try cast(graph.transpose(last.value, permutation: order), result)
    }

    /// An operand whose label repeats keeps its diagonal only.
    private mutating func diagonal(_ term: Term) throws -> Term {
        var term = term
        while let (first, second) = repeated(term.labels) {
            let extents = shape(term.value)
            let size = extents[first]
            guard size == extents[second] else {
                throw refusal("a diagonal of \(extents)")
            }
            let rank = extents.count
            let together = try moved(term.value, [first, second], [rank - 2, rank - 1])
            let rest = Array(shape(together).dropLast(2))
            let line = try graph.reshape(together, to: rest + [size * size])
            let places = try graph.constant(Tensor((0..<size).map { Int64($0 * (size + 1)) }))
            let label = term.labels[first]
            term.labels.remove(at: second)
            term.labels.remove(at: first)
            term.labels.append(label)
            term.value = try graph.gather(line, places, axis: rest.count)
        }
        return term
    }

    private func repeated(_ labels: [Einsum.Label]) -> (Int, Int)? {
        for first in labels.indices {
            if let second = labels[(first + 1)...].firstIndex(of: labels[first]) {
                return (first, second)
            }
        }
        return nil
    }

    /// Axes under an ellipsis are broadcast.
    private mutating func matchOpenAxes(_ terms: inout [Term]) throws {
        var extents: [Einsum.Label: Int] = [:]
        for term in terms {
            for (label, extent) in zip(term.labels, shape(term.value)) {
                let known = extents[label] ?? 1
                var isOpen = false
                if case .open = label { isOpen = true }
                guard
                    isOpen
                        ? known == 1 || extent == 1 || known == extent
                        : extents[label] == nil || known == extent
                else { throw refusal("extents \(known) and \(extent) under one label") }
                extents[label] = isOpen ? max(known, extent) : extent
            }
        }
        for index in terms.indices {
            let wide = terms[index].labels.map { extents[$0] ?? 1 }
            terms[index].value = try graph.broadcast(terms[index].value, to: Shape(wide))
        }
    }

    private mutating func summed(_ term: Term, keeping needed: Set<Einsum.Label>) throws -> Term {
        let axes = term.labels.indices.filter { !needed.contains(term.labels[$0]) }
        guard !axes.isEmpty else { return term }
        return Term(
            value: try graph.sum(term.value, axes: axes),
            labels: term.labels.filter(needed.contains))
    }

    /// The product of two operands, summed over the labels that nothing else needs.
    private mutating func joined(
        _ first: Term, _ second: Term, needed: Set<Einsum.Label>
    ) throws -> Term {
        let a = try summed(first, keeping: needed.union(second.labels))
        let b = try summed(second, keeping: needed.union(first.labels))
        let shared = a.labels.filter(b.labels.contains)
        let batch = shared.filter(needed.contains)
        let inner = shared.filter { !needed.contains($0) }
        let rows = a.labels.filter { !shared.contains($0) }
        let columns = b.labels.filter { !shared.contains($0) }
        let left = try arranged(a, [batch, rows, inner])
        let right = try arranged(b, [batch, inner, columns])
        let product = try graph.matmul(left, right)
        let labels = batch + rows + columns
        let extents = labels.map { label in
            a.labels.firstIndex(of: label).map { shape(a.value)[$0] }
                ?? b.labels.firstIndex(of: label).map { shape(b.value)[$0] } ?? 1
        }
        return Term(value: try graph.reshape(product, to: extents), labels: labels)
    }

    /// An operand with its labels in groups, one axis per group.
    private mutating func arranged(_ term: Term, _ groups: [[Einsum.Label]]) throws -> Value {
        let places = groups.map { $0.compactMap { term.labels.firstIndex(of: $0) } }
        let extents = shape(term.value)
        let moved = try graph.transpose(term.value, permutation: places.flatMap { $0 })
        return try graph.reshape(
            moved, to: places.map { $0.reduce(1) { $0 * extents[$1] } })
    }
}
