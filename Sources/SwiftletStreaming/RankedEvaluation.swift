internal import SwiftletDataset
internal import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

extension EvaluationState {
    /// Puts the parts of one evaluation together of which every rank has the one of its number: the
    /// whole, on every rank, bit for bit that of one process.
    ///
    /// - Throws: ``StreamError`` if they are of different models, data or tasks; ``CommunicationError``.
    public func merged(with communicator: any Communicator) throws -> EvaluationState {
        let group = RankGroup(communicator)
        guard shard == Shard(group.rank + 1, of: group.count) else {
            throw StreamError(
                data, "shard \(shard) on rank \(group.rank) of \(group.count)")
        }
        guard try group.agree(on: hash(JSON.object(identity).text())) else {
            throw StreamError(data, "the ranks evaluate different models, data or tasks")
        }
        let weighted = try group.any(weights != nil)
        return EvaluationState(
            shard: .whole, rows: 0..<totalRows, identity: identity, model: model, data: data,
            scoring: scoring, confidence: confidence, roles: roles,
            instructionSets: try instructionSets(of: group), truth: try whole(truth, group),
            predicted: try whole(predicted, group),
            weights: weighted ? try whole(weights, group) : nil)
    }

    /// The rows of all ranks.
    private func whole(_ part: Tensor?, _ group: RankGroup) throws -> Tensor {
        let row = part.map { Array($0.shape.dropFirst()) } ?? []
        guard let part, try group.agree(on: hash("\(part.dtype) \(row)")) else {
            throw StreamError(data, "the ranks' rows are of different types")
        }
        let size = row.reduce(1, *) * part.dtype.size
        let batchSize = identity["batch_size"]?.int ?? 1
        let counts = (1...group.count).map { number in
            (Shard(number, of: group.count)?.rows(of: totalRows, batchSize: batchSize).count ?? 0)
                * size
        }
        let shape = try part.shape.replacing(axis: 0, with: totalRows)
        return try Tensor(shape: shape, dtype: part.dtype) { bytes in
            guard let all = bytes.baseAddress else { return }
            try part.withUnsafeBytes { own in
                try group.gather(own, counts: counts, into: all)
            }
        }
    }

    /// The names of all ranks' processors.
    private func instructionSets(of group: RankGroup) throws -> [String] {
        let own = Array(instructionSets.joined(separator: ",").utf8)
        let counts = try group.gather(number: UInt64(own.count)).map(Int.init)
        var all = [UInt8](repeating: 0, count: counts.reduce(0, +))
        try own.withUnsafeBytes { own in
            try all.withUnsafeMutableBytes { all in
                guard let start = all.baseAddress else { return }
                try group.gather(own, counts: counts, into: start)
            }
        }
        var (names, start) = (Set<String>(), 0)
        for count in counts {
            let text = String(decoding: all[start..<start + count], as: UTF8.self)
            names.formUnion(text.split(separator: ",").map(String.init))
            start += count
        }
        return names.sorted()
    }

    private func hash(_ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { checksum(UnsafeRawBufferPointer($0)) }
    }
}
