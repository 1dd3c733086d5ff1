internal import SwiftletLimits
package import SwiftletTensor

/// One output of one node.
public struct Value: Sendable, Hashable {
    package let node: Int
    package let output: Int

    package init(node: Int, output: Int = 0) {
        self.node = node
        self.output = output
    }
}

/// An application of an op to values that stand before it in the graph.
package struct Node: Sendable {
    package let index: Int
    package let op: any Op
    package let inputs: [Value]
    package let types: [TensorType]
    /// The path of the layer that made the node, for profiles and messages.
    package let label: String

    package init(
        index: Int, op: any Op, inputs: [Value], types: [TensorType], label: String
    ) {
        self.index = index
        self.op = op
        self.inputs = inputs
        self.types = types
        self.label = label
    }

    /// Output `number` of this node.
    package func output(_ number: Int = 0) -> Value { Value(node: index, output: number) }
}

/// Operations in an order in which they can be computed, with every shape known.
public struct Graph: Sendable {
    package private(set) var nodes: [Node] = []
    /// The label that new nodes get.
    package var label = ""

    package init() {}

    package subscript(value: Value) -> TensorType { nodes[value.node].types[value.output] }
    package func shape(of value: Value) -> Shape { self[value].shape }
    package func op(of value: Value) -> any Op { nodes[value.node].op }

    /// Appends an operation after its shape rule has accepted the operands.
    ///
    /// - Returns: the node's outputs.
    /// - Throws: what the shape rule says, or a `LimitError`.
    package mutating func append(_ op: some Op, _ inputs: [Value]) throws -> [Value] {
        let types = try op.outputTypes(for: inputs.map { self[$0] })
        let index = nodes.count
        for type in types { try Limits.check(.tensorBytes, type.byteCount) }
        try Limits.check(.operations, index + 1)
        try Limits.checkTime()
        nodes.append(Node(index: index, op: op, inputs: inputs, types: types, label: label))
        return types.indices.map { Value(node: index, output: $0) }
    }

    /// Appends an operation with one output.
    package mutating func apply(_ op: some Op, _ inputs: Value...) throws -> Value {
        try append(op, inputs)[0]
    }

    /// A value that the caller feeds at every run.
    package mutating func placeholder(_ name: String, _ type: TensorType) throws -> Value {
        try apply(Placeholder(placeholder: name, type: type))
    }

    package mutating func constant(_ tensor: Tensor) throws -> Value {
        try apply(Constant(tensor: tensor))
    }

    /// A scalar of float32.
    package mutating func constant(_ number: Float) throws -> Value {
        try constant(Tensor(scalar: number))
    }

    /// The tensor of a constant node; nil for anything else.
    package func constantTensor(_ value: Value) -> Tensor? {
        (op(of: value) as? Constant)?.tensor
    }
}
