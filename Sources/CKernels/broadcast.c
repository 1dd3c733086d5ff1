#include "broadcast.h"

#include <string.h>

#include "broadcast_rows.h"

bool sl_broadcast_make(
    sl_broadcast *walk, size_t rank, const size_t *extents, size_t operands, const size_t *shapes) {
    memset(walk, 0, sizeof *walk);
    size_t steps[SL_MAX_OPERANDS] = {1, 1, 1};
    size_t kept = 0;  // axes so far, the innermost first
    for (size_t axis = rank; axis-- > 0;) {
        const size_t extent = extents[axis];
        if (extent == 1) continue;
        bool merges = kept > 0;
        size_t strides[SL_MAX_OPERANDS] = {0};
        for (size_t k = 0; k < operands; k++) {
            const bool repeated = shapes[k * rank + axis] == 1;
            strides[k] = repeated ? 0 : steps[k];
            if (!repeated) steps[k] *= extent;
            const size_t before = kept > 0 ? walk->strides[k][kept - 1] : 0;
            merges = merges && strides[k] == before * (kept > 0 ? walk->extents[kept - 1] : 0);
        }
        if (merges) {
            walk->extents[kept - 1] *= extent;
            continue;
        }
        if (kept == SL_MAX_RANK) return false;
        walk->extents[kept] = extent;
        for (size_t k = 0; k < operands; k++) walk->strides[k][kept] = strides[k];
        kept++;
    }
    if (kept == 0) {
        walk->extents[0] = 1;
        kept = 1;
    }
    walk->rank = kept;
    return true;
}

void sl_broadcast_rows(
    const sl_broadcast *walk, size_t begin, size_t end, sl_row row, const void *context) {
    // Axis 0 of the walk is the innermost.
    size_t index[SL_MAX_RANK] = {0};
    size_t starts[SL_MAX_OPERANDS] = {0};
    size_t steps[SL_MAX_OPERANDS];
    size_t rest = begin;
    for (size_t axis = 0; axis < walk->rank && begin < end; axis++) {
        index[axis] = rest % walk->extents[axis];
        rest /= walk->extents[axis];
        for (int k = 0; k < SL_MAX_OPERANDS; k++)
            starts[k] += index[axis] * walk->strides[k][axis];
    }
    for (int k = 0; k < SL_MAX_OPERANDS; k++) steps[k] = walk->strides[k][0];
    while (begin < end) {
        size_t n = walk->extents[0] - index[0];
        if (n > end - begin) n = end - begin;
        row(context, starts, steps, begin, n);
        begin += n;
        index[0] += n;
        for (int k = 0; k < SL_MAX_OPERANDS; k++) starts[k] += n * steps[k];
        for (size_t axis = 0; axis + 1 < walk->rank && index[axis] == walk->extents[axis]; axis++) {
            for (int k = 0; k < SL_MAX_OPERANDS; k++) {
                starts[k] += walk->strides[k][axis + 1];
                starts[k] -= walk->extents[axis] * walk->strides[k][axis];
            }
            index[axis] = 0;
            index[axis + 1]++;
        }
    }
}
