/* Sums and products of all elements up to each one. */
#ifndef SWIFTLET_CUMULATIVE_H
#define SWIFTLET_CUMULATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The elements of an axis; a negative step walks back from the last. */
typedef struct sl_line {
    size_t count;
    ptrdiff_t step;
} sl_line;

/* `columns` neighbouring lines; `x` and `y` are where the first begins. An exclusive sum or product
 * leaves the element itself out. */
void sl_cumulative(sl_line line, bool product, bool exclusive, size_t columns, const float *x,
                   float *y);
void sl_cumulative_int32(sl_line line, bool product, bool exclusive, size_t columns,
                         const int32_t *x, int32_t *y);

/* gradient[i] = sum over k of seed[k] * d product[k] / d x[i]. */
void sl_cumulative_product_gradient(sl_line line, bool exclusive, size_t columns, const float *x,
                                    const float *seed, float *gradient);

#endif
