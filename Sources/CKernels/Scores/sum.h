#ifndef SWIFTLET_SCORES_SUM_H
#define SWIFTLET_SCORES_SUM_H

#include "scores.h"
#include <math.h>

// Rows summed plainly before the total is compensated: short enough to lose nothing that matters.
enum { SL_SCORE_SUM_BLOCK = 1024 };

static inline void sl_score_sum_add(sl_score_sum *sum, double value) {
    double total = sum->high + value;
    if (fabs(sum->high) >= fabs(value)) {
        sum->low += (sum->high - total) + value;
    } else {
        sum->low += (value - total) + sum->high;
    }
    sum->high = total;
}

static inline double sl_score_weight(const double *weights, size_t row) {
    return weights ? weights[row] : 1.0;
}

static inline size_t sl_score_block_end(size_t start, size_t count) {
    return count - start < SL_SCORE_SUM_BLOCK ? count : start + SL_SCORE_SUM_BLOCK;
}

#endif
