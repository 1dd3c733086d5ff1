// One step of a recurrence, compiled once per instruction set.
#ifndef SWIFTLET_RECURRENCE_KERNELS_H
#define SWIFTLET_RECURRENCE_KERNELS_H

#include "include/recurrence.h"

typedef void sl_recurrence_round(
    const sl_recurrence *s, size_t number, size_t row, size_t row_end, size_t block,
    size_t block_end);

typedef struct sl_recurrence_kernels {
    size_t width;  // units in a block
    sl_recurrence_round *simple, *lstm, *gru, *gru_gates, *gru_candidate;
    void (*gradient)(
        const sl_recurrence_gradient *g, size_t number, size_t row, size_t row_end);
} sl_recurrence_kernels;

extern const sl_recurrence_kernels sl_recurrence_baseline;
#if defined(__x86_64__)
extern const sl_recurrence_kernels sl_recurrence_avx2;
extern const sl_recurrence_kernels sl_recurrence_avx512;
#endif

#endif
