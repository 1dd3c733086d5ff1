#ifndef SWIFTLET_BROADCAST_H
#define SWIFTLET_BROADCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SL_MAX_RANK = 8, SL_MAX_OPERANDS = 3 };

/// Element types that the kernels beside matrix products work on. Booleans are 0 and 1.
typedef enum sl_type { SL_FLOAT32, SL_INT32, SL_INT64, SL_UINT8 } sl_type;

/// How up to three dense operands are read under NumPy's broadcasting rules: neighbouring axes that
/// all operands walk alike are merged, axes of one element left out. A stride is 0 where an operand
/// repeats itself.
typedef struct sl_broadcast {
    size_t rank;
    size_t extents[SL_MAX_RANK];
    size_t strides[SL_MAX_OPERANDS][SL_MAX_RANK];
} sl_broadcast;

/// Prepares the walk over a result of the given extents; `shapes` holds `rank` extents of each
/// operand in turn (1 where it is repeated). False if more than SL_MAX_RANK axes remain.
bool sl_broadcast_make(
    sl_broadcast *walk, size_t rank, const size_t *extents, size_t operands, const size_t *shapes);

#endif
