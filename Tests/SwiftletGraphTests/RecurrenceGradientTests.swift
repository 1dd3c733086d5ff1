import SwiftletGraph
import SwiftletTensor
import Testing

/// The known cells' own gradient, in every form that a layer may ask for.
let recurrenceGradientCases: [GradientCase] = {
    let cells = [
        KnownCell(.simple, activation: .tanh),
        KnownCell(.lstm, activation: .tanh, recurrentActivation: .sigmoid),
        KnownCell(.lstm, activation: nil, recurrentActivation: .sigmoid),
        KnownCell(.gru, activation: .tanh, recurrentActivation: .sigmoid),
    ]
    let kinds: [(isReversed: Bool, hasMask: Bool, zerosMasked: Bool, stacksOutputs: Bool)] = [
        (false, false, false, true), (true, false, false, true), (false, false, false, false),
        (false, true, false, true), (true, true, true, true), (true, true, false, false),
    ]
    return cells.flatMap { cell in
        kinds.map { kind in
            recurrenceCase(
                RecurrentForm(
                    cell: cell, isReversed: kind.isReversed, hasMask: kind.hasMask,
                    zerosMasked: kind.zerosMasked, stacksOutputs: kind.stacksOutputs,
                    hasBias: cell.kind == .gru))
        }
    }
}()

private func recurrenceCase(_ form: RecurrentForm) -> GradientCase {
    let (batch, steps, units) = (2, 3, 3)
    let gates = form.cell.gateCount
    // First states, the inputs, the kernel, the bias; the output before is no operand of a layer.
    var shapes = [Shape](repeating: [batch, units], count: form.cell.stateCount)
    shapes += [[batch, steps, gates * units], [units, gates * units]]
    if form.hasBias { shapes.append([gates * units]) }
    let traits =
        (form.isReversed ? ", reversed" : "")
        + (form.hasMask ? form.zerosMasked ? ", masked by zeros" : ", masked" : "")
        + (form.stacksOutputs ? "" : ", last state")
    return GradientCase(
        name:
            "recurrence \(form.cell.kind) \(form.cell.activation == nil ? "linear" : "tanh")\(traits)",
        shapes: shapes
    ) { graph, x in
        let states = form.cell.stateCount
        var operands = Array(x[..<states])
        if form.hasMask {
            operands.append(try graph.constant(Tensor(zeros: [batch, units])))
        }
        operands.append(x[states])
        if form.hasMask {
            operands.append(
                try graph.constant(
                    Tensor([true, false, true, false, true, true], shape: [batch, steps, 1])))
        }
        operands += x[(states + 1)...]
        let results = try graph.append(SwiftletGraph.Recurrence(form, isTraced: true), operands)
        let count = states + (form.hasMask ? 1 : 0) + (form.stacksOutputs ? 1 : 0)
        let flat = try results[..<count].map {
            try graph.reshape($0, to: [graph.shape(of: $0).elementCount])
        }
        return try graph.concatenate(flat, axis: 0)
    }
}

@Suite struct RecurrenceGradientTests {
    /// Only functions whose slope follows from their value.
    @Test func knowsWhichCellsHaveAGradient() {
        func hasGradient(_ kind: KnownCell.Kind, _ function: UnaryFunction?) -> Bool {
            KnownCell(kind, activation: function, recurrentActivation: .sigmoid).hasGradient
        }
        #expect(hasGradient(.lstm, .tanh))
        #expect(hasGradient(.simple, .relu()))
        #expect(!hasGradient(.lstm, .gelu))
        #expect(!hasGradient(.simple, .relu(maximum: 6)))
        #expect(!hasGradient(.gruResetBefore, .tanh))
    }
}
