internal import SwiftletTensor

/// How a rank computes its share of an operation, from its rows of the batch.
package struct RankShare {
    /// What an output of the share is to the whole output.
    package enum Part: Sendable, Equatable {
        /// The rows of the rank.
        case rows
        /// One of the ranks' addends.
        case addend
        /// All of it, the same for every rank.
        case whole
    }

    package let op: any Op
    /// Which operands must be the rank's rows; the others are whole.
    package let hasRows: [Bool]
    /// Of each output.
    package let parts: [Part]

    package init(_ op: any Op, of hasRows: [Bool], _ parts: [Part]) {
        self.op = op
        self.hasRows = hasRows
        self.parts = parts
    }
}

extension RowSlice {
    /// The share of an op that computes its rows from the operands' rows.
    package func share(of op: some Op) -> RankShare? {
        op.sliced(self).map { RankShare($0, of: hasRows, outputs.map { _ in .rows }) }
    }

    /// The share of the op, if it takes these operands and gives what it says.
    func share(of op: any Op, in group: RankGroup) -> RankShare? {
        guard let share = op.share(self, in: group) else { return nil }
        let operands = zip(inputs, share.hasRows).map { $1 ? type(of: $0) : $0 }
        guard !operands.contains(nil) else { return nil }
        let results = zip(outputs, share.parts).map { $1 == .rows ? type(of: $0) : $0 }
        guard !results.contains(nil),
            (try? share.op.outputTypes(for: operands.compactMap { $0 }))
                == results.compactMap({ $0 })
        else { return nil }
        return share
    }
}
