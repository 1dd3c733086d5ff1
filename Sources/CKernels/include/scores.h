// Inner loops of the scores. Sums are taken in double precision, in an order fixed by the data.
#ifndef SWIFTLET_SCORES_H
#define SWIFTLET_SCORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Element types that the readers below take.
enum {
    SL_SCORE_I8, SL_SCORE_I16, SL_SCORE_I32, SL_SCORE_I64,
    SL_SCORE_U8, SL_SCORE_U16, SL_SCORE_U32, SL_SCORE_U64,
    SL_SCORE_F32, SL_SCORE_F64
};

/// A running sum and what rounding took from it (Neumaier).
typedef struct { double high, low; } sl_score_sum;

/// Predicted scores, row-major.
typedef struct {
    const void *values;
    int is_double;
    size_t rows, columns;
} sl_score_matrix;

// Reading. Each returns the index of the first element (or row) it cannot take, or the count.
double sl_score_value(const void *source, int type, size_t index);
size_t sl_score_read_labels(const void *source, int type, size_t count, int32_t largest,
                            int32_t *labels);
size_t sl_score_read_flags(const void *source, int type, size_t count, uint8_t *flags);
size_t sl_score_read_one_hot(const uint8_t *flags, size_t rows, size_t columns, int32_t *labels);
size_t sl_score_read_doubles(const void *source, int type, size_t first, size_t stride,
                             size_t count, double *values);
size_t sl_score_first_improbable(sl_score_matrix scores);
size_t sl_score_first_infinite(sl_score_matrix scores);
/// The sigmoid of every number, or the softmax of every row, in the type of the scores.
void sl_score_sigmoid(sl_score_matrix scores, void *probabilities);
void sl_score_softmax(sl_score_matrix scores, void *probabilities);

// Decisions and counts. `weights` may be null everywhere: every row then weighs 1.
void sl_score_decide_positive(sl_score_matrix scores, double threshold, uint8_t *decisions);
void sl_score_decide_largest(sl_score_matrix scores, int32_t *decisions);
void sl_score_count_classes(const int32_t *truth, const int32_t *decided, const double *weights,
                            size_t count, size_t classes, double *counts);
/// Per label four counts: tn, fp, fn, tp. `whole` gets the weight of rows that are wholly right.
void sl_score_count_flags(const uint8_t *truth, const uint8_t *decided, const double *weights,
                          size_t rows, size_t columns, double *counts, double *whole);
/// Adds up the rows' own precision, recall, F1, F0.5, F2 and Jaccard index.
void sl_score_row_ratios(const uint8_t *truth, const uint8_t *decided, const double *weights,
                         size_t rows, size_t columns, sl_score_sum *sums);

// Scores of probabilities.
void sl_score_log_loss_classes(sl_score_matrix scores, const int32_t *truth,
                               const double *weights, double epsilon, bool normalizes,
                               sl_score_sum *sum);
void sl_score_log_loss_flags(sl_score_matrix scores, const uint8_t *truth,
                             const double *weights, double epsilon, sl_score_sum *sum);
void sl_score_brier_classes(sl_score_matrix scores, const int32_t *truth,
                            const double *weights, sl_score_sum *sum);
void sl_score_brier_flags(sl_score_matrix scores, const uint8_t *truth,
                          const double *weights, sl_score_sum *sum);
/// Per bin three sums: weight, correctness, confidence.
void sl_score_calibrate_classes(sl_score_matrix scores, const int32_t *truth,
                                const int32_t *decided, const double *weights, size_t bins,
                                sl_score_sum *sums);
void sl_score_calibrate_flags(sl_score_matrix scores, const uint8_t *truth,
                              const double *weights, size_t bins, sl_score_sum *sums);
/// `weight_at[k]` gets the weight of rows where exactly k classes score above the true one; the
/// last place also takes all beyond it. With `later_first` later classes of equal score are above.
void sl_score_count_above_truth(sl_score_matrix scores, const int32_t *truth, bool later_first,
                                const double *weights, size_t places, double *weight_at);
/// Adds up label ranking average precision, coverage error and ranking loss of every row.
/// `scratch` holds 2 · columns doubles.
void sl_score_rank_labels(sl_score_matrix scores, const uint8_t *truth,
                          const double *weights, double *scratch, sl_score_sum *sums);

// Ranking. Keys are unsigned integers in the order of the scores.
typedef struct { uint64_t key; double weight; } sl_score_weighted_key;
/// Which rows count as positive: `labels[row] == positive`, or the column's own flag.
typedef struct {
    const int32_t *labels;
    int32_t positive;
    const uint8_t *flags;
} sl_score_positives;
/// `roc_variance` is DeLong's variance of the area; NaN below two rows of either side. Weights are
/// ignored by it.
typedef struct {
    double positives, negatives, roc_auc, average_precision, roc_variance;
} sl_score_ranking;
/// What is at or above a threshold.
typedef struct { double threshold, true_positives, false_positives; } sl_score_curve_point;
/// The curve over all thresholds, from the highest down, without points that are nearer to the last
/// than 1 / resolution in both rates: `points` holds 2 · resolution + 2.
typedef struct {
    size_t resolution, count;
    sl_score_curve_point *points;
} sl_score_curve;

/// Appends one column's keys: positives from the front of `keys`, negatives from its back.
void sl_score_gather_keys32(sl_score_matrix scores, size_t column, sl_score_positives truth,
                            uint32_t *keys, size_t *front, size_t *back);
void sl_score_gather_keys64(sl_score_matrix scores, size_t column, sl_score_positives truth,
                            uint64_t *keys, size_t *front, size_t *back);
/// Rows of weight 0 are left out.
void sl_score_gather_weighted(sl_score_matrix scores, size_t column,
                              sl_score_positives truth, const double *weights,
                              sl_score_weighted_key *keys, size_t *front, size_t *back);
// Sort both parts (`scratch` is as large as the larger one) and sweep over the thresholds. `curve`
// may be null.
sl_score_ranking sl_score_rank_keys32(uint32_t *positives, size_t positive_count,
                                      uint32_t *negatives, size_t negative_count,
                                      uint32_t *scratch, sl_score_curve *curve);
sl_score_ranking sl_score_rank_keys64(uint64_t *positives, size_t positive_count,
                                      uint64_t *negatives, size_t negative_count,
                                      uint64_t *scratch, sl_score_curve *curve);
sl_score_ranking sl_score_rank_weighted(sl_score_weighted_key *positives, size_t positive_count,
                                        sl_score_weighted_key *negatives, size_t negative_count,
                                        sl_score_weighted_key *scratch, sl_score_curve *curve);
/// The same sweep over rows that were sorted before, from the highest score down, under any weights:
/// an entry is a row's number and two flags.
enum { SL_SCORE_ORDER_LAST = 1u << 31, SL_SCORE_ORDER_POSITIVE = 1u << 30 };
sl_score_ranking sl_score_rank_order(const uint32_t *order, size_t count, const double *weights);
/// Likewise for rows that count a whole number of times.
sl_score_ranking sl_score_rank_times(const uint32_t *order, size_t count, const uint32_t *times);
/// A key in the order of the numbers; both zeros are one. And back.
uint64_t sl_score_key_of(double value);
double sl_score_value_of_key(uint64_t key);
void sl_score_sort_keys64(uint64_t *keys, size_t count, uint64_t *scratch);
/// Sorts by key, keeping the order of equal ones.
void sl_score_sort_weighted(sl_score_weighted_key *keys, size_t count,
                            sl_score_weighted_key *scratch);

// Regression.
enum {
    SL_SCORE_LOSS_SQUARED, SL_SCORE_LOSS_ABSOLUTE, SL_SCORE_LOSS_SIGNED, SL_SCORE_LOSS_RELATIVE,
    SL_SCORE_LOSS_SYMMETRIC, SL_SCORE_LOSS_LOGARITHMIC, SL_SCORE_LOSS_HUBER,
    SL_SCORE_LOSS_LOG_COSH, SL_SCORE_LOSS_PINBALL
};
/// The weighted sum of a loss over a block; `parameter` is Huber's δ, the pinball quantile, the least
/// |y| that a relative error is divided by, or the least value that a logarithm is taken of.
double sl_score_pointwise_loss(int loss, double parameter, const double *truth,
                               const double *predicted, const double *weights, size_t count);
double sl_score_largest_error(const double *truth, const double *predicted, size_t count);

/// Weight, means and central co-moments of truth, prediction and error. Means are relative to an
/// origin among the data, so that values far from 0 keep their digits.
typedef struct {
    double weight;
    double origin_truth, origin_predicted, origin_error;
    double mean_truth, mean_predicted, mean_error;
    double truth_truth, predicted_predicted, truth_predicted, error_error;
    double min_truth, max_truth, min_predicted, max_predicted;
} sl_score_pair_moments;
sl_score_pair_moments sl_score_moments_of(const double *truth, const double *predicted,
                                          const double *weights, size_t count);

/// Spearman's ρ and Kendall's τ-b. `scratch` holds 3 · count keys, `ranks` 2 · count doubles.
typedef struct { double spearman, kendall; } sl_score_rank_correlation;
sl_score_rank_correlation sl_score_correlate_ranks(const double *x, const double *y, size_t count,
                                                   sl_score_weighted_key *scratch, double *ranks);

// Sets of features: rows of `width` doubles.
/// Adds every row to `sums`.
void sl_score_column_sums(const double *rows, size_t count, size_t width, double *sums);
/// rows = (rows − mean) · factor
void sl_score_subtract_row(double *rows, size_t count, size_t width, const double *mean,
                           double factor);
void sl_score_squared_lengths(const double *rows, size_t count, size_t width, double *lengths);
/// The same whichever of the two comes first.
double sl_score_squared_distance(const double *a, const double *b, size_t width);
/// Adds (factor · product + 1)³ to the sums of its row and, unless null, of its column, but for
/// products where column − row is `diagonal`.
void sl_score_cubic_kernel(const double *products, size_t rows, size_t columns, size_t ld,
                           double factor, ptrdiff_t diagonal, double *row_sums,
                           double *column_sums);
/// Scalar products of a block of rows with a block of others, whose distances they are to give.
typedef struct {
    const double *products;
    size_t rows, columns, ld;
    const double *row_lengths, *column_lengths; // squared
} sl_score_distances;
/// Sorts the block's squared distances into each row's k nearest so far and, unless null, each
/// column's. Where column − row is `diagonal`, a row meets itself.
void sl_score_nearest(const sl_score_distances *block, size_t k, ptrdiff_t diagonal,
                      size_t first_row, size_t first_column, double *nearest, ptrdiff_t *indices,
                      double *column_nearest, ptrdiff_t *column_indices);
/// Which balls (squared radii) hold whom: for each column the number of the rows' balls that hold it,
/// for each row whether a column's ball holds it and whether its own holds a column. What lies on a
/// ball's surface, within rounding, is measured again without cancellation; it is inside if `closed`.
void sl_score_count_balls(const sl_score_distances *block, const double *rows,
                          const double *columns, size_t width, const double *row_radii,
                          const double *column_radii, bool closed, uint32_t *in_row_balls,
                          uint8_t *in_column_ball, uint8_t *row_ball_used);

// Images.
// Samples have 8 bits, 16 bits, or are doubles of 0 … 255.
typedef enum { SL_SCORE_BYTES, SL_SCORE_WORDS, SL_SCORE_DOUBLES } sl_score_samples;
/// In units of the samples; exact but of doubles.
double sl_score_squared_difference(const void *reference, const void *candidate,
                                   sl_score_samples kind, size_t pixels, size_t channels,
                                   size_t counted_channels);
/// One channel as 0 … 255.
void sl_score_image_plane(const void *pixels, sl_score_samples kind, size_t count,
                          size_t channels, size_t channel, float *plane);
/// 2 × 2 means with stride 2; an odd side first repeats its last row or column.
void sl_score_halve_plane(const float *plane, size_t height, size_t width, float *halved);
/// Means over all window positions.
typedef struct { double ssim, contrast; } sl_score_similarity;
size_t sl_score_ssim_scratch(size_t width, size_t border);
/// SSIM of two planes (values 0 … 255) extended by `border` pixels by reflection. Both sides,
/// borders included, are at least 11 and longer than the border alone.
sl_score_similarity sl_score_ssim(const float *a, const float *b, size_t height, size_t width,
                                  size_t border, double *scratch);
/// The mean under a square of equal weights with the moments of a sample, only where the square, no
/// larger than the planes, lies inside. `scratch` holds 5 · width doubles.
double sl_score_uniform_ssim(const float *a, const float *b, size_t height, size_t width,
                             size_t window, double *scratch);

// Resizing along one axis of an array [outer, extent, inner].
/// What each place of the result is the weighted sum of.
typedef struct {
    size_t count, width; // places; weights per place in memory
    const int32_t *first, *used;
    const double *weights;
} sl_score_taps;
void sl_score_filter_axis(const float *input, size_t outer, size_t extent, size_t inner,
                          const sl_score_taps *taps, float *output);
/// With Pillow's rounding of 8-bit images.
void sl_score_filter_axis_bytes(const uint8_t *input, size_t outer, size_t extent, size_t inner,
                                const sl_score_taps *taps, uint8_t *output);
/// Each place lies between two of the input: low + (high − low) · share.
typedef struct {
    size_t count;
    const int32_t *low, *high;
    const float *share;
} sl_score_blends;
void sl_score_blend_axis(const float *input, size_t outer, size_t extent, size_t inner,
                         const sl_score_blends *blends, float *output);

/// Per pixel the weighted squared difference of two feature maps whose channels were brought to
/// length 1 (LPIPS).
void sl_score_perceptual_map(const float *a, const float *b, size_t pixels, size_t channels,
                             const float *weights, double *distances);

#endif
