public import SwiftletTensor

/// Why a score could not be taken.
public enum ScoreError: Error, Equatable, CustomStringConvertible {
    /// The arrays that a score reads.
    public enum Input: String, Sendable {
        case truth, predicted, weights, real, generated
    }

    /// No row was ever seen.
    case empty
    /// Every row seen weighs 0.
    case noWeight
    /// The inputs differ in their number of rows.
    case lengths(Input, Int, Input, Int)
    /// An array has a shape that the kind of task cannot use.
    case shape(Input, found: Shape, needed: String)
    /// An array holds no numbers.
    case dtype(Input, DType)
    /// One element is not what is needed; `index` counts from 0, the row first.
    case element(Input, index: [Int], found: Double, needed: String)
    /// A row of one-hot truth has not exactly one 1.
    case notOneHot(row: Int)
    /// Two batches or two states are of different kinds or widths.
    case mismatch(String)
    /// The images of a pair differ in size, or are no images.
    case image(name: String, cause: String)
    /// Too few samples for a score.
    case tooFew(Input, found: Int, needed: Int)
    /// The system lacks a library.
    case library(String)
    /// There is no memory for a copy in another element type.
    case memory(String)

    public var description: String {
        switch self {
        case .empty: "no samples to score"
        case .noWeight: "weights: every sample weighs 0"
        case .lengths(let a, let m, let b, let n):
            "\(a.rawValue) has \(m) rows, \(b.rawValue) has \(n)"
        case .shape(let input, let found, let needed):
            "\(input.rawValue): shape \(needed) needed, \(found) found"
        case .dtype(let input, let dtype): "\(input.rawValue): numbers needed, \(dtype) found"
        case .element(let input, let index, let found, let needed):
            "\(input.rawValue)\(index): \(needed) needed, \(found) found"
        case .notOneHot(let row):
            "truth[\(row)]: exactly one 1 needed, as in the rows before (or the kind multilabel)"
        case .mismatch(let cause): cause
        case .image(let name, let cause): "\(name): \(cause)"
        case .tooFew(let input, let found, let needed):
            "\(input.rawValue): at least \(needed) images needed, \(found) found"
        case .library(let cause): cause
        case .memory(let cause): cause
        }
    }
}
