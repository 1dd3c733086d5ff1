internal import CKernels
internal import SwiftletTensor

/// What a product or convolution does to its result before it leaves the caches:
/// `y = activation(product + bias + residual)`.
///
/// A pass gives an op its epilogue; the bias `[columns]`, then the residual (of the result's
/// shape), are operands behind the product's own. Such an op has no gradient.
package struct Epilogue: Sendable, Hashable {
    package var hasBias: Bool
    package var hasResidual: Bool
    package private(set) var activation: UnaryFunction?

    package static let none = Epilogue()

    package init(hasBias: Bool = false, hasResidual: Bool = false) {
        self.hasBias = hasBias
        self.hasResidual = hasResidual
    }

    /// The same with an activation at the end; nil if there is one already.
    package func adding(activation: UnaryFunction) -> Epilogue? {
        guard self.activation == nil else { return nil }
        var result = self
        result.activation = activation
        return result
    }

    package var isEmpty: Bool { self == .none }

    /// What it adds to a product, for profiles: "+ bias + addend, relu".
    func describe(_ product: String) -> String {
        let sum = product + (hasBias ? " + bias" : "") + (hasResidual ? " + addend" : "")
        guard let activation else { return sum }
        return sum + ", " + Unary(activation).name
    }

    /// Operands beside the product's own.
    var operandCount: Int { (hasBias ? 1 : 0) + (hasResidual ? 1 : 0) }

    /// The bounds of an activation that only clips.
    static func clip(of function: UnaryFunction) -> (low: Float, high: Float)? {
        switch function {
        case .relu(slope: 0, let maximum, threshold: 0): (0, maximum)
        case .relu6: (0, 6)
        case .clip(let lowest, let highest): (lowest, highest)
        default: nil
        }
    }

    /// Checks the operands from `first` on.
    func check(
        _ inputs: [TensorType], from first: Int, columns: Int, result: TensorType, of op: some Op
    )
        throws
    {
        var position = first
        if hasBias {
            guard inputs[position] == TensorType(.vector(columns)) else {
                throw op.refusal("a bias of [\(columns)] expected, \(inputs[position]) found")
            }
            position += 1
        }
        if hasResidual, inputs[position] != result {
            throw op.refusal("an addend of \(result) expected, \(inputs[position]) found")
        }
    }

    /// Whether of the operands from `first` on the residual has rows and the bias has none.
    func hasRows(_ rows: RowSlice, from first: Int) -> Bool {
        Array(rows.hasRows[first...])
            == (hasBias ? [false] : []) + (hasResidual ? [true] : [])
    }

    /// As the kernels take it, with the operands from `first` on.
    func lowered(_ call: OpCall, from first: Int) -> sl_epilogue {
        var result = sl_epilogue()
        if hasBias { result.bias = call.floats(first) }
        if hasResidual { result.residual = call.floats(first + (hasBias ? 1 : 0)) }
        guard let activation else { return result }
        if let (low, high) = Self.clip(of: activation) {
            result.activation = SL_ACTIVATION_CLIP
            (result.low, result.high) = (low, high)
        } else {
            result.activation = SL_ACTIVATION_UNARY
            result.unary = activation.code
            result.parameters = activation.parameters
        }
        return result
    }
}
