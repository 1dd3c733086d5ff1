package import SwiftletGraph
internal import SwiftletTensor

extension Activation {
    /// The function of one number that this is, itself nil for the identity; nil for one over an
    /// axis.
    var pointwise: UnaryFunction?? {
        switch function {
        case .linear: .some(nil)
        case .elementwise(let function): .some(function)
        case .softmax, .logSoftmax, .sparsemax, .glu: nil
        }
    }
}

extension Graph {
    /// Applies an activation function; the ones over an axis use the last.
    package mutating func activate(_ x: Value, _ activation: Activation) throws -> Value {
        switch activation.function {
        case .linear: return x
        case .elementwise(let function): return try unary(function, x)
        case .softmax: return try softmax(x, axis: -1)
        case .logSoftmax: return try logSoftmax(x, axis: -1)
        case .sparsemax: return try sparsemax(x)
        case .glu: return try gatedLinearUnit(x)
        }
    }

    /// The first half of the last axis, each value let through by the sigmoid of the second half's.
    private mutating func gatedLinearUnit(_ x: Value) throws -> Value {
        let shape = shape(of: x)
        guard let last = shape.last, last % 2 == 0 else {
            throw ModelError.config(key: "activation", cause: "glu needs an even last axis")
        }
        let zeros = [Int](repeating: 0, count: shape.rank)
        let half = shape.dimensions.dropLast() + [last / 2]
        let values = try slice(x, starts: zeros, limits: Array(half))
        let gates = try slice(
            x, starts: zeros.dropLast() + [last / 2], limits: shape.dimensions)
        return try multiply(values, unary(.sigmoid, gates))
    }

    /// The projection of the last axis onto the simplex (Martins & Astudillo 2016).
    private mutating func sparsemax(_ x: Value) throws -> Value {
        try apply(Sparsemax(), x)
    }
}

extension Lowering {
    /// Applies an activation function; the ones over an axis use the last.
    package mutating func activate(_ x: Value, _ activation: Activation) throws -> Value {
        try graph.activate(x, activation)
    }
}
