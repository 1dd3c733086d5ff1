/* The types in which packed weights are held. */
#ifndef SWIFTLET_STORAGE_H
#define SWIFTLET_STORAGE_H

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

/* Whatever the type, weights are widened as they are loaded, and sums are of 32-bit floats: results
 * are those of 32-bit weights that have been rounded to the type. */
typedef enum sl_storage {
    SL_STORAGE_FLOAT32 = 0,
    SL_STORAGE_BFLOAT16 = 1,
    SL_STORAGE_FLOAT16 = 2, /* IEEE 754 binary16: beyond 65504 infinite */
} sl_storage;

static inline size_t sl_storage_size(sl_storage storage) {
    return storage == SL_STORAGE_FLOAT32 ? sizeof(float) : sizeof(uint16_t);
}

/* Where number `index` of packed weights lies. A pointer to packed weights is one to floats
 * whatever they are held in. */
static inline const float *sl_packed_at(const float *packed, sl_storage storage, size_t index) {
    return (const float *)((const char *)packed + index * sl_storage_size(storage));
}

/* Rounds floats to the nearest number of a narrower type, of two the even one. */
void sl_narrow(sl_storage storage, const float *x, void *y, size_t n);

/* The inverse, without rounding. */
void sl_widen(sl_storage storage, const void *x, float *y, size_t n);

#endif
