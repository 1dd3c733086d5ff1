// Walks the rows of a broadcast result.
#ifndef SWIFTLET_BROADCAST_ROWS_H
#define SWIFTLET_BROADCAST_ROWS_H

#include "broadcast.h"

/// One run along the innermost axis: `n` results from `position` on; operand k starts at its element
/// `starts[k]` and steps by `steps[k]`, which is 0 or 1.
typedef void (*sl_row)(
    const void *context, const size_t *starts, const size_t *steps, size_t position, size_t n);

/// Calls `row` for every run within the results `begin..<end`.
void sl_broadcast_rows(
    const sl_broadcast *walk, size_t begin, size_t end, sl_row row, const void *context);

#endif
