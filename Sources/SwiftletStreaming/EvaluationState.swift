internal import SwiftletArchive
internal import SwiftletData
public import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletRuntime
public import SwiftletScores
internal import SwiftletTensor

/// A model's answers to some rows of a test set with the truth, ready to be scored together with the
/// answers to the other rows.
///
/// Scores such as areas under curves, medians and rank correlations, and all intervals, need every row. So
/// a state keeps the rows of truth and answers: what is merged is scored exactly as one run over
/// everything would have scored it, bit for bit.
public struct EvaluationState: Sendable {
    /// Which part of the rows this is.
    public let shard: Shard
    /// Of the whole test set.
    public let rows: Range<Int>
    /// What the answers depend on, and how they are scored.
    let identity: JSONObject
    /// Where model and data lay.
    package let model: String
    package let data: String
    package let scoring: Scoring
    /// Nil where no intervals are wanted.
    package let confidence: Confidence?
    /// How the model's inputs are found in the data.
    let roles: DataRoles
    let instructionSets: [String]
    let truth: Tensor
    let predicted: Tensor
    let weights: Tensor?

    /// Rows of the whole test set.
    public var totalRows: Int { identity["rows"]?.int ?? 0 }

    /// Whether processors took part whose instruction sets round differently in the last digits.
    public var isMixed: Bool { Set(instructionSets).count > 1 }

    /// The answers, scored.
    ///
    /// - Parameter keepingRows: whether rows are wanted that no score needs.
    /// - Throws: ``ScoreError``, as ``ClassificationScores`` and ``RegressionScores``.
    package func evaluation(keepingRows: Bool = false) throws -> Evaluation {
        var scoring = scoring
        scoring.keepsRows = keepingRows
        let evaluation = try Evaluation(
            scoring, truth: settledTruth, predicted: predicted,
            weights: weights.map { try Dataset.sampleWeights($0, count: rows.count) })
        try evaluation.requireSamples()
        return evaluation
    }

    /// Tables do not tell classes and measures apart: that shows only when all rows are there.
    private var settledTruth: Tensor {
        get throws {
            guard identity["untyped_truth"]?.bool ?? false, truth.dtype == .float64 else {
                return truth
            }
            let isWhole = try truth.withElements(of: Double.self) { values in
                values.allSatisfy { Int32(exactly: $0) != nil }
            }
            return try truth.converted(to: isWhole ? .int32 : .float32)
        }
    }

    /// The inputs of some rows; nil if they cannot be had from where they were any more.
    package func inputs(at rows: [Int]) throws -> NamedTensors? {
        if let known = identity["data"]?.string {
            guard (try? DataSource.digest(of: data)) == known else { return nil }
        }
        return try DataSource.inputs(at: rows, of: data, roles: roles)
    }

    /// The scores of these rows: of the whole test set once all parts are merged.
    public func results() throws -> ScoreReport {
        try evaluation().results(workers: Workers(), confidence: confidence)
    }
}

// MARK: Merging

extension EvaluationState {
    /// Puts the parts of one evaluation together, in any order.
    ///
    /// - Throws: ``StreamError`` if they are of different models, data or tasks, or if one of them is
    ///   missing or there twice.
    public static func merged(_ paths: [String]) throws -> EvaluationState {
        var parts: [(path: String, state: EvaluationState)] = []
        for path in paths {
            let state = try EvaluationState(contentsOf: path)
            if let (other, first) = parts.first {
                try state.requireSame(as: first, path, other)
            }
            parts.append((path, state))
        }
        guard let (path, first) = parts.first else { throw StreamError("", "no state files") }
        try Shard.requireAll(parts.map { ($0.path, $0.state.shard) }, of: first.shard.count)
        parts.sort { $0.state.shard.index < $1.state.shard.index }
        return try merged(parts.map(\.state), path)
    }

    private func requireSame(
        as other: EvaluationState, _ path: String, _ otherPath: String
    ) throws {
        let names = [
            "model": "the models' layers or weights", "data": "the test sets",
        ]
        if let difference = other.identity.difference(to: identity, digests: names) {
            throw StreamError(
                path, "not of the same evaluation as \(otherPath): \(difference)")
        }
        guard other.shard.count == shard.count else {
            throw StreamError(
                path, "shard \(shard), but \(otherPath) is shard \(other.shard)")
        }
    }

    private static func merged(
        _ parts: [EvaluationState], _ path: String
    ) throws -> EvaluationState {
        let first = parts[0]
        func joined(_ array: (EvaluationState) -> Tensor?) throws -> Tensor? {
            let tensors = parts.compactMap(array)
            guard tensors.count == parts.count || tensors.isEmpty else {
                throw StreamError(path, "weights in some of the parts only")
            }
            guard parts.count > 1, let like = tensors.first else { return tensors.first }
            for tensor in tensors
            where tensor.dtype != like.dtype
                || Array(tensor.shape.dropFirst()) != Array(like.shape.dropFirst())
            {
                throw StreamError(
                    path,
                    "rows of \(like.dtype) \(Array(like.shape.dropFirst())) in one part, of "
                        + "\(tensor.dtype) \(Array(tensor.shape.dropFirst())) in another")
            }
            let shape = try like.shape.replacing(axis: 0, with: first.totalRows)
            return try Tensor(shape: shape, dtype: like.dtype) { bytes in
                guard var place = bytes.baseAddress else { return }
                for tensor in tensors {
                    let rows = tensor.shape[0]
                    tensor.copyRows(0..<rows, as: tensor.dtype, to: place)
                    place += tensor.elementCount * tensor.dtype.size
                    tensor.releasePages()
                }
            }
        }
        guard let truth = try joined(\.truth), let predicted = try joined(\.predicted) else {
            throw StreamError(path, "no rows")
        }
        return EvaluationState(
            shard: .whole, rows: 0..<first.totalRows, identity: first.identity,
            model: first.model, data: first.data, scoring: first.scoring,
            confidence: first.confidence, roles: first.roles,
            instructionSets: Array(Set(parts.flatMap(\.instructionSets))).sorted(), truth: truth,
            predicted: predicted, weights: try joined(\.weights))
    }
}
