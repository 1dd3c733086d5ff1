internal import SwiftletDataset

/// Why a job over the rows of a file cannot be done, or its parts not be put together.
public struct StreamError: Error, Equatable, CustomStringConvertible {
    public let file: String
    public let cause: String

    init(_ file: String, _ cause: String) { (self.file, self.cause) = (file, cause) }

    public var description: String { "\(file): \(cause)" }
}

extension Shard {
    /// - Parameter parts: files, and which part each of them is.
    /// - Throws: ``StreamError`` if one of the `count` parts is missing or there twice.
    static func requireAll(_ parts: [(path: String, shard: Shard)], of count: Int) throws {
        var seen: [Int: String] = [:]
        for (path, shard) in parts {
            if let other = seen.updateValue(path, forKey: shard.index) {
                throw StreamError(path, "shard \(shard) is in \(other) too")
            }
        }
        let missing = (0..<count).filter { seen[$0] == nil }
        guard !missing.isEmpty else { return }
        let list = missing.prefix(8).map { String($0 + 1) }.joined(separator: ", ")
        let rest = missing.count > 8 ? " and \(missing.count - 8) more" : ""
        throw StreamError(
            parts.first?.path ?? "", "shard \(list)\(rest) of \(count) missing beside it")
    }
}
