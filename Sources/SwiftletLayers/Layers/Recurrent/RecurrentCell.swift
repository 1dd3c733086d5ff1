internal import SwiftletFiles
package import SwiftletGraph
internal import SwiftletTensor

/// One step of a recurrent layer; Keras's cells.
///
/// What a step does to its input alone is done for all steps at once before the recurrence, in
/// ``project(_:with:in:)``; only what depends on the state stays inside.
package protocol RecurrentCell: Layer {
    /// The states' extents without the batch, for a step's input of these extents.
    func stateExtents(input: [Int]) throws -> [[Int]]

    /// The output's extents without the batch.
    func outputExtents(input: [Int]) throws -> [Int]

    /// Whether the output is the first of the new states.
    var givesFirstState: Bool { get }

    /// What the steps with these parameters are to the kernels; nil for a cell that they do not
    /// know.
    func known(with parameters: CellParameters) -> KnownCell?

    /// Declares the weights for inputs of these extents and draws what dropout needs.
    func parameters(
        input: [Int], batch: Int, in lowering: inout Lowering
    ) throws -> CellParameters

    /// `[batch, time, …]` → the input's part of all steps.
    func project(_ x: Value, with parameters: CellParameters, in graph: inout Graph) throws -> Value

    /// One step.
    ///
    /// - Parameters:
    ///   - x: one step of the projected input.
    ///   - states: as they were before the step.
    ///   - parameters: ``CellParameters/forSteps(_:)`` as values of this graph.
    /// - Returns: the output and the new states.
    func step(
        _ x: Value, states: [Value], with parameters: CellParameters, in graph: inout Graph
    ) throws -> (output: Value, states: [Value])
}

/// The weights of a recurrent cell and its dropout factors.
package struct CellParameters {
    /// Weights that ``RecurrentCell/project(_:with:in:)`` uses.
    var outer: [Value] = []
    /// Weights that every step uses.
    var inner: [Value] = []
    /// What the input is multiplied by while training: `[batch, 1, …]`; several where gates drop
    /// for themselves.
    var inputFactors: [Value] = []
    /// The same for the first state: `[batch, …]`.
    var stateFactors: [Value] = []
    /// Those of the cells that a cell is made of.
    var cells: [CellParameters] = []

    /// What steps use, changed; the first of stacked cells is projected before them.
    func forSteps(_ change: (Value) throws -> Value) rethrows -> CellParameters {
        CellParameters(
            inner: try inner.map(change), stateFactors: try stateFactors.map(change),
            cells: try cells.enumerated().map { position, cell in
                try position == 0 ? cell.forSteps(change) : cell.mapped(change)
            })
    }

    private func mapped(_ change: (Value) throws -> Value) rethrows -> CellParameters {
        CellParameters(
            outer: try outer.map(change), inner: try inner.map(change),
            inputFactors: try inputFactors.map(change), stateFactors: try stateFactors.map(change),
            cells: try cells.map { try $0.mapped(change) })
    }

    /// The first state as it enters a step: with dropout while training.
    func dropped(_ state: Value, in graph: inout Graph) throws -> Value {
        try stateFactors.first.map { try graph.multiply(state, $0) } ?? state
    }
}

extension RecurrentCell {
    package var givesFirstState: Bool { true }
    package func known(with parameters: CellParameters) -> KnownCell? { nil }

    package func outputExtents(input: [Int]) throws -> [Int] {
        try stateExtents(input: input).first ?? []
    }

    /// One step outside of a recurrence: the cell as a layer of its own, called with an input and
    /// its states.
    func lowerStep(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard let x = call.inputs.first else { throw refusal("an input expected") }
        let shape = lowering.graph.shape(of: x).dimensions
        guard let batch = shape.first else { throw refusal("a batch expected, a scalar found") }
        let input = Array(shape.dropFirst())
        let states = Array(call.inputs.dropFirst()) + (call.argument(1, "states")?.leaves ?? [])
        let extents = try stateExtents(input: input).map { [batch] + $0 }
        guard states.map({ lowering.graph.shape(of: $0).dimensions }) == extents else {
            throw refusal(
                "states of \(extents) expected, "
                    + "\(states.map { lowering.graph.shape(of: $0) }) found")
        }
        let parameters = try parameters(input: input, batch: batch, in: &lowering)
        let steps = try lowering.graph.reshape(x, to: [batch, 1] + input)
        let projected = try project(steps, with: parameters, in: &lowering.graph)
        let first = try lowering.graph.reshape(
            projected,
            to: [batch] + lowering.graph.shape(of: projected).dimensions.dropFirst(2))
        let result = try step(
            first, states: states, with: parameters.forSteps { $0 }, in: &lowering.graph)
        return [result.output] + result.states
    }

    /// Gate `number` of `[batch, gates · units]`.
    func gate(
        _ number: Int, of x: Value, units: Int, count: Int = 1, in graph: inout Graph
    ) throws -> Value {
        let batch = graph.shape(of: x)[0]
        return try graph.slice(
            x, starts: [0, number * units], limits: [batch, (number + count) * units])
    }
}
