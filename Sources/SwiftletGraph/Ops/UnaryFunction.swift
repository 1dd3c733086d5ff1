/// A function of one number, with its parameters.
package enum UnaryFunction: Sendable, Hashable {
    case negate, abs, sign, square, squareRoot, reciprocalSquareRoot, reciprocal
    case exp, expm1, log, log1p
    case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
    case erf
    case floor, ceil
    /// To the nearest whole number, ties to even.
    case round
    case sigmoid, logSigmoid, softplus, softsign
    /// `slope · (x − threshold)` below the threshold, then `x`, never more than `maximum`.
    case relu(slope: Float = 0, maximum: Float = .infinity, threshold: Float = 0)
    case relu6
    case leakyReLU(slope: Float)
    case elu(alpha: Float)
    case selu
    case celu(alpha: Float)
    /// Through erf.
    case gelu
    /// By the approximation through tanh.
    case geluTanh
    case silu, mish
    /// `relu6(x + 3) / 6`, as Keras 3 defines it.
    case hardSigmoid
    /// `0.2 x + 0.5` clipped to [0, 1], as Keras 1 and 2 defined it.
    case hardSigmoidFifth
    case hardSiLU, hardTanh
    case hardShrink(threshold: Float)
    case softShrink(threshold: Float)
    case tanhShrink
    /// `x` above the threshold, else `value`.
    case threshold(Float, value: Float)
    case squareplus(b: Float)
    case sparseSigmoid, sparsePlus
    case clip(lowest: Float, highest: Float)
}
