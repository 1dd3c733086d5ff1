public import SwiftletGraph
public import SwiftletTensor

/// What a layer of a user's own is made of: weights and operations. Gradients, training, shapes and
/// saving follow from them.
extension Lowering {
    /// Declares a weight, by the name that Keras would give it below the layer.
    ///
    /// - Throws: ``ModelError/weight(path:cause:)`` if the weight is missing or has another shape.
    public mutating func weight(
        _ name: String, shape: [Int], initializer: Initializer = .zeros, isTrainable: Bool = true
    ) throws -> Value {
        try weight(name, shape, initializer: initializer, isTrainable: isTrainable)
    }

    /// The extents of a value, the batch outermost.
    public func shape(of value: Value) -> Shape { graph.shape(of: value) }

    public mutating func constant(_ number: Float) throws -> Value { try graph.constant(number) }
    public mutating func constant(_ tensor: Tensor) throws -> Value { try graph.constant(tensor) }

    // Element by element, operands broadcast as NumPy does.
    public mutating func add(_ a: Value, _ b: Value) throws -> Value { try graph.add(a, b) }
    public mutating func subtract(_ a: Value, _ b: Value) throws -> Value {
        try graph.subtract(a, b)
    }
    public mutating func multiply(_ a: Value, _ b: Value) throws -> Value {
        try graph.multiply(a, b)
    }
    public mutating func divide(_ a: Value, _ b: Value) throws -> Value { try graph.divide(a, b) }
    public mutating func power(_ a: Value, _ b: Value) throws -> Value { try graph.power(a, b) }
    public mutating func maximum(_ a: Value, _ b: Value) throws -> Value {
        try graph.maximum(a, b)
    }
    public mutating func minimum(_ a: Value, _ b: Value) throws -> Value {
        try graph.minimum(a, b)
    }
    public mutating func negate(_ x: Value) throws -> Value { try graph.negate(x) }
    public mutating func absolute(_ x: Value) throws -> Value { try graph.unary(.abs, x) }
    public mutating func square(_ x: Value) throws -> Value { try graph.square(x) }
    public mutating func squareRoot(_ x: Value) throws -> Value { try graph.squareRoot(x) }
    public mutating func exp(_ x: Value) throws -> Value { try graph.exp(x) }
    public mutating func log(_ x: Value) throws -> Value { try graph.log(x) }
    public mutating func sin(_ x: Value) throws -> Value { try graph.unary(.sin, x) }
    public mutating func cos(_ x: Value) throws -> Value { try graph.unary(.cos, x) }
    public mutating func relu(_ x: Value) throws -> Value { try graph.relu(x) }
    public mutating func sigmoid(_ x: Value) throws -> Value { try graph.sigmoid(x) }
    public mutating func tanh(_ x: Value) throws -> Value { try graph.tanh(x) }
    public mutating func softmax(_ x: Value, axis: Int = -1) throws -> Value {
        try graph.softmax(x, axis: axis)
    }

    /// The product of matrices along the last two axes.
    public mutating func matmul(_ a: Value, _ b: Value) throws -> Value { try graph.matmul(a, b) }

    // Over axes, which stay with an extent of 1 where `keepsDimensions` says so.
    /// Of all elements, a scalar.
    public mutating func sum(_ x: Value) throws -> Value {
        try graph.sum(x, axes: Array(0..<graph.shape(of: x).rank))
    }
    /// Of all elements, a scalar.
    public mutating func mean(_ x: Value) throws -> Value {
        try graph.mean(x, axes: Array(0..<graph.shape(of: x).rank))
    }
    public mutating func sum(
        _ x: Value, axes: [Int], keepsDimensions: Bool = false
    ) throws -> Value { try graph.sum(x, axes: axes, keepsDimensions: keepsDimensions) }
    public mutating func mean(
        _ x: Value, axes: [Int], keepsDimensions: Bool = false
    ) throws -> Value { try graph.mean(x, axes: axes, keepsDimensions: keepsDimensions) }
    public mutating func maximum(
        _ x: Value, axes: [Int], keepsDimensions: Bool = false
    ) throws -> Value { try graph.max(x, axes: axes, keepsDimensions: keepsDimensions) }

    // Of shape alone.
    public mutating func reshape(_ x: Value, to extents: [Int]) throws -> Value {
        try graph.reshape(x, to: extents)
    }
    public mutating func transpose(_ x: Value, permutation: [Int]) throws -> Value {
        try graph.transpose(x, permutation: permutation)
    }
    public mutating func concatenate(_ values: [Value], axis: Int = -1) throws -> Value {
        try graph.concatenate(values, axis: axis)
    }
}
