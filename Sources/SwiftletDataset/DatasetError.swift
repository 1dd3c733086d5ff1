public import SwiftletTensor

/// Why samples could not be put together, split or cut into batches.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
    /// There is no input at all.
    case noInputs
    /// A tensor of rank 0 has no samples.
    case scalar(name: String)
    /// Two tensors disagree about the number of samples.
    case counts(name: String, count: Int, other: String, otherCount: Int)
    /// The weights are not one number per sample or position.
    case sampleWeights(Shape)
    /// Fractions lie between 0 and 1, and their sum below 1.
    case fractions([Double])
    /// A part of a split would have no samples.
    case emptyPart(name: String, samples: Int)
    /// What a stratified split needs: one whole number, or one text, or one row per sample.
    case labels(String)
    /// There are at least two parts.
    case folds(Int)
    /// A batch has at least one sample.
    case batchSize(Int)
    /// The bytes or the types of the tensors do not allow it.
    case tensor(TensorError)

    public var description: String {
        switch self {
        case .noInputs: "no inputs"
        case .scalar(let name): "\(name) is a scalar, so it has no samples"
        case .counts(let name, let count, let other, let otherCount):
            "\(name) has \(count) samples, but \(other) has \(otherCount)"
        case .sampleWeights(let shape):
            "sample weights of shape \(shape), one number per sample or per step expected"
        case .fractions(let fractions):
            "fractions \(fractions): each has to be between 0 and 1, their sum less than 1"
        case .emptyPart(let name, let samples): "no samples for the \(name) part of \(samples)"
        case .labels(let cause): "no classes to stratify by: \(cause)"
        case .folds(let count): "\(count) folds, at least 2 expected"
        case .batchSize(let size): "batch size \(size), at least 1 expected"
        case .tensor(let error): error.description
        }
    }

    /// Runs `body`, which makes or reads tensors, under typed throws.
    static func wrapping<Result>(_ body: () throws -> Result) throws(DatasetError) -> Result {
        do {
            return try body()
        } catch let error as TensorError {
            throw .tensor(error)
        } catch let error as DatasetError {
            throw error
        } catch {
            preconditionFailure("tensors throw TensorError only, not \(error)")
        }
    }
}
