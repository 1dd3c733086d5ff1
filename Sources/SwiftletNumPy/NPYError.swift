package import SwiftletTensor

/// Why the bytes of an array could not be read, or an array not be written.
package enum NPYError: Error, Equatable {
    /// The bytes are of another kind.
    case wrongFormat(expected: String)
    /// The bytes end before their contents do.
    case truncated(needed: Int, found: Int)
    /// The bytes break the rules of the format.
    case malformed(String)
    /// The bytes may be right, but hold something that cannot be used here.
    case unsupported(String)
    /// No tensor can hold it.
    case tensor(TensorError)

    package var description: String {
        switch self {
        case .wrongFormat(let expected): "not \(expected)"
        case .truncated(let needed, let found): "truncated: \(needed) bytes needed, \(found) found"
        case .malformed(let what): what
        case .unsupported(let what): "\(what) not supported"
        case .tensor(let error): error.description
        }
    }

    /// Runs `body`, which makes or reads tensors, under typed throws.
    static func wrapping<Result>(_ body: () throws -> Result) throws(Self) -> Result {
        do {
            return try body()
        } catch let error as Self {
            throw error
        } catch let error as TensorError {
            throw .tensor(error)
        } catch {
            throw .malformed("\(error)")
        }
    }
}

extension NPYError: CustomStringConvertible {}
