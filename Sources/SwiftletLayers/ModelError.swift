/// Why a model cannot be made, read, changed or run.
public enum ModelError: Error, CustomStringConvertible {
    /// A layer cannot be configured or applied; `place` is its path in the model.
    case layer(place: String, className: String, cause: String)
    /// A key of a layer's configuration is missing or has a value that is not understood.
    case config(key: String, cause: String)
    /// A class that this house does not know.
    case unknownLayer(place: String, className: String, suggestion: String? = nil)
    /// The layers do not form a network.
    case structure(String)
    /// A weight is missing or has another shape than the layer needs.
    case weight(path: String, cause: String)
    /// What the caller feeds does not fit the model's inputs.
    case input(name: String, cause: String)

    public var description: String {
        switch self {
        case .layer(let place, let className, let cause):
            "layer '\(place)' (\(className)): \(cause)"
        case .config(let key, let cause): "config \"\(key)\": \(cause)"
        case .unknownLayer(let place, let className, let suggestion?):
            "layer '\(place)': class \(className) is unknown; did you mean \(suggestion)?"
        case .unknownLayer(let place, let className, nil):
            "layer '\(place)': class \(className) is unknown; register a Swift implementation with "
                + "LayerRegistry.register(_:as:)"
        case .structure(let cause): cause
        case .weight(let path, let cause): "weight '\(path)': \(cause)"
        case .input(let name, let cause): "input '\(name)': \(cause)"
        }
    }
}
