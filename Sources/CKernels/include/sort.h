/* Numbers in order, with the places they came from. */
#ifndef SWIFTLET_SORT_H
#define SWIFTLET_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first `taken` of `count` < 2^31 numbers in order. Equal ones keep theirs; NaN is greater than
 * any number, zeros are equal. */
typedef struct sl_sort {
    size_t count, taken;
    bool descending;
} sl_sort;

/* `scratch` holds 2 * count. */
void sl_sort_float(sl_sort sort, const float *x, float *values, int32_t *places,
                   uint64_t *scratch);
void sl_sort_int32(sl_sort sort, const int32_t *x, int32_t *values, int32_t *places,
                   uint64_t *scratch);

/* gradient[places[i]] = seed[i], zero elsewhere. */
void sl_sort_gradient(sl_sort sort, const float *seed, const int32_t *places, float *gradient);

#endif
