#include "sum.h"
#include <stdlib.h>

// Bin i is [i/bins, (i+1)/bins), 1 belongs to the last. The product may round across an edge.
static size_t calibration_bin(double confidence, size_t bins) {
    if (confidence <= 0) return 0;
    if (confidence >= 1) return bins - 1;
    size_t bin = (size_t)(confidence * (double)bins);
    if (bin > bins - 1) bin = bins - 1;
    if (bin > 0 && confidence < (double)bin / (double)bins) bin--;
    if (bin < bins - 1 && confidence >= (double)(bin + 1) / (double)bins) bin++;
    return bin;
}

typedef struct { double precision, coverage, loss; } sl_score_label_ranking;

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sort_doubles(double *values, size_t count) {
    if (count > 32) {
        qsort(values, count, sizeof *values, compare_doubles);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        double value = values[i];
        size_t j = i;
        for (; j > 0 && values[j - 1] > value; j--) values[j] = values[j - 1];
        values[j] = value;
    }
}

static sl_score_label_ranking rank_one_row(double *positive, size_t positives, double *negative,
                                           size_t negatives) {
    // Without a positive every ranking is right and nothing needs to be covered.
    if (positives == 0) return (sl_score_label_ranking){1, 0, 0};
    sort_doubles(positive, positives);
    sort_doubles(negative, negatives);
    double precision = 0, wrong_pairs = 0;
    size_t i = positives, j = negatives;
    while (i > 0) {
        double score = positive[i - 1];
        size_t tied = 0;
        while (i > 0 && positive[i - 1] == score) {
            i--;
            tied++;
        }
        while (j > 0 && negative[j - 1] >= score) j--;
        double own = (double)(positives - i), others = (double)(negatives - j);
        precision += (double)tied * own / (own + others);
        wrong_pairs += (double)tied * others;
    }
    double coverage = (double)(positives + negatives - j);
    double pairs = (double)positives * (double)negatives;
    return (sl_score_label_ranking){
        precision / (double)positives, coverage, pairs > 0 ? wrong_pairs / pairs : 0};
}

#define T float
#define NAME(f) f##_float
#include "probabilities.inc"
#undef T
#undef NAME
#define T double
#define NAME(f) f##_double
#include "probabilities.inc"
#undef T
#undef NAME

#define BY_TYPE(f, ...)                                                                            \
    (scores.is_double ? f##_double((const double *)scores.values, __VA_ARGS__)                     \
                      : f##_float((const float *)scores.values, __VA_ARGS__))

size_t sl_score_first_improbable(sl_score_matrix scores) {
    return BY_TYPE(first_improbable, scores.rows * scores.columns);
}

size_t sl_score_first_infinite(sl_score_matrix scores) {
    return BY_TYPE(first_infinite, scores.rows * scores.columns);
}

void sl_score_sigmoid(sl_score_matrix scores, void *probabilities) {
    BY_TYPE(sigmoid, scores.rows * scores.columns, probabilities);
}

void sl_score_softmax(sl_score_matrix scores, void *probabilities) {
    BY_TYPE(softmax, scores.rows, scores.columns, probabilities);
}

void sl_score_decide_positive(sl_score_matrix scores, double threshold, uint8_t *decisions) {
    BY_TYPE(decide_positive, scores.rows * scores.columns, threshold, decisions);
}

void sl_score_decide_largest(sl_score_matrix scores, int32_t *decisions) {
    BY_TYPE(decide_largest, scores.rows, scores.columns, decisions);
}

void sl_score_log_loss_classes(sl_score_matrix scores, const int32_t *truth,
                               const double *weights, double epsilon, bool normalizes,
                               sl_score_sum *sum) {
    BY_TYPE(log_loss_classes, scores.rows, scores.columns, truth, weights, epsilon, normalizes,
            sum);
}

void sl_score_log_loss_flags(sl_score_matrix scores, const uint8_t *truth,
                             const double *weights, double epsilon, sl_score_sum *sum) {
    BY_TYPE(log_loss_flags, scores.rows, scores.columns, truth, weights, epsilon, sum);
}

void sl_score_brier_classes(sl_score_matrix scores, const int32_t *truth,
                            const double *weights, sl_score_sum *sum) {
    BY_TYPE(brier_classes, scores.rows, scores.columns, truth, weights, sum);
}

void sl_score_brier_flags(sl_score_matrix scores, const uint8_t *truth,
                          const double *weights, sl_score_sum *sum) {
    BY_TYPE(brier_flags, scores.rows, scores.columns, truth, weights, sum);
}

void sl_score_calibrate_classes(sl_score_matrix scores, const int32_t *truth,
                                const int32_t *decided, const double *weights, size_t bins,
                                sl_score_sum *sums) {
    BY_TYPE(calibrate, scores.rows, scores.columns, truth, decided, NULL, weights, bins, sums);
}

void sl_score_calibrate_flags(sl_score_matrix scores, const uint8_t *truth,
                              const double *weights, size_t bins, sl_score_sum *sums) {
    BY_TYPE(calibrate, scores.rows, scores.columns, NULL, NULL, truth, weights, bins, sums);
}

void sl_score_count_above_truth(sl_score_matrix scores, const int32_t *truth, bool later_first,
                                const double *weights, size_t places, double *weight_at) {
    BY_TYPE(count_above_truth, scores.rows, scores.columns, truth, later_first, weights, places,
            weight_at);
}

void sl_score_rank_labels(sl_score_matrix scores, const uint8_t *truth,
                          const double *weights, double *scratch, sl_score_sum *sums) {
    BY_TYPE(rank_labels, scores.rows, scores.columns, truth, weights, scratch, sums);
}
