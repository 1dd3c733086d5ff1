internal import CKernels
internal import SwiftletTensor

/// Rows of truth and prediction, checked and in the form that the scores read.
struct ClassificationBatch: RowBatch {
    enum Content: Sendable {
        /// Class numbers; of decided classes, or of the largest probabilities.
        case classes(truth: [Int32], decided: [Int32])
        /// Zeros and ones `[rows, columns]`; a single column for binary data.
        case flags(truth: [UInt8], decided: [UInt8])
    }

    /// Beyond this a confusion matrix would not fit memory.
    static let largestClass = 8191

    /// Nil for decided classes: whether they are two shows only when all have been seen.
    let kind: ClassificationKind?
    let rows: Int
    /// Classes or labels; 0 for decided classes, 1 for binary data.
    let columns: Int
    let content: Content
    /// Nil if the prediction holds decisions.
    let scores: PredictedScores?
    let weights: [Double]?

    init(
        truth: Tensor, predicted: Tensor, weights: Tensor?, reading: ClassificationReading
    ) throws(ScoreError) {
        let arrays = try Arrays(truth: truth, predicted: predicted, reading: reading)
        rows = arrays.rows
        self.weights = try weights?.weights(rows: rows)
        let kind =
            if let kind = reading.kind { kind as ClassificationKind? } else {
                try arrays.inferredKind()
            }
        switch kind {
        case .binary where !arrays.holdsDecisions:
            try arrays.require(truth: [1], predicted: [1], kind: .binary)
            (self.kind, columns) = (.binary, 1)
            (content, scores) = try arrays.flagsAndScores()
        case .binary:
            try arrays.require(truth: [1], predicted: [1], kind: .binary)
            (self.kind, columns) = (.binary, 0)
            (content, scores) = (try arrays.decidedClasses(largest: 1), nil)
        case .multiclass where !arrays.holdsDecisions:
            (self.kind, columns) = (.multiclass, arrays.predictedColumns)
            (content, scores) = try arrays.classesAndScores()
        case .multiclass:
            try arrays.require(truth: [1], predicted: [1], kind: .multiclass)
            (self.kind, columns) = (.multiclass, 0)
            (content, scores) = (try arrays.decidedClasses(largest: Self.largestClass), nil)
        case .multilabel:
            try arrays.require(
                truth: [arrays.predictedColumns], predicted: nil, kind: .multilabel)
            (self.kind, columns) = (.multilabel, arrays.predictedColumns)
            (content, scores) =
                arrays.holdsDecisions
                ? (try arrays.decidedFlags(), nil) : try arrays.flagsAndScores()
        case nil:
            (self.kind, columns) = (nil, 0)
            (content, scores) = (try arrays.decidedClasses(largest: Self.largestClass), nil)
        }
    }

    private init(
        kind: ClassificationKind?, rows: Int, columns: Int, content: Content,
        scores: PredictedScores?, weights: [Double]?
    ) {
        self.kind = kind
        self.rows = rows
        self.columns = columns
        self.content = content
        self.scores = scores
        self.weights = weights
    }

    func rows(at indices: [Int]) throws -> ClassificationBatch {
        let some: Content =
            switch content {
            case .classes(let truth, let decided):
                .classes(
                    truth: indices.map { truth[$0] }, decided: indices.map { decided[$0] })
            case .flags(let truth, let decided):
                .flags(
                    truth: Self.rows(at: indices, of: truth, columns: columns),
                    decided: Self.rows(at: indices, of: decided, columns: columns))
            }
        return ClassificationBatch(
            kind: kind, rows: indices.count, columns: columns, content: some,
            scores: try scores?.rows(at: indices),
            weights: weights.map { w in
                indices.map { w[$0] }
            })
    }

    /// The same rows with other weights.
    func weighted(_ weights: [Double]?) -> ClassificationBatch {
        ClassificationBatch(
            kind: kind, rows: rows, columns: columns, content: content, scores: scores,
            weights: weights)
    }

    private static func rows(at indices: [Int], of flags: [UInt8], columns: Int) -> [UInt8] {
        guard columns > 1 else { return indices.map { flags[$0] } }
        var some: [UInt8] = []
        some.reserveCapacity(indices.count * columns)
        for index in indices { some += flags[index * columns..<(index + 1) * columns] }
        return some
    }

    /// The sum of the weights.
    var totalWeight: Double {
        guard let weights else { return Double(rows) }
        var sum = Sum()
        for weight in weights { sum.add(weight) }
        return sum.value
    }
}

/// The two arrays before their meaning is settled.
private struct Arrays {
    let truth: Tensor
    let predicted: Tensor
    let rows: Int
    let truthColumns: Int
    let predictedColumns: Int
    let form: PredictionForm
    let threshold: Double

    init(
        truth: Tensor, predicted: Tensor, reading: ClassificationReading
    ) throws(ScoreError) {
        (rows, truthColumns) = try Self.extent(of: truth, .truth)
        let predictedRows: Int
        (predictedRows, predictedColumns) = try Self.extent(of: predicted, .predicted)
        guard rows == predictedRows else {
            throw .lengths(.truth, rows, .predicted, predictedRows)
        }
        self.truth = try truth.readable(as: .truth)
        guard predicted.dtype != .string else { throw .dtype(.predicted, .string) }
        self.predicted = predicted
        form =
            reading.predictions ?? (predicted.dtype.isFloatingPoint ? .probabilities : .labels)
        // Compared in the type of the probabilities, as NumPy does.
        let rounded = try? Tensor([reading.threshold]).converted(to: predicted.dtype).doubles()
        threshold =
            predicted.dtype.isFloatingPoint
            ? rounded?.first ?? reading.threshold
            : reading.threshold
    }

    private static func extent(
        of tensor: Tensor, _ input: ScoreError.Input
    ) throws(ScoreError) -> (rows: Int, columns: Int) {
        switch tensor.rank {
        case 1: return (tensor.shape[0], 1)
        case 2 where tensor.shape[1] > 0: return (tensor.shape[0], tensor.shape[1])
        default: throw .shape(input, found: tensor.shape, needed: "[N] or [N, columns]")
        }
    }

    var holdsDecisions: Bool { form == .labels }

    /// Nil for decided classes.
    func inferredKind() throws(ScoreError) -> ClassificationKind? {
        switch (truthColumns, predictedColumns) {
        case (1, 1): return holdsDecisions ? nil : .binary
        case (1, _) where !holdsDecisions: return .multiclass
        case (let labels, let columns) where labels == columns && holdsDecisions:
            return .multilabel
        case (let labels, let columns) where labels == columns:
            return oneHotClasses(try truth.flags(as: .truth, columns: labels)).bad == nil
                ? .multiclass : .multilabel
        default:
            throw .shape(
                .predicted, found: predicted.shape,
                needed: truthColumns == 1
                    ? "[\(rows)] (classes are decided)" : "[\(rows), \(truthColumns)]")
        }
    }

    func require(
        truth: [Int], predicted: [Int]?, kind: ClassificationKind
    ) throws(ScoreError) {
        if let predicted, !predicted.contains(predictedColumns) {
            throw .shape(
                .predicted, found: self.predicted.shape,
                needed: "[\(rows)] (\(kind.rawValue)\(holdsDecisions ? ", decided" : ""))")
        }
        if !truth.contains(truthColumns) {
            let needed = truth == [1] ? "[\(rows)]" : "[\(rows), \(predictedColumns)]"
            throw .shape(.truth, found: self.truth.shape, needed: "\(needed) (\(kind.rawValue))")
        }
    }

    func decidedClasses(largest: Int) throws(ScoreError) -> ClassificationBatch.Content {
        let needed = largest == 1 ? "0 or 1" : "a class from 0 to \(largest)"
        let predicted = try predicted.readable(as: .predicted)
        return .classes(
            truth: try truth.labels(as: .truth, largest: largest, needed: needed),
            decided: try predicted.labels(as: .predicted, largest: largest, needed: needed))
    }

    func decidedFlags() throws(ScoreError) -> ClassificationBatch.Content {
        .flags(
            truth: try truth.flags(as: .truth, columns: truthColumns),
            decided: try predicted.readable(as: .predicted).flags(
                as: .predicted, columns: predictedColumns))
    }

    func flagsAndScores() throws(ScoreError) -> (ClassificationBatch.Content, PredictedScores?) {
        let flags = try truth.flags(as: .truth, columns: truthColumns)
        let scores = try PredictedScores(
            predicted, rows: rows, columns: predictedColumns,
            link: form == .logits ? .sigmoid : nil)
        let decided = [UInt8](unsafeUninitializedCapacity: flags.count) { decided, count in
            scores.withMatrix { sl_score_decide_positive($0, threshold, decided.baseAddress) }
            count = flags.count
        }
        return (.flags(truth: flags, decided: decided), scores)
    }

    func classesAndScores() throws(ScoreError) -> (ClassificationBatch.Content, PredictedScores?) {
        guard predictedColumns > 1, predictedColumns <= ClassificationBatch.largestClass + 1 else {
            throw .shape(
                .predicted, found: predicted.shape,
                needed: "[\(rows), C], 2 ≤ C ≤ \(ClassificationBatch.largestClass + 1),")
        }
        let labels = try classes()
        let scores = try PredictedScores(
            predicted, rows: rows, columns: predictedColumns,
            link: form == .logits ? .softmax : nil)
        let decided = [Int32](unsafeUninitializedCapacity: rows) { decided, count in
            scores.withMatrix { sl_score_decide_largest($0, decided.baseAddress) }
            count = rows
        }
        return (.classes(truth: labels, decided: decided), scores)
    }

    private func classes() throws(ScoreError) -> [Int32] {
        if truthColumns == 1 {
            return try truth.labels(
                as: .truth, largest: predictedColumns - 1,
                needed: "a class from 0 to \(predictedColumns - 1)")
        }
        try require(truth: [predictedColumns], predicted: nil, kind: .multiclass)
        let (labels, bad) = oneHotClasses(try truth.flags(as: .truth, columns: truthColumns))
        if let bad { throw .notOneHot(row: bad) }
        return labels
    }

    private func oneHotClasses(_ flags: [UInt8]) -> (labels: [Int32], bad: Int?) {
        var good = 0
        let labels = [Int32](unsafeUninitializedCapacity: rows) { labels, count in
            good = sl_score_read_one_hot(flags, rows, truthColumns, labels.baseAddress)
            count = good
        }
        return (labels, good == rows ? nil : good)
    }
}
