internal import CKernels

/// A recurrent cell that the kernels know as a whole; the formulas stand with `sl_cell`.
package struct KnownCell: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case simple
        /// With the gates input, forget, candidate, output.
        case lstm
        /// With the gates update, reset, candidate; the reset gate is applied to the product.
        case gru
        /// The reset gate is applied to the state; a second kernel then multiplies it.
        case gruResetBefore
    }

    package let kind: Kind
    /// Nil for the identity.
    package let activation: UnaryFunction?
    package let recurrentActivation: UnaryFunction?

    package init(
        _ kind: Kind, activation: UnaryFunction?, recurrentActivation: UnaryFunction? = nil
    ) {
        self.kind = kind
        self.activation = activation
        self.recurrentActivation = recurrentActivation
    }

    package var gateCount: Int { sl_cell_gates(code) }
    /// Numbers per unit that a step leaves for its gradient.
    var tracedGates: Int { sl_cell_traced(code) }
    package var stateCount: Int { kind == .lstm ? 2 : 1 }

    /// Gates of each kernel that multiplies a state.
    var kernelGates: [Int] {
        switch kind {
        case .simple: [1]
        case .lstm: [4]
        case .gru: [3]
        case .gruResetBefore: [2, 1]
        }
    }

    var code: sl_cell {
        switch kind {
        case .simple: SL_CELL_SIMPLE
        case .lstm: SL_CELL_LSTM
        case .gru: SL_CELL_GRU
        case .gruResetBefore: SL_CELL_GRU_RESET_BEFORE
        }
    }
}

extension KnownCell {
    /// Whether the kernels know its gradient: the slopes of its functions follow from their values.
    package var hasGradient: Bool {
        kind != .gruResetBefore
            && [activation, recurrentActivation].allSatisfy { function in
                switch function {
                case nil, .tanh, .sigmoid, .hardSigmoid, .hardSigmoidFifth,
                    .relu(slope: 0, maximum: .infinity, threshold: 0):
                    true
                default: false
                }
            }
    }
}

/// The functions of a known cell as the kernels take them.
struct CellFunctions: Sendable {
    typealias Function = (code: sl_unary, parameters: UnsafePointer<Float>?)
    private let activation: (code: sl_unary, parameters: [Float])
    private let recurrent: (code: sl_unary, parameters: [Float])

    init(_ cell: KnownCell) {
        func kernel(_ function: UnaryFunction?) -> (sl_unary, [Float]) {
            function?.kernel ?? (SL_UNARY_COUNT, [])
        }
        (activation, recurrent) = (kernel(cell.activation), kernel(cell.recurrentActivation))
    }

    /// Pointers are valid during the call only.
    func withPointers(_ body: (_ activation: Function, _ recurrent: Function) -> Void) {
        activation.parameters.withUnsafeBufferPointer { outer in
            recurrent.parameters.withUnsafeBufferPointer { inner in
                body((activation.code, outer.baseAddress), (recurrent.code, inner.baseAddress))
            }
        }
    }
}

/// What a ``Scan`` over a known cell computes, for the pass that puts a ``Recurrence`` in its place.
package struct RecurrentForm: Sendable, Hashable {
    package let cell: KnownCell
    package let isReversed: Bool
    /// Whether steps may be masked; the output so far is then carried as the last state.
    package let hasMask: Bool
    /// Whether a masked step's output is zeros rather than the output before.
    package let zerosMasked: Bool
    /// Whether the outputs of all steps are a result.
    package let stacksOutputs: Bool
    /// Whether a bias is added to the recurrent product.
    package let hasBias: Bool

    package init(
        cell: KnownCell, isReversed: Bool, hasMask: Bool, zerosMasked: Bool, stacksOutputs: Bool,
        hasBias: Bool
    ) {
        self.cell = cell
        self.isReversed = isReversed
        self.hasMask = hasMask
        self.zerosMasked = zerosMasked
        self.stacksOutputs = stacksOutputs
        self.hasBias = hasBias
    }

    /// States that are carried from step to step, the output with a mask included.
    var carriedCount: Int { cell.stateCount + (hasMask ? 1 : 0) }
    /// Where the kernels stand among the operands.
    package var firstKernel: Int { carriedCount + 1 + (hasMask ? 1 : 0) }
    package var kernelCount: Int { cell.kernelGates.count }
    var operandCount: Int { firstKernel + kernelCount + (hasBias ? 1 : 0) }
}
