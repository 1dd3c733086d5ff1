// The loops over vectors that are compiled once per instruction set, as tables of functions.
#ifndef SWIFTLET_LANES_H
#define SWIFTLET_LANES_H

#include "attention.h"
#include "binary.h"
#include "cpu.h"
#include "pool.h"
#include "reduce.h"
#include "unary.h"

/// Channels of images whose pooling goes line by line, at most.
enum { SL_POOL_FEW = 16 };

typedef struct sl_lanes {
    void (*unary[SL_UNARY_COUNT])(const float *p, const float *x, float *y, size_t n);
    void (*unary_gradient[SL_UNARY_COUNT])(
        const float *p, const float *x, const float *y, const float *dy, float *dx, size_t n);
    void (*binary[SL_BINARY_COUNT])(
        const float *a, size_t a_step, const float *b, size_t b_step, float *y, size_t n);

    // By sl_reduction; none for products.
    double (*reduce_along[4])(const float *x, size_t n);
    void (*reduce_across[4])(
        const float *x, size_t rows, size_t columns, size_t stride, double *a);

    void (*softmax)(const float *x, float *y, size_t n);
    // Makes weights of some scores of a query, and adds them to `total`; what has been summed with
    // the weights so far must be multiplied by the result. `mask` may be null.
    float (*attention)(
        float *x, const uint8_t *mask, const sl_attention *a, float *largest, double *total,
        size_t n);
    void (*softmax_gradient)(const float *y, const float *dy, float *dx, size_t n);
    void (*log_softmax)(const float *x, float *y, size_t n);
    void (*log_softmax_gradient)(const float *y, const float *dy, float *dx, size_t n);
    double (*log_sum_exp)(const float *x, size_t n, float *shift);
    void (*layer_norm)(
        const float *x, const float *gamma, const float *beta, float epsilon, float *y,
        float *mean, float *inverse_deviation, size_t n);
    void (*layer_norm_gradient)(
        const float *x, const float *gamma, float mean, float scale, const float *dy, float *dx,
        size_t n);

    void (*column_sums)(
        const float *x, const float *a, const float *shift, size_t rows, size_t channels,
        double *sums, double *products);
    void (*column_map)(
        const float *x, const float *a, const float *factor, const float *shift,
        const float *slope, const float *offset, size_t rows, size_t channels, float *y);

    void (*affine)(
        const float *x, const float *scale, const float *shift, float low, float high, float *y,
        size_t n);

    // One window; `counts` positions along each axis, `steps` floats apart.
    void (*pool_max)(
        const float *x, const size_t counts[3], const size_t steps[3], size_t channels, float *y);
    void (*pool_average)(
        const float *x, const size_t counts[3], const size_t steps[3], size_t channels, float *y);
    // One line of outputs of at most SL_POOL_FEW channels; `counts` lines of its windows, `steps` floats
    // apart, and room for a line and SL_POOL_FEW floats more.
    void (*pool_max_line)(
        const sl_pool *p, const float *x, const size_t counts[2], const size_t steps[2],
        float *line, float *y);
    void (*pool_average_line)(
        const sl_pool *p, const float *x, const size_t counts[2], const size_t steps[2],
        float *line, float *y);
    // Their gradients, added to dx; x and dx at the window.
    void (*pool_max_gradient)(
        const float *x, const size_t counts[3], const size_t steps[3], size_t channels,
        const float *dy, float *dx);
    void (*pool_average_gradient)(
        const float *x, const size_t counts[3], const size_t steps[3], size_t channels,
        const float *dy, float *dx);
} sl_lanes;

extern const sl_lanes sl_lanes_baseline;
#if defined(__x86_64__)
extern const sl_lanes sl_lanes_avx2;
extern const sl_lanes sl_lanes_avx512;
#endif

/// The tables of the level that runs here.
const sl_lanes *sl_lanes_active(void);

#endif
