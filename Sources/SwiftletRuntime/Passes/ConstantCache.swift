package import SwiftletGraph
package import SwiftletTensor
internal import Synchronization

/// Results of operations on constants, shared by the plans of one predictor: a weight is folded and
/// packed once, whatever the number of batch sizes.
package final class ConstantCache: Sendable {
    private struct State {
        var entries: [ConstantKey: [Tensor]] = [:]
        /// Tensors that live as long as the cache, so that their identities stay theirs.
        var lasting: Set<ObjectIdentifier>
    }

    private let state: Mutex<State>
    private let weights: [Tensor]

    /// - Parameter weights: the tensors whose results are worth keeping.
    package init(weights: [Tensor] = []) {
        self.weights = weights
        state = Mutex(State(lasting: Set(weights.map { ObjectIdentifier($0.storage) })))
    }

    /// What `make` gives for an operation on constants; made once if they last.
    func value(of key: ConstantKey, _ make: () throws -> [Tensor]) rethrows -> [Tensor] {
        if let found = state.withLock({ $0.entries[key] }) { return found }
        let value = try make()
        state.withLock { state in
            guard key.storages.allSatisfy(state.lasting.contains) else { return }
            state.entries[key] = value
            state.lasting.formUnion(value.map { ObjectIdentifier($0.storage) })
        }
        return value
    }

    /// Bytes of all results together.
    package var byteCount: Int {
        state.withLock { state in
            state.entries.values.reduce(0) { sum, tensors in
                tensors.reduce(sum) { $0 + ($1.storage.isOwned ? $1.storage.byteCount : 0) }
            }
        }
    }
}

/// An operation by what it says of itself. That takes longer than many a small operation, so it is asked only
/// of those that are alike otherwise.
package struct DescribedOp: Hashable, Sendable {
    private let op: any Op
    private let types: [TensorType]

    init(_ node: Node) { (op, types) = (node.op, node.types) }

    package static func == (left: Self, right: Self) -> Bool {
        left.op.name == right.op.name && left.types == right.types
            && "\(left.op)" == "\(right.op)"
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(op.name)
        hasher.combine(types)
    }
}

/// What a constant was made of.
package indirect enum ConstantKey: Hashable, Sendable {
    case operation(DescribedOp, [ConstantKey])
    case output(Int, of: ConstantKey)
    case bytes([UInt8], TensorType)
    case storage(ObjectIdentifier, TensorType)

    /// Small numbers are made anew with every graph, so they are compared by value.
    private static let largestCompared = 256

    static func tensor(_ tensor: Tensor) -> ConstantKey {
        let type = TensorType(tensor.shape, tensor.dtype)
        return tensor.dtype != .string && tensor.storage.byteCount <= largestCompared
            ? .bytes(tensor.withUnsafeBytes { [UInt8]($0) }, type)
            : .storage(ObjectIdentifier(tensor.storage), type)
    }

    /// The tensors that it stands for by their identity.
    fileprivate var storages: [ObjectIdentifier] {
        switch self {
        case .operation(_, let operands): operands.flatMap(\.storages)
        case .output(_, let key): key.storages
        case .bytes: []
        case .storage(let identity, _): [identity]
        }
    }
}
