internal import SwiftletTensor

/// A format of 8-bit floats without infinities in use, as machine learning hardware has them.
package enum Float8Format: String, Sendable, Hashable, CaseIterable {
    /// 4 bits of exponent, 3 of fraction, no infinities: for values.
    case e4m3fn = "float8_e4m3fn"
    /// 5 bits of exponent, 2 of fraction: for gradients.
    case e5m2 = "float8_e5m2"

    package var largest: Float { self == .e4m3fn ? 448 : 57344 }
    private var fractionBits: Int { self == .e4m3fn ? 3 : 2 }
    /// Numbers below two to this power have the spacing of those just above it.
    private var smallestExponent: Int { self == .e4m3fn ? -6 : -14 }

    /// The nearest number of the format, ties to even; beyond the largest that one.
    package func nearest(_ x: Float) -> Float {
        guard !x.isNaN else { return x }
        let x = Swift.min(Swift.max(x, -largest), largest)
        let exponent = Swift.max(x.exponent, smallestExponent)
        let step = Float(sign: .plus, exponent: exponent - fractionBits, significand: 1)
        return (x / step).rounded(.toNearestOrEven) * step
    }
}

/// Operand 0 rounded to 8-bit floats after division by a scale: `round8(x / scale) · scale`.
///
/// Operand 1 is the scale, a scalar, operand 2 the largest magnitudes of earlier steps, the next
/// first. Where these learn, their "derivatives" are their next values: Keras overwrites them so.
///
/// - SeeAlso: Micikevicius et al. 2022, arXiv:2209.05433.
package struct Float8Rounding: Op {
    package let format: Float8Format
    /// Whether scale and history follow what is seen.
    package let learns: Bool

    package init(_ format: Float8Format, learns: Bool) {
        self.format = format
        self.learns = learns
    }

    package var name: String { "float8_rounding" }
    package func canOverwrite(input: Int) -> Bool { input == 0 }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expectFloat8Operands(inputs)
        return [inputs[0]]
    }

    package func evaluate(_ call: OpCall) {
        let (x, y, scale) = (call.floats(0), call.outputFloats(), call.floats(1)[0])
        let format = format
        call.workers.forEach(count: call.outputTypes[0].elementCount, grain: 1 << 12) { range in
            for place in range { y[place] = format.nearest(x[place] / scale) * scale }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard learns else { return [outputGradients[0], nil, nil] }
        let next = try graph.nextFloat8State(
            node.inputs[0], scale: node.inputs[1], history: node.inputs[2], format)
        return [outputGradients[0], next.scale, next.history]
    }
}

/// Operand 0 as it is, whose derivative is rounded to 8-bit floats on its way back.
///
/// Operands 1 and 2 as for ``Float8Rounding``, of the derivatives.
package struct Float8GradientRounding: Op {
    package let format: Float8Format

    package init(_ format: Float8Format) { self.format = format }

    package var name: String { "float8_gradient_rounding" }
    package var isView: Bool { true }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expectFloat8Operands(inputs)
        return [inputs[0]]
    }

    package func evaluate(_ call: OpCall) {}

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil, nil, nil] }
        let (scale, history) = (node.inputs[1], node.inputs[2])
        let next = try graph.nextFloat8State(gradient, scale: scale, history: history, format)
        let rounded = try graph.apply(
            Float8Rounding(format, learns: false), gradient, scale, history)
        return [rounded, next.scale, next.history]
    }
}

extension Op {
    fileprivate func expectFloat8Operands(_ inputs: [TensorType]) throws {
        try expect(inputs, count: 3...3)
        guard inputs.allSatisfy({ $0.dtype == .float32 }), inputs[1].shape.rank == 0,
            inputs[2].shape.rank == 1, inputs[2].elementCount > 0
        else { throw refusal("float32, its scale and its history expected, \(inputs) found") }
    }
}

extension Graph {
    /// What follows on a scale and a history when `x` has been seen: the largest magnitude of the
    /// history is mapped to the format's largest number; the history moves on by one.
    fileprivate mutating func nextFloat8State(
        _ x: Value, scale: Value, history: Value, _ format: Float8Format
    ) throws -> (scale: Value, history: Value) {
        let magnitude = try max(history, axes: [0])
        let one = try constant(1)
        let given = try divide(one, scale)
        let zero = try constant(0)
        let wanted = try divide(constant(format.largest), magnitude)
        var factor = try select(compare(.greater, magnitude, zero), wanted, given)
        factor = try select(classify(.isFinite, magnitude), factor, given)
        let next = try divide(one, factor)

        let length = shape(of: history)[0]
        let seen = try reshape(max(unary(.abs, x), axes: Array(shape(of: x).indices)), to: [1])
        guard length > 1 else { return (next, seen) }
        let kept = try slice(history, axis: 0, 2..<length)
        let oldest = try slice(history, axis: 0, 0..<1)
        return (next, try concatenate([seen, kept, oldest], axis: 0))
    }
}
