internal import CKernels
internal import SwiftletTensor

/// `y = f(x)`, number by number, in float32.
package struct Unary: Op {
    package let function: UnaryFunction
    private let code: sl_unary
    private let parameters: [Float]

    package init(_ function: UnaryFunction) {
        self.function = function
        (code, parameters) = function.kernel
    }

    package var name: String { function.plainName }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .float32 else {
            throw refusal("float32 expected, \(inputs[0].dtype) found")
        }
        return [inputs[0]]
    }

    package func canOverwrite(input: Int) -> Bool { true }

    package func sliced(_ rows: RowSlice) -> (any Op)? { self }

    package func evaluate(_ call: OpCall) {
        let (x, y) = (call.floats(0), call.outputFloats())
        call.workers.forEach(count: call.outputTypes[0].elementCount, grain: function.grain) {
            let start = $0.lowerBound
            sl_unary_apply(code, parameters, x + start, y + start, $0.count)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0], !function.isFlat else { return [nil] }
        return [
            try graph.apply(UnaryGradient(function), node.inputs[0], node.output(), dy)
        ]
    }
}

/// `dx = dy · f′(x)` from x, y = f(x) and dy.
package struct UnaryGradient: Op {
    package let function: UnaryFunction
    private let code: sl_unary
    private let parameters: [Float]

    package init(_ function: UnaryFunction) {
        self.function = function
        (code, parameters) = function.kernel
    }

    package var name: String { "\(function.plainName)_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 3...3)
        guard inputs[0].dtype == .float32, inputs.allSatisfy({ $0 == inputs[0] }) else {
            throw refusal("operands differ: \(inputs.map(\.description).joined(separator: ", "))")
        }
        return [inputs[0]]
    }

    package func canOverwrite(input: Int) -> Bool { true }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isOfAll ? self : nil }

    package func evaluate(_ call: OpCall) {
        let (x, y, dy, dx) = (call.floats(0), call.floats(1), call.floats(2), call.outputFloats())
        call.workers.forEach(count: call.outputTypes[0].elementCount, grain: function.grain) {
            let start = $0.lowerBound
            sl_unary_gradient(
                code, parameters, x + start, y + start, dy + start, dx + start,
                $0.count)
        }
    }
}

extension UnaryFunction {
    /// Numbers worth waking a thread for, by what one of them costs.
    fileprivate var grain: Int {
        switch self {
        case .negate, .abs, .sign, .square, .floor, .ceil, .round, .relu, .relu6, .leakyReLU,
            .hardSigmoid, .hardSigmoidFifth, .hardSiLU, .hardTanh, .hardShrink, .softShrink,
            .threshold, .sparseSigmoid, .sparsePlus, .clip:
            1 << 16
        default: 1 << 15
        }
    }

    /// Without the parameters: `relu`, not `relu(slope: 0.0, …)`.
    fileprivate var plainName: String {
        let text = "\(self)"
        return String(text.prefix { $0 != "(" })
    }

    /// Whether the derivative is zero wherever it exists.
    fileprivate var isFlat: Bool {
        switch self {
        case .sign, .floor, .ceil, .round: true
        default: false
        }
    }

    /// The function as the kernels know it.
    var kernel: (code: sl_unary, parameters: [Float]) {
        let (a, b, c) = parameters
        return (code, Array([a, b, c].prefix(sl_unary_parameter_count(code))))
    }

    /// What the function is called by its kernels.
    var code: sl_unary {
        switch self {
        case .relu: SL_UNARY_RELU
        case .leakyReLU: SL_UNARY_LEAKY_RELU
        case .elu: SL_UNARY_ELU
        case .celu: SL_UNARY_CELU
        case .hardShrink: SL_UNARY_HARD_SHRINK
        case .softShrink: SL_UNARY_SOFT_SHRINK
        case .threshold: SL_UNARY_THRESHOLD
        case .squareplus: SL_UNARY_SQUAREPLUS
        case .clip: SL_UNARY_CLIP
        default: plainCode
        }
    }

    /// Up to three parameters in the order of the kernels.
    var parameters: (Float, Float, Float) {
        switch self {
        case .relu(let slope, let maximum, let threshold): (slope, maximum, threshold)
        case .leakyReLU(let slope): (slope, 0, 0)
        case .elu(let alpha), .celu(let alpha): (alpha, 0, 0)
        case .hardShrink(let threshold), .softShrink(let threshold): (threshold, 0, 0)
        case .threshold(let threshold, let value): (threshold, value, 0)
        case .squareplus(let b): (b, 0, 0)
        case .clip(let lowest, let highest): (lowest, highest, 0)
        default: (0, 0, 0)
        }
    }

    /// The code of a function without parameters.
    private var plainCode: sl_unary {
        switch self {
        case .negate: SL_UNARY_NEGATE
        case .abs: SL_UNARY_ABS
        case .sign: SL_UNARY_SIGN
        case .square: SL_UNARY_SQUARE
        case .squareRoot: SL_UNARY_SQRT
        case .reciprocalSquareRoot: SL_UNARY_RSQRT
        case .reciprocal: SL_UNARY_RECIPROCAL
        case .exp: SL_UNARY_EXP
        case .expm1: SL_UNARY_EXPM1
        case .log: SL_UNARY_LOG
        case .log1p: SL_UNARY_LOG1P
        case .sin: SL_UNARY_SIN
        case .cos: SL_UNARY_COS
        case .tan: SL_UNARY_TAN
        case .asin: SL_UNARY_ASIN
        case .acos: SL_UNARY_ACOS
        case .atan: SL_UNARY_ATAN
        case .sinh: SL_UNARY_SINH
        case .cosh: SL_UNARY_COSH
        case .tanh: SL_UNARY_TANH
        case .asinh: SL_UNARY_ASINH
        case .acosh: SL_UNARY_ACOSH
        case .atanh: SL_UNARY_ATANH
        case .erf: SL_UNARY_ERF
        case .floor: SL_UNARY_FLOOR
        case .ceil: SL_UNARY_CEIL
        case .round: SL_UNARY_ROUND
        case .sigmoid: SL_UNARY_SIGMOID
        case .logSigmoid: SL_UNARY_LOG_SIGMOID
        case .softplus: SL_UNARY_SOFTPLUS
        case .softsign: SL_UNARY_SOFTSIGN
        case .relu6: SL_UNARY_RELU6
        case .selu: SL_UNARY_SELU
        case .gelu: SL_UNARY_GELU
        case .geluTanh: SL_UNARY_GELU_TANH
        case .silu: SL_UNARY_SILU
        case .mish: SL_UNARY_MISH
        case .hardSigmoid: SL_UNARY_HARD_SIGMOID
        case .hardSigmoidFifth: SL_UNARY_HARD_SIGMOID_FIFTH
        case .hardSiLU: SL_UNARY_HARD_SILU
        case .hardTanh: SL_UNARY_HARD_TANH
        case .tanhShrink: SL_UNARY_TANH_SHRINK
        case .sparseSigmoid: SL_UNARY_SPARSE_SIGMOID
        case .sparsePlus: SL_UNARY_SPARSE_PLUS
        case .relu, .leakyReLU, .elu, .celu, .hardShrink, .softShrink, .threshold, .squareplus,
            .clip:
            preconditionFailure("a function with parameters")
        }
    }
}

extension Graph {
    /// `f(x)`, number by number.
    package mutating func unary(_ function: UnaryFunction, _ x: Value) throws -> Value {
        try apply(Unary(function), x)
    }

    package mutating func relu(_ x: Value) throws -> Value { try unary(.relu(), x) }
    package mutating func negate(_ x: Value) throws -> Value { try unary(.negate, x) }
    package mutating func square(_ x: Value) throws -> Value { try unary(.square, x) }
    package mutating func squareRoot(_ x: Value) throws -> Value { try unary(.squareRoot, x) }
    package mutating func exp(_ x: Value) throws -> Value { try unary(.exp, x) }
    package mutating func log(_ x: Value) throws -> Value { try unary(.log, x) }
    package mutating func sigmoid(_ x: Value) throws -> Value { try unary(.sigmoid, x) }
    package mutating func tanh(_ x: Value) throws -> Value { try unary(.tanh, x) }
}
