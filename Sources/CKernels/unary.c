#include "unary.h"

#include <math.h>

#include "lanes.h"

size_t sl_unary_parameter_count(enum sl_unary code) {
    switch (code) {
        case SL_UNARY_RELU: return 3;
        case SL_UNARY_THRESHOLD:
        case SL_UNARY_CLIP: return 2;
        case SL_UNARY_LEAKY_RELU:
        case SL_UNARY_ELU:
        case SL_UNARY_CELU:
        case SL_UNARY_HARD_SHRINK:
        case SL_UNARY_SOFT_SHRINK:
        case SL_UNARY_SQUAREPLUS: return 1;
        default: return 0;
    }
}

void sl_unary_apply(
    enum sl_unary code, const float *parameters, const float *x, float *y, size_t n) {
    sl_lanes_active()->unary[code](parameters, x, y, n);
}

void sl_unary_gradient(
    enum sl_unary code, const float *parameters, const float *x, const float *y, const float *dy,
    float *dx, size_t n) {
    sl_lanes_active()->unary_gradient[code](parameters, x, y, dy, dx, n);
}

void sl_classify_apply(enum sl_classify code, const float *x, uint8_t *y, size_t n) {
    switch (code) {
        case SL_IS_NAN:
            for (size_t i = 0; i < n; i++) y[i] = x[i] != x[i];
            break;
        case SL_IS_INF:
            for (size_t i = 0; i < n; i++) y[i] = fabsf(x[i]) == INFINITY;
            break;
        case SL_IS_FINITE:
            for (size_t i = 0; i < n; i++) y[i] = fabsf(x[i]) < INFINITY;
            break;
        case SL_IS_ZERO:
            for (size_t i = 0; i < n; i++) y[i] = x[i] == 0;
            break;
    }
}
