#include "affine.h"

#include "lanes.h"

void sl_affine(
    const float *const *pieces, const size_t *columns, size_t count, const float *scale,
    const float *shift, float low, float high, float *y, size_t row, size_t row_end) {
    const sl_lanes *lanes = sl_lanes_active();
    size_t width = 0;
    for (size_t i = 0; i < count; i++) width += columns[i];
    for (size_t r = row; r < row_end; r++) {
        size_t column = r * width, first = 0;
        for (size_t i = 0; i < count; i++) {
            const size_t n = columns[i];
            lanes->affine(
                pieces[i] + r * n, scale + first, shift + first, low, high, y + column + first, n);
            first += n;
        }
    }
}
