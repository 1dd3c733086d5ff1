#ifndef SWIFTLET_REDUCE_H
#define SWIFTLET_REDUCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broadcast.h"

enum sl_reduction {
    SL_REDUCE_SUM,
    SL_REDUCE_PRODUCT,
    SL_REDUCE_MAXIMUM,  // NaN if any is; of booleans: whether any is true
    SL_REDUCE_MINIMUM,  // of booleans: whether all are
};

/// What is accumulated: double precision for float32, 64 bits for integers.
typedef union sl_accumulator {
    double real;
    int64_t integer;
} sl_accumulator;

/// Sets `n` accumulators to what a reduction of nothing gives.
void sl_reduce_start(enum sl_reduction code, sl_type type, sl_accumulator *a, size_t n);

/// Takes `rows` × `columns` numbers of `type`, rows `stride` apart, into the accumulators: number
/// (r, c) goes to accumulator r if `along_rows`, otherwise to accumulator c. Float sums go through short blocks in
/// single precision to double, so that their error hardly grows with the count; their order depends
/// on `rows` and `columns` only.
void sl_reduce(
    enum sl_reduction code, sl_type type, const void *x, size_t rows, size_t columns,
    size_t stride, bool along_rows, sl_accumulator *a);

/// Takes `n` accumulators into `n` others.
void sl_reduce_merge(
    enum sl_reduction code, sl_type type, const sl_accumulator *from, sl_accumulator *into,
    size_t n);

/// Writes `n` accumulators, those of float32 multiplied by `scale`, as numbers of `type`.
void sl_reduce_finish(
    sl_type type, const sl_accumulator *a, double scale, void *y, size_t n);

/// The position of the largest (or smallest) number along the middle axis of x[outer, count, inner];
/// the first of equal ones. NaN counts as larger than all (or smaller than all).
void sl_arg_reduce(
    bool largest, sl_type type, const void *x, size_t outer, size_t count, size_t inner,
    int32_t *y);

/// The sums over `count` rows of `n` numbers each, in their order and in double precision.
void sl_sum_rows(const float *x, size_t count, size_t n, float *sums);

#endif
