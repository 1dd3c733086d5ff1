/* Convolutions in the terms of the product engine. */
#ifndef SWIFTLET_CONVOLUTION_PRODUCT_H
#define SWIFTLET_CONVOLUTION_PRODUCT_H

#include "convolution.h"
#include "product.h"

static inline size_t sl_volume(const size_t extent[3]) { return extent[0] * extent[1] * extent[2]; }

/* The products that a convolution consists of: one per group, or a single depthwise one. */
typedef struct sl_groups {
    const sl_product_kernels *kernels;
    bool depthwise;
    size_t count;
    size_t panel, panels; /* columns of a panel, panels of one group */
    size_t summed;        /* what a tap contributes to k */
} sl_groups;

sl_groups sl_groups_of(const sl_convolution *convolution, sl_convolution_pass pass);

/* Output positions × filters, summed over (tap, channel); `kernel` may be NULL. The caller sets a,
 * packed, c. */
sl_product sl_output_product(const sl_convolution *convolution, const sl_groups *groups,
                             size_t group, const float *kernel);

/* (Tap, channel) × filters, summed over the output positions of `images`. */
sl_product sl_kernel_product(const sl_convolution *convolution, const sl_groups *groups,
                             size_t images);

/* Input positions that are congruent modulo the strides meet the same taps: each such phase is a
 * convolution of the output with stride 1. */
typedef struct sl_phase {
    struct {
        size_t count;         /* positions of the phase along this axis */
        /* Its taps: tap, tap + tap_step, …; from the last to the first, so that the output is read
         * forwards. */
        size_t tap;
        ptrdiff_t tap_step;
        sl_axis output;       /* how it reads the output */
    } axis[3];
    ptrdiff_t offset; /* of its first position in the input */
} sl_phase;

size_t sl_phase_count(const sl_convolution *convolution);
sl_phase sl_phase_of(const sl_convolution *convolution, size_t index);

/* The phase's input positions × channels, summed over (tap, filter). */
sl_product sl_phase_product(const sl_convolution *convolution, const sl_groups *groups,
                            const sl_phase *phase, size_t group, const float *kernel);

#endif
