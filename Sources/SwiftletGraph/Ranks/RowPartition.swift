internal import SwiftletTensor

/// A graph over a batch turned into the one that a rank runs on its rows of the batch.
///
/// Every value of the whole graph is held as the rank's rows, as one of the ranks' addends, or whole on
/// every rank, and is brought into another form where an operation asks for it: rows are gathered, addends
/// summed, whole values cut. An operation whose rows depend on each other, and that has no share of its
/// own (``Op/share(_:in:)``), is computed by every rank for the whole batch. So the results are those of
/// the whole graph but for the order of sums, whatever the operations are.
///
/// - SeeAlso: Xu et al. 2021, "GSPMD: General and Scalable Parallelization for ML Computation Graphs".
package struct RowPartition {
    package private(set) var graph = Graph()
    private let whole: Graph
    private let group: RankGroup
    private let shares: Shares
    /// Values of the whole graph in the forms that they are held in.
    private var forms: [Value: Forms] = [:]

    /// A value in the forms that it has been brought into.
    private struct Forms {
        /// The one that it was computed in.
        let first: RankShare.Part
        var rows: Value?
        var addend: Value?
        var whole: Value?

        init(_ value: Value, as part: RankShare.Part) {
            first = part
            switch part {
            case .rows: rows = value
            case .addend: addend = value
            case .whole: whole = value
            }
        }
    }

    /// The rows of a rank.
    private var rows: Range<Int> { shares[group.rank] }
    /// How many rows the ranks have; all of them must be able to do what one does.
    private var rowCounts: Set<Int> { Set(shares.counts) }

    /// - Parameters:
    ///   - batch: placeholders with the rows along axis 0.
    ///   - rows: of the whole batch, at least as many as ranks.
    ///   - outputs: what is needed of the graph.
    package init(
        _ whole: Graph, batch: [Value], rows: Int, outputs: [Value], group: RankGroup
    ) throws {
        precondition(rows >= group.count)
        self.whole = whole
        self.group = group
        shares = Shares(total: rows, ranks: group.count)
        let needed = whole.needed(for: outputs)
        for node in whole.nodes where needed[node.index] || node.op is Placeholder {
            graph.label = node.label
            try append(node, isBatch: batch.contains(node.output()))
        }
    }

    /// Where a value that is to be fed is in the graph: the rank's rows of the batch, else all.
    package subscript(fed value: Value) -> Value {
        guard let held = forms[value], let new = held.first == .rows ? held.rows : held.whole else {
            preconditionFailure("value was not rebuilt")
        }
        return new
    }

    /// Where an output is in the graph, and whether the ranks' are still to be added up.
    package mutating func output(_ value: Value) throws -> (value: Value, isAddend: Bool) {
        if let held = forms[value], held.whole == nil, let addend = held.addend {
            return (addend, true)
        }
        return (try wholeForm(value), false)
    }

    // MARK: Operations

    private mutating func append(_ node: Node, isBatch: Bool) throws {
        if isBatch, let placeholder = node.op as? Placeholder,
            let type = slice(of: node, hasRows: []).type(of: node.types[0])
        {
            forms[node.output()] = Forms(
                try graph.placeholder(placeholder.name, type), as: .rows)
            return
        }
        if try appendAddends(node) { return }
        let hasRows = node.inputs.map { forms[$0]?.first == .rows }
        if hasRows.contains(true), try appendShare(node, hasRows) { return }
        let operands = try node.inputs.map { try wholeForm($0) }
        try append(node.op, operands, for: node, as: node.types.map { _ in .whole })
    }

    private mutating func append(
        _ op: any Op, _ operands: [Value], for node: Node, as parts: [RankShare.Part]
    ) throws {
        for (output, value) in try graph.append(op, operands).enumerated() {
            forms[node.output(output)] = Forms(value, as: parts[output])
        }
    }

    /// Linear operations on addends give addends.
    private mutating func appendAddends(_ node: Node) throws -> Bool {
        let addends = node.inputs.map { forms[$0].flatMap { $0.whole == nil ? $0.addend : nil } }
        let isAddend = addends.map { $0 != nil }
        guard isAddend.contains(true),
            zip(node.inputs, addends).allSatisfy({ $1 != nil || forms[$0]?.first != .rows })
        else { return false }
        let operands: [Value]
        if node.op.isLinear(in: isAddend) {
            operands = try zip(node.inputs, addends).map { try $1 ?? wholeForm($0) }
        } else if node.op.isLinear(in: isAddend.map { _ in true }) {
            operands = try zip(node.inputs, addends).map { try $1 ?? addendForm($0) }
        } else {
            return false
        }
        try append(node.op, operands, for: node, as: node.types.map { _ in .addend })
        return true
    }

    /// The op on the rank's rows: of the operands that have some, or also of those that may be cut.
    private mutating func appendShare(_ node: Node, _ hasRows: [Bool]) throws -> Bool {
        let types = node.inputs.map { whole[$0] }
        let largest = zip(types, hasRows).compactMap { $1 ? $0.shape.first : nil }
        let possible = zip(types, hasRows).map { $1 || largest.contains($0.shape.first ?? 0) }
        for flags in hasRows == possible ? [hasRows] : [hasRows, possible] {
            guard let share = share(of: node, flags) else { continue }
            let operands = try zip(node.inputs, share.hasRows).map {
                $1 ? try rowsForm($0) : try wholeForm($0)
            }
            try append(share.op, operands, for: node, as: share.parts)
            return true
        }
        return false
    }

    /// The share of this rank, if every rank has one.
    private func share(of node: Node, _ hasRows: [Bool]) -> RankShare? {
        let shares = rowCounts.map {
            slice(of: node, hasRows: hasRows, count: $0).share(of: node.op, in: group)
        }
        guard let first = shares.first ?? nil,
            shares.allSatisfy({ $0?.parts == first.parts && $0?.hasRows == first.hasRows })
        else { return nil }
        return slice(of: node, hasRows: hasRows).share(of: node.op, in: group)
    }

    private func slice(of node: Node, hasRows: [Bool], count: Int? = nil) -> RowSlice {
        RowSlice(
            total: shares.total, count: count ?? rows.count, inputs: node.inputs.map { whole[$0] },
            outputs: node.types, hasRows: hasRows)
    }

    // MARK: Forms

    /// The whole value, on every rank.
    private mutating func wholeForm(_ value: Value) throws -> Value {
        guard let held = forms[value] else { preconditionFailure("value was not rebuilt") }
        if let whole = held.whole { return whole }
        let result: Value
        if let addend = held.addend {
            result = try graph.apply(RankSum(group: group), addend)
        } else if let rows = held.rows, let extent = whole.shape(of: value).first {
            let positions = extent / shares.total
            let gather = RankGather(group: group, counts: shares.counts.map { $0 * positions })
            result = try graph.apply(gather, rows)
        } else {
            preconditionFailure("value is held in no form")
        }
        forms[value]?.whole = result
        return result
    }

    /// The whole value as the addend of the first rank; those of the others are zeros, selected there
    /// so that all ranks need the same values, and send the same messages.
    private mutating func addendForm(_ value: Value) throws -> Value {
        let isFirst = try graph.constant(Tensor([group.rank == 0], shape: .scalar))
        return try graph.select(isFirst, wholeForm(value), graph.constant(0))
    }

    /// The rank's rows of a value, computed anew where it is whole: masks of dropout are drawn for these
    /// rows only.
    private mutating func rowsForm(_ value: Value) throws -> Value {
        if let rows = forms[value]?.rows { return rows }
        let node = whole.nodes[value.node]
        if let values = try recomputed(node) {
            for (output, rows) in values.enumerated() { forms[node.output(output)]?.rows = rows }
            return values[value.output]
        }
        let source = try wholeForm(value)
        let shape = whole.shape(of: value)
        let positions = shape[0] / shares.total
        let cut = try graph.slice(
            source,
            starts: [rows.lowerBound * positions] + shape.dimensions.dropFirst().map { _ in 0 },
            limits: [rows.upperBound * positions] + shape.dimensions.dropFirst())
        forms[value]?.rows = cut
        return cut
    }

    /// The node's outputs for the rank's rows alone; nil if they are better cut from the whole.
    private mutating func recomputed(_ node: Node) throws -> [Value]? {
        guard node.inputs.allSatisfy({ forms[$0]?.whole != nil }) else { return nil }
        if let random = node.op as? RandomNumbers {
            return [
                try graph.apply(random.share(rows, of: shares.total), wholeForm(node.inputs[0]))
            ]
        }
        let hasRows = node.inputs.map { input in
            guard let extent = whole.shape(of: input).first else { return false }
            return extent == node.types[0].shape.first
        }
        // What one rank cuts, and another computes, would need different messages.
        let isShared = rowCounts.allSatisfy {
            slice(of: node, hasRows: hasRows, count: $0).op(for: node.op) != nil
        }
        guard isShared, !node.inputs.isEmpty,
            let op = slice(of: node, hasRows: hasRows).op(for: node.op)
        else { return nil }
        let operands = try zip(node.inputs, hasRows).map {
            $1 ? try rowsForm($0) : try wholeForm($0)
        }
        return try graph.append(op, operands)
    }
}

extension Graph {
    /// Which nodes the values need.
    fileprivate func needed(for values: [Value]) -> [Bool] {
        var result = [Bool](repeating: false, count: nodes.count)
        for value in values { result[value.node] = true }
        for node in nodes.reversed() where result[node.index] {
            for input in node.inputs { result[input.node] = true }
        }
        return result
    }
}
