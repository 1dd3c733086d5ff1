#ifndef SWIFTLET_BATCH_NORM_H
#define SWIFTLET_BATCH_NORM_H

#include <stddef.h>

/// Columns of x[rows, channels]: what batch normalisation and its gradient are made of.

/// Adds Σ a to `sums` and Σ a (x − shift) to `products`, channel by channel; without `a` (null), x −
/// shift takes its place.
void sl_column_sums(
    const float *x, const float *a, const float *shift, size_t rows, size_t channels, double *sums,
    double *products);

/// y = a · factor + (x − shift) · slope + offset with numbers per channel; without `a` (null) without
/// the first term. `y` may equal `a` or `x`.
void sl_column_map(
    const float *x, const float *a, const float *factor, const float *shift, const float *slope,
    const float *offset, size_t rows, size_t channels, float *y);

#endif
