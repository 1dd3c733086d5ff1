#ifndef SWIFTLET_UNARY_H
#define SWIFTLET_UNARY_H

#include <stddef.h>
#include <stdint.h>

/// Functions of one number. Parameters, where there are any, are named in order after the name.
enum sl_unary {
    SL_UNARY_NEGATE,
    SL_UNARY_ABS,
    SL_UNARY_SIGN,
    SL_UNARY_SQUARE,
    SL_UNARY_SQRT,
    SL_UNARY_RSQRT,
    SL_UNARY_RECIPROCAL,
    SL_UNARY_EXP,
    SL_UNARY_EXPM1,
    SL_UNARY_LOG,
    SL_UNARY_LOG1P,
    SL_UNARY_SIN,
    SL_UNARY_COS,
    SL_UNARY_TAN,
    SL_UNARY_ASIN,
    SL_UNARY_ACOS,
    SL_UNARY_ATAN,
    SL_UNARY_SINH,
    SL_UNARY_COSH,
    SL_UNARY_TANH,
    SL_UNARY_ASINH,
    SL_UNARY_ACOSH,
    SL_UNARY_ATANH,
    SL_UNARY_ERF,
    SL_UNARY_FLOOR,
    SL_UNARY_CEIL,
    SL_UNARY_ROUND,            // ties to even
    SL_UNARY_SIGMOID,
    SL_UNARY_LOG_SIGMOID,
    SL_UNARY_SOFTPLUS,
    SL_UNARY_SOFTSIGN,
    SL_UNARY_RELU,             // negative slope, largest value (infinity for none), threshold
    SL_UNARY_RELU6,
    SL_UNARY_LEAKY_RELU,       // negative slope
    SL_UNARY_ELU,              // alpha
    SL_UNARY_SELU,
    SL_UNARY_CELU,             // alpha
    SL_UNARY_GELU,             // through erf
    SL_UNARY_GELU_TANH,
    SL_UNARY_SILU,
    SL_UNARY_MISH,
    SL_UNARY_HARD_SIGMOID,     // relu6(x + 3) / 6, as Keras 3
    SL_UNARY_HARD_SIGMOID_FIFTH,  // 0.2 x + 0.5 clipped to [0, 1], as Keras 1 and 2
    SL_UNARY_HARD_SILU,
    SL_UNARY_HARD_TANH,
    SL_UNARY_HARD_SHRINK,      // threshold
    SL_UNARY_SOFT_SHRINK,      // threshold
    SL_UNARY_TANH_SHRINK,
    SL_UNARY_THRESHOLD,        // threshold, value at or below it
    SL_UNARY_SQUAREPLUS,       // b
    SL_UNARY_SPARSE_SIGMOID,
    SL_UNARY_SPARSE_PLUS,
    SL_UNARY_CLIP,             // lowest, highest
    SL_UNARY_COUNT
};

/// The number of parameters that the function reads.
size_t sl_unary_parameter_count(enum sl_unary code);

/// y = f(x) for `n` numbers; `x` may equal `y`.
void sl_unary_apply(
    enum sl_unary code, const float *parameters, const float *x, float *y, size_t n);

/// dx = dy · f′(x), where y = f(x); `dx` may equal any of the others. Functions that are flat almost
/// everywhere (sign, floor, ceil, round) give zeros.
void sl_unary_gradient(
    enum sl_unary code, const float *parameters, const float *x, const float *y, const float *dy,
    float *dx, size_t n);

/// Questions about one number.
enum sl_classify { SL_IS_NAN, SL_IS_INF, SL_IS_FINITE, SL_IS_ZERO };

/// y = 1 where the answer is yes, otherwise 0.
void sl_classify_apply(enum sl_classify code, const float *x, uint8_t *y, size_t n);

#endif
