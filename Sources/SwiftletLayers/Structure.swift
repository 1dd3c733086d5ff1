public import SwiftletFiles

/// The arguments or results of a layer's call: tensors nested in lists and dictionaries, as Python
/// nests them, among plain values.
public indirect enum Structure<Leaf: Sendable>: Sendable {
    case leaf(Leaf)
    case list([Structure])
    case dictionary([(key: String, value: Structure)])
    case literal(JSON)

    /// The tensors in Keras's order of flattening: lists by position, dictionaries by sorted key.
    package var leaves: [Leaf] {
        switch self {
        case .leaf(let leaf): [leaf]
        case .list(let elements): elements.flatMap(\.leaves)
        case .dictionary(let members):
            members.sorted { $0.key < $1.key }.flatMap(\.value.leaves)
        case .literal: []
        }
    }

    package func map<Other>(
        _ transform: (Leaf) throws -> Other
    ) rethrows -> Structure<Other> {
        switch self {
        case .leaf(let leaf): .leaf(try transform(leaf))
        case .list(let elements): .list(try elements.map { try $0.map(transform) })
        case .dictionary(let members):
            .dictionary(try members.map { ($0.key, try $0.value.map(transform)) })
        case .literal(let value): .literal(value)
        }
    }

    /// The only leaf; nil if this is anything else.
    package var leaf: Leaf? { if case .leaf(let leaf) = self { leaf } else { nil } }
}

/// What a layer is called with.
public struct CallArguments<Leaf: Sendable>: Sendable {
    package var positional: [Structure<Leaf>]
    /// Arguments by their Keras names, such as `mask` or `initial_state`.
    package var named: [(key: String, value: Structure<Leaf>)]

    package init(
        _ positional: [Structure<Leaf>], named: [(key: String, value: Structure<Leaf>)] = []
    ) {
        self.positional = positional
        self.named = named
    }

    /// A call with one tensor.
    package init(_ leaf: Leaf) { self.init([.leaf(leaf)]) }

    /// A call with a list of tensors, as merging layers take it.
    package init(list leaves: [Leaf]) { self.init([.list(leaves.map { .leaf($0) })]) }

    /// The tensors of the first argument.
    package var inputs: [Leaf] { positional.first?.leaves ?? [] }

    /// All tensors of all arguments.
    package var leaves: [Leaf] {
        positional.flatMap(\.leaves) + named.flatMap(\.value.leaves)
    }

    /// The argument at `position` or under `name`, whichever the caller used.
    package func argument(_ position: Int, _ name: String) -> Structure<Leaf>? {
        if position < positional.count { return positional[position] }
        return named.first { $0.key == name }?.value
    }

    package func map<Other>(_ transform: (Leaf) throws -> Other) rethrows -> CallArguments<Other> {
        CallArguments<Other>(
            try positional.map { try $0.map(transform) },
            named: try named.map { ($0.key, try $0.value.map(transform)) })
    }
}
