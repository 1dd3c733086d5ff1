#include "cumulative.h"

#include <string.h>

/* Integers wrap around, hence the unsigned arithmetic. */
#define CUMULATIVE(name, type, number)                                                            \
    void name(sl_line line, bool product, bool exclusive, size_t columns, const type *x, type *y) {\
        if (line.count == 0) return;                                                              \
        if (exclusive)                                                                            \
            for (size_t c = 0; c < columns; c++) y[c] = product;                                  \
        else                                                                                      \
            memcpy(y, x, columns * sizeof *y);                                                    \
        for (size_t i = 1; i < line.count; i++) {                                                 \
            const type *value = exclusive ? x : x + line.step, *last = y;                         \
            x += line.step;                                                                       \
            y += line.step;                                                                       \
            if (product)                                                                          \
                for (size_t c = 0; c < columns; c++)                                              \
                    y[c] = (type)((number)last[c] * (number)value[c]);                            \
            else                                                                                  \
                for (size_t c = 0; c < columns; c++)                                              \
                    y[c] = (type)((number)last[c] + (number)value[c]);                            \
        }                                                                                         \
    }

CUMULATIVE(sl_cumulative, float, float)
CUMULATIVE(sl_cumulative_int32, int32_t, uint32_t)

/* With p[i] the product before i, and s[i] the sum over later k of seed[k] times the product between
 * i and k, gradient[i] = p[i] * s[i]. */
void sl_cumulative_product_gradient(sl_line line, bool exclusive, size_t columns, const float *x,
                                    const float *seed, float *gradient) {
    sl_cumulative(line, true, true, columns, x, gradient);
    ptrdiff_t end = (ptrdiff_t)line.count * line.step;
    for (size_t c = 0; c < columns; c++) {
        float sum = 0;
        for (ptrdiff_t i = end - line.step + (ptrdiff_t)c, k = 0; k < (ptrdiff_t)line.count;
             k++, i -= line.step) {
            if (!exclusive) sum += seed[i];
            gradient[i] *= sum;
            sum = exclusive ? seed[i] + sum * x[i] : sum * x[i];
        }
    }
}
