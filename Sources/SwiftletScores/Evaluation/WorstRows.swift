#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A row whose answer is far from the truth.
package struct WorstRow: Sendable {
    package enum Answer: Sendable {
        /// Classes, or the labels of a row; with the probability of what was decided for, of one.
        case classes(truth: [Int], decided: [Int], probability: Double?)
        /// Of the output that is furthest off.
        case values(output: Int, truth: Double, predicted: Double)
    }

    /// From 0, in the order of the data.
    package let row: Int
    /// The row's own log loss, 1 for a wrong decision, or the largest |e| of a regression.
    package let loss: Double
    package let answer: Answer
}

/// The largest of many numbers that come one after the other.
private struct Largest {
    let limit: Int
    private(set) var found: [(value: Double, row: Int)] = []

    /// Of equal numbers the first ones stay.
    mutating func add(_ value: Double, _ row: Int) {
        if found.count == limit, let last = found.last, value <= last.value { return }
        let place = found.firstIndex { $0.value < value } ?? found.count
        found.insert((value, row), at: place)
        if found.count > limit { found.removeLast() }
    }

    init(_ limit: Int) { self.limit = limit }
}

extension Evaluation {
    /// The rows with the largest losses, the worst first; none for labels whose rows were not kept.
    package func worstRows(limit: Int) -> [WorstRow] {
        guard limit > 0 else { return [] }
        return switch self {
        case .classification(let scores): scores.worstRows(limit: limit)
        case .regression(let scores): scores.worstRows(limit: limit)
        }
    }
}

extension ClassificationScores {
    fileprivate func worstRows(limit: Int) -> [WorstRow] {
        var largest = Largest(limit)
        var start = 0
        for batch in batches {
            for row in 0..<batch.rows {
                let loss = batch.loss(row)
                if loss > 0 { largest.add(loss, start + row) }
            }
            start += batch.rows
        }
        return largest.found.compactMap { loss, row in
            answer(row).map { WorstRow(row: row, loss: loss, answer: $0) }
        }
    }

    private func answer(_ row: Int) -> WorstRow.Answer? {
        var start = 0
        for batch in batches {
            if row < start + batch.rows { return batch.answer(row - start) }
            start += batch.rows
        }
        return nil
    }
}

extension ClassificationBatch {
    /// −log of the probability of the truth, the mean of it over labels; of decisions whether they
    /// are wrong.
    fileprivate func loss(_ row: Int) -> Double {
        guard let scores else { return isRight(row) ? 0 : 1 }
        func surprise(_ probability: Double) -> Double {
            -log(min(max(probability, scores.epsilon), 1))
        }
        switch content {
        case .classes(let truth, _):
            return surprise(scores.value(row, Int(truth[row])))
        case .flags(let truth, _):
            let sum = (0..<columns).reduce(0) { sum, column in
                let p = scores.value(row, column)
                return sum + surprise(truth[row * columns + column] == 1 ? p : 1 - p)
            }
            return sum / Double(columns)
        }
    }

    fileprivate func answer(_ row: Int) -> WorstRow.Answer {
        switch content {
        case .classes(let truth, let decided):
            return .classes(
                truth: [Int(truth[row])], decided: [Int(decided[row])],
                probability: scores?.value(row, Int(decided[row])))
        case .flags(let truth, let decided) where columns == 1:
            let p = scores?.value(row, 0)
            return .classes(
                truth: [Int(truth[row])], decided: [Int(decided[row])],
                probability: p.map { decided[row] == 1 ? $0 : 1 - $0 })
        case .flags(let truth, let decided):
            func labels(_ flags: [UInt8]) -> [Int] {
                (0..<columns).filter { flags[row * columns + $0] == 1 }
            }
            return .classes(truth: labels(truth), decided: labels(decided), probability: nil)
        }
    }
}

extension RegressionScores {
    fileprivate func worstRows(limit: Int) -> [WorstRow] {
        var largest = Largest(limit)
        var start = 0
        for batch in batches {
            for row in 0..<batch.rows {
                let loss = batch.furthest(row).error
                if loss > 0 { largest.add(loss, start + row) }
            }
            start += batch.rows
        }
        return largest.found.compactMap { loss, row in
            answer(row).map { WorstRow(row: row, loss: loss, answer: $0) }
        }
    }

    private func answer(_ row: Int) -> WorstRow.Answer? {
        var start = 0
        for batch in batches {
            if row < start + batch.rows {
                let output = batch.furthest(row - start).output
                let place = (row - start) * batch.outputs + output
                return .values(
                    output: output, truth: batch.truth.scoreValue(at: place),
                    predicted: batch.predicted.scoreValue(at: place))
            }
            start += batch.rows
        }
        return nil
    }
}

extension RegressionBatch {
    fileprivate func furthest(_ row: Int) -> (output: Int, error: Double) {
        var result = (output: 0, error: -1.0)
        for output in 0..<outputs {
            let place = row * outputs + output
            let error = abs(predicted.scoreValue(at: place) - truth.scoreValue(at: place))
            if error > result.error { result = (output, error) }
        }
        return result
    }
}
