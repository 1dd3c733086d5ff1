internal import SwiftletFiles
package import SwiftletGraph
internal import SwiftletTensor

/// One step of a recurrent layer.
///
/// What a step does to its input alone is done for all steps at once before the recurrence, in
/// ``project(_:in:)``; only what depends on the state stays inside.
package protocol RecurrentCell: Sendable {
    var units: Int { get }
    /// States carried from step to step, all `[batch, units]`; the first is the output.
    var stateCount: Int { get }
    var inputDropout: Float { get }
    var recurrentDropout: Float { get }

    /// Declares the weights for inputs with `features` features.
    ///
    /// - Returns: the values that ``project(_:with:in:)`` and ``step(_:_:_:in:)`` need.
    func weights(features: Int, in lowering: inout Lowering) throws -> RecurrentWeights

    /// `[batch, time, features]` → `[batch, time, gates · units]`: the input's part of all steps.
    func project(_ x: Value, with weights: RecurrentWeights, in graph: inout Graph) throws -> Value

    /// One step.
    ///
    /// - Parameters:
    ///   - x: one step of the projected input.
    ///   - states: as they were before the step; `hidden` is the first of them, after dropout.
    ///   - weights: ``RecurrentWeights/inner`` as values of this graph.
    /// - Returns: the new states.
    func step(
        _ x: Value, hidden: Value, states: [Value], weights: [Value], in graph: inout Graph
    ) throws -> [Value]
}

/// The weights of a recurrent cell.
package struct RecurrentWeights {
    /// Used before the recurrence.
    let outer: [Value]
    /// Used in every step.
    let inner: [Value]
}

extension RecurrentCell {
    /// `x · kernel + bias` for all steps in one product.
    func projected(
        _ x: Value, _ kernel: Value, bias: Value?, in graph: inout Graph
    ) throws -> Value {
        let shape = graph.shape(of: x)
        let rows = try graph.reshape(x, to: [shape[0] * shape[1], shape[2]])
        var y = try graph.matmul(rows, kernel)
        if let bias { y = try graph.add(y, bias) }
        return try graph.reshape(y, to: [shape[0], shape[1], graph.shape(of: y)[1]])
    }

    /// Gate `number` of `[batch, gates · units]`.
    func gate(_ number: Int, of x: Value, count: Int = 1, in graph: inout Graph) throws -> Value {
        let batch = graph.shape(of: x)[0]
        return try graph.slice(
            x, starts: [0, number * units], limits: [batch, (number + count) * units])
    }
}
