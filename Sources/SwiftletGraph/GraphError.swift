/// Why a graph cannot be built or run.
package enum GraphError: Error, Equatable, CustomStringConvertible {
    /// The operation does not accept these operands: their number, shapes or element types.
    case operands(op: String, cause: String)
    /// The operation has no derivative with respect to a value that needs one.
    case notDifferentiable(op: String)
    /// A value that must be fed was not, or has another type than declared.
    case feed(name: String, cause: String)
    /// A number computed at run time is out of the operation's domain, e.g. an index.
    case evaluation(op: String, cause: String)

    package var description: String {
        switch self {
        case .operands(let op, let cause), .evaluation(let op, let cause): "\(op): \(cause)"
        case .notDifferentiable(let op): "\(op) has no gradient"
        case .feed(let name, let cause): "value '\(name)': \(cause)"
        }
    }
}
