/// Why a request is not answered: what its sender is told.
package struct ServingError: Error, Equatable, CustomStringConvertible {
    /// The HTTP status.
    package let status: Int
    package let description: String
    /// What a path takes instead of the method that it was asked with.
    let allowedMethod: String?

    package init(_ status: Int, _ description: String, allowedMethod: String? = nil) {
        self.status = status
        self.description = description
        self.allowedMethod = allowedMethod
    }

    /// The request itself is wrong.
    static func invalid(_ cause: String) -> ServingError { .init(400, cause) }

    /// The server has all that it can take; the same request may succeed in a moment.
    package static func busy(_ cause: String) -> ServingError { .init(503, cause) }

    package static let tooSlow = ServingError(408, "the body did not arrive in time")

    package static let late = ServingError(504, "not computed within the time of a request")
}
