/// Why a model cannot be trained or evaluated.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    /// A loss, optimizer, metric or schedule of that name does not exist here; one of another name may
    /// be meant.
    case unknown(kind: String, name: String, suggestion: String? = nil)
    /// An option of a loss, optimizer, metric or schedule is missing or out of its range.
    case option(object: String, key: String, cause: String)
    /// The data do not fit the model: `name` is an input, an output or `sample_weight`.
    case data(name: String, cause: String)
    /// What a saved optimizer holds does not fit the weights.
    case optimizerState(String)
    /// The model has no loss, or cannot be trained with it.
    case loss(String)
    /// An argument of `fit` or `evaluate` makes no sense.
    case argument(name: String, cause: String)
    /// The file that a broken off training left cannot be used.
    case state(path: String, cause: String)

    public var description: String {
        switch self {
        case .unknown(let kind, let name, let suggestion):
            "\(kind) \"\(name)\" is unknown"
                + (suggestion.map { "; did you mean \"\($0)\"?" } ?? "")
        case .option(let object, let key, let cause): "\(object) \"\(key)\": \(cause)"
        case .data(let name, let cause): "'\(name)': \(cause)"
        case .optimizerState(let cause): "optimizer state: \(cause)"
        case .loss(let cause): "loss: \(cause)"
        case .argument(let name, let cause): "\(name): \(cause)"
        case .state(let path, let cause): "\(path): \(cause)"
        }
    }
}
