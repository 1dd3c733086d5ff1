/// Why a job over the rows of a file cannot be done, or its parts not be put together.
public struct StreamError: Error, Equatable, CustomStringConvertible {
    public let file: String
    public let cause: String

    init(_ file: String, _ cause: String) { (self.file, self.cause) = (file, cause) }

    public var description: String { "\(file): \(cause)" }
}
