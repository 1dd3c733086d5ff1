#include "affine.h"

#include <string.h>

#include "lanes.h"

/// Columns that are few: rows of them are taken together, MOST_LANES at a time, whose factors and
/// addends fill vectors of every level.
enum { FEW = 16, MOST_LANES = 16 };

static void few_columns(
    const float *x, size_t columns, const float *scale, const float *shift, float low, float high,
    float *y, size_t rows) {
    const sl_lanes *lanes = sl_lanes_active();
    float scales[FEW * MOST_LANES], shifts[FEW * MOST_LANES];
    for (size_t i = 0; i < MOST_LANES; i++) {
        memcpy(scales + i * columns, scale, columns * sizeof(float));
        memcpy(shifts + i * columns, shift, columns * sizeof(float));
    }
    while (rows > 0) {
        const size_t taken = rows < MOST_LANES ? rows : MOST_LANES, n = taken * columns;
        lanes->affine(x, scales, shifts, low, high, y, n);
        x += n, y += n, rows -= taken;
    }
}

void sl_affine(
    const float *const *pieces, const size_t *columns, size_t count, const float *scale,
    const float *shift, float low, float high, float *y, size_t row, size_t row_end) {
    const sl_lanes *lanes = sl_lanes_active();
    size_t width = 0;
    for (size_t i = 0; i < count; i++) width += columns[i];
    if (count == 1 && width > 0 && width <= FEW) {
        few_columns(
            pieces[0] + row * width, width, scale, shift, low, high, y + row * width,
            row_end - row);
        return;
    }
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
