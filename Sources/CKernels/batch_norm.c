#include "batch_norm.h"

#include "lanes.h"

void sl_column_sums(
    const float *x, const float *a, const float *shift, size_t rows, size_t channels, double *sums,
    double *products) {
    sl_lanes_active()->column_sums(x, a, shift, rows, channels, sums, products);
}

void sl_column_map(
    const float *x, const float *a, const float *factor, const float *shift, const float *slope,
    const float *offset, size_t rows, size_t channels, float *y) {
    sl_lanes_active()->column_map(x, a, factor, shift, slope, offset, rows, channels, y);
}
