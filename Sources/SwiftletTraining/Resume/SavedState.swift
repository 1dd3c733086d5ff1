public import SwiftletDataset
public import SwiftletFiles

/// What a callback remembers, for a training that goes on in another process.
public struct SavedState: Sendable {
    /// Numbers and texts; every number comes back exactly.
    public var values: JSONObject
    /// Tensors of numbers.
    public var tensors: NamedTensors

    public init(_ values: JSONObject = [:], tensors: NamedTensors = [:]) {
        (self.values, self.tensors) = (values, tensors)
    }

    public subscript(key: String) -> JSON? { values[key] }
}

extension Optional where Wrapped == Double {
    /// For ``SavedState``.
    var savedJSON: JSON { map(JSON.double) ?? .null }
}
