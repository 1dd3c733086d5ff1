#include "sum.h"
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

// A float's bits in the order of the numbers: negatives are reversed, positives moved above them.
// Adding 0 makes −0 a +0.
static uint32_t key_of_float(float value) {
    uint32_t bits;
    value += 0.0f;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ ((uint32_t)((int32_t)bits >> 31) | 0x80000000u);
}

uint64_t sl_score_key_of(double value) {
    uint64_t bits;
    value += 0.0;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | 0x8000000000000000u);
}

double sl_score_value_of_key(uint64_t key) {
    uint64_t bits = key ^ ((key >> 63) ? 0x8000000000000000u : 0xffffffffffffffffu);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double value_of_float_key(uint32_t key) {
    uint32_t bits = key ^ ((key >> 31) ? 0x80000000u : 0xffffffffu);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

// Takes a point into the curve if it is far enough from the last.
static void trace(sl_score_curve *curve, const sl_score_ranking *all, double threshold, double tp,
                  double fp, bool is_last) {
    if (curve->count > 0 && !is_last) {
        const sl_score_curve_point *last = curve->points + curve->count - 1;
        double steps = (double)curve->resolution;
        if ((tp - last->true_positives) * steps < all->positives
            && (fp - last->false_positives) * steps < all->negatives) {
            return;
        }
    }
    if (curve->count >= 2 * curve->resolution + 2) return;
    curve->points[curve->count++] = (sl_score_curve_point){threshold, tp, fp};
}

#define ENTRY uint32_t
#define KEY(e) (e)
#define WEIGHT(e) ((void)(e), 1.0)
#define VALUE(key) value_of_float_key((uint32_t)(key))
#define PASSES 3
#define NAME(f) f##_keys32
#include "ranking.inc"
#undef ENTRY
#undef VALUE
#undef PASSES
#undef NAME

#define VALUE(key) sl_score_value_of_key(key)
#define ENTRY uint64_t
#define PASSES 6
#define NAME(f) f##_keys64
#include "ranking.inc"
#undef ENTRY
#undef KEY
#undef WEIGHT
#undef NAME

#define ENTRY sl_score_weighted_key
#define KEY(e) ((e).key)
#define WEIGHT(e) ((e).weight)
#define NAME(f) f##_weighted
#include "ranking.inc"
#undef ENTRY
#undef KEY
#undef WEIGHT
#undef VALUE
#undef PASSES
#undef NAME

static double score_at(sl_score_matrix scores, size_t row, size_t column) {
    size_t i = row * scores.columns + column;
    return scores.is_double ? ((const double *)scores.values)[i]
                            : (double)((const float *)scores.values)[i];
}

static int is_positive(sl_score_positives truth, size_t row, size_t column, size_t columns) {
    return truth.flags ? truth.flags[row * columns + column] : truth.labels[row] == truth.positive;
}

void sl_score_gather_keys32(sl_score_matrix scores, size_t column, sl_score_positives truth,
                            uint32_t *keys, size_t *front, size_t *back) {
    const float *values = scores.values;
    size_t first = *front, last = *back;
    for (size_t row = 0; row < scores.rows; row++) {
        uint32_t key = key_of_float(values[row * scores.columns + column]);
        // Without a branch, which random labels would mispredict: both ends are free to write.
        int positive = is_positive(truth, row, column, scores.columns);
        keys[positive ? first : last - 1] = key;
        first += (size_t)positive;
        last -= (size_t)!positive;
    }
    *front = first;
    *back = last;
}

void sl_score_gather_keys64(sl_score_matrix scores, size_t column, sl_score_positives truth,
                            uint64_t *keys, size_t *front, size_t *back) {
    size_t first = *front, last = *back;
    for (size_t row = 0; row < scores.rows; row++) {
        int positive = is_positive(truth, row, column, scores.columns);
        keys[positive ? first : last - 1] = sl_score_key_of(score_at(scores, row, column));
        first += (size_t)positive;
        last -= (size_t)!positive;
    }
    *front = first;
    *back = last;
}

void sl_score_gather_weighted(sl_score_matrix scores, size_t column,
                              sl_score_positives truth, const double *weights,
                              sl_score_weighted_key *keys, size_t *front, size_t *back) {
    for (size_t row = 0; row < scores.rows; row++) {
        double weight = sl_score_weight(weights, row);
        if (weight == 0) continue;
        sl_score_weighted_key entry = {sl_score_key_of(score_at(scores, row, column)), weight};
        if (is_positive(truth, row, column, scores.columns)) keys[(*front)++] = entry;
        else keys[--*back] = entry;
    }
}

sl_score_ranking sl_score_rank_keys32(uint32_t *positives, size_t positive_count,
                                      uint32_t *negatives, size_t negative_count,
                                      uint32_t *scratch, sl_score_curve *curve) {
    return rank_keys32(positives, positive_count, negatives, negative_count, scratch, curve);
}

sl_score_ranking sl_score_rank_keys64(uint64_t *positives, size_t positive_count,
                                      uint64_t *negatives, size_t negative_count,
                                      uint64_t *scratch, sl_score_curve *curve) {
    return rank_keys64(positives, positive_count, negatives, negative_count, scratch, curve);
}

sl_score_ranking sl_score_rank_weighted(sl_score_weighted_key *positives, size_t positive_count,
                                        sl_score_weighted_key *negatives, size_t negative_count,
                                        sl_score_weighted_key *scratch, sl_score_curve *curve) {
    return rank_weighted(positives, positive_count, negatives, negative_count, scratch, curve);
}

void sl_score_sort_keys64(uint64_t *keys, size_t count, uint64_t *scratch) {
    sort_keys64(keys, count, scratch);
}

void sl_score_sort_weighted(sl_score_weighted_key *keys, size_t count,
                            sl_score_weighted_key *scratch) {
    sort_weighted(keys, count, scratch);
}
