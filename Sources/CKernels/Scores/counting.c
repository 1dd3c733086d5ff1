#include "sum.h"
#include <string.h>

// Successive rows often hit the same cell; four tables keep one addition from waiting for the last.
enum { TABLES = 4, INTERLEAVED_CELLS = 1024 };

void sl_score_count_classes(const int32_t *truth, const int32_t *decided, const double *weights,
                            size_t count, size_t classes, double *counts) {
    size_t cells = classes * classes;
    if (weights || cells > INTERLEAVED_CELLS) {
        for (size_t i = 0; i < count; i++) {
            size_t cell = (size_t)truth[i] * classes + (size_t)decided[i];
            counts[cell] += sl_score_weight(weights, i);
        }
        return;
    }
    uint64_t tables[TABLES][INTERLEAVED_CELLS];
    memset(tables, 0, sizeof tables);
    size_t i = 0;
    for (; i + TABLES <= count; i += TABLES) {
        for (size_t t = 0; t < TABLES; t++) {
            tables[t][(size_t)truth[i + t] * classes + (size_t)decided[i + t]]++;
        }
    }
    for (; i < count; i++) tables[0][(size_t)truth[i] * classes + (size_t)decided[i]]++;
    for (size_t cell = 0; cell < cells; cell++) {
        counts[cell] += (double)(tables[0][cell] + tables[1][cell] + tables[2][cell]
                                 + tables[3][cell]);
    }
}

static void count_one_label(const uint8_t *truth, const uint8_t *decided, size_t rows,
                            double *counts, double *whole) {
    uint64_t tp = 0, positives = 0, decisions = 0;
    for (size_t row = 0; row < rows; row++) {
        tp += truth[row] & decided[row];
        positives += truth[row];
        decisions += decided[row];
    }
    uint64_t fp = decisions - tp, fn = positives - tp, tn = rows - positives - fp;
    counts[0] += (double)tn;
    counts[1] += (double)fp;
    counts[2] += (double)fn;
    counts[3] += (double)tp;
    *whole += (double)(tn + tp);
}

void sl_score_count_flags(const uint8_t *truth, const uint8_t *decided, const double *weights,
                          size_t rows, size_t columns, double *counts, double *whole) {
    if (columns == 1 && !weights) {
        count_one_label(truth, decided, rows, counts, whole);
        return;
    }
    for (size_t row = 0; row < rows; row++, truth += columns, decided += columns) {
        double weight = sl_score_weight(weights, row);
        int right = 1;
        for (size_t column = 0; column < columns; column++) {
            counts[4 * column + 2 * truth[column] + decided[column]] += weight;
            right &= truth[column] == decided[column];
        }
        if (right) *whole += weight;
    }
}

static double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

void sl_score_row_ratios(const uint8_t *truth, const uint8_t *decided, const double *weights,
                         size_t rows, size_t columns, sl_score_sum *sums) {
    for (size_t row = 0; row < rows; row++, truth += columns, decided += columns) {
        size_t both = 0, positives = 0, decisions = 0;
        for (size_t column = 0; column < columns; column++) {
            both += truth[column] & decided[column];
            positives += truth[column];
            decisions += decided[column];
        }
        double tp = (double)both, fn = (double)(positives - both), fp = (double)(decisions - both);
        double weight = sl_score_weight(weights, row);
        sl_score_sum_add(sums + 0, weight * ratio(tp, tp + fp));
        sl_score_sum_add(sums + 1, weight * ratio(tp, tp + fn));
        sl_score_sum_add(sums + 2, weight * ratio(2 * tp, 2 * tp + fn + fp));
        sl_score_sum_add(sums + 3, weight * ratio(1.25 * tp, 1.25 * tp + 0.25 * fn + fp));
        sl_score_sum_add(sums + 4, weight * ratio(5 * tp, 5 * tp + 4 * fn + fp));
        sl_score_sum_add(sums + 5, weight * ratio(tp, tp + fp + fn));
    }
}
