#ifndef SWIFTLET_AFFINE_H
#define SWIFTLET_AFFINE_H

#include <stddef.h>

/// Rows row ..< row_end of y[…, n]: the rows of the pieces side by side, each number times its
/// column's factor plus its column's addend, clipped to low … high (NaN stays NaN).
void sl_affine(
    const float *const *pieces, const size_t *columns, size_t count, const float *scale,
    const float *shift, float low, float high, float *y, size_t row, size_t row_end);

#endif
