public import SwiftletTensor

/// Tensors under names, in an order of their own, such as the inputs of a model.
///
/// A name given twice keeps its first place and its last tensor.
public struct NamedTensors: Sendable, RandomAccessCollection, ExpressibleByDictionaryLiteral {
    public typealias Element = (name: String, tensor: Tensor)

    private var entries: [Element] = []
    private var positions: [String: Int] = [:]

    public init() {}

    public init(_ entries: some Sequence<Element>) {
        for (name, tensor) in entries { self[name] = tensor }
    }

    public init(dictionaryLiteral entries: (String, Tensor)...) {
        for (name, tensor) in entries { self[name] = tensor }
    }

    public var names: [String] { entries.map(\.name) }
    public var tensors: [Tensor] { entries.map(\.tensor) }
    public var startIndex: Int { 0 }
    public var endIndex: Int { entries.count }
    public subscript(position: Int) -> Element { entries[position] }

    /// The tensor of that name; nil takes it away.
    public subscript(name: String) -> Tensor? {
        get { positions[name].map { entries[$0].tensor } }
        set {
            switch (positions[name], newValue) {
            case (let position?, let tensor?): entries[position].tensor = tensor
            case (nil, let tensor?):
                positions[name] = entries.count
                entries.append((name, tensor))
            case (let position?, nil):
                entries.remove(at: position)
                positions = [:]
                for (index, entry) in entries.enumerated() { positions[entry.name] = index }
            case (nil, nil): break
            }
        }
    }

    /// The same names with other tensors.
    public func mapTensors<Failure: Error>(
        _ transform: (Tensor) throws(Failure) -> Tensor
    ) throws(Failure) -> NamedTensors {
        var result = NamedTensors()
        for (name, tensor) in entries { result[name] = try transform(tensor) }
        return result
    }
}
