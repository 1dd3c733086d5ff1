#include "scores.h"
#include <math.h>
#include <string.h>

// Entries carry a row's number in the place of a weight: exact up to 2^53.

static void sort_by(const double *values, size_t count, sl_score_weighted_key *order,
                    sl_score_weighted_key *scratch) {
    for (size_t i = 0; i < count; i++) {
        order[i].key = sl_score_key_of(values[i]);
        order[i].weight = (double)i;
    }
    sl_score_sort_weighted(order, count, scratch);
}

// Equal values share the mean of their ranks. Returns the number of tied pairs.
static double mean_ranks(const sl_score_weighted_key *order, size_t count, double *ranks) {
    double tied_pairs = 0;
    for (size_t start = 0; start < count;) {
        size_t end = start + 1;
        while (end < count && order[end].key == order[start].key) end++;
        double rank = (double)(start + end + 1) / 2;
        for (size_t i = start; i < end; i++) ranks[(size_t)order[i].weight] = rank;
        double tied = (double)(end - start);
        tied_pairs += tied * (tied - 1) / 2;
        start = end;
    }
    return tied_pairs;
}

// Pairs out of order, by merge sort from the bottom up; equal values are in order.
static double count_inversions(double *values, size_t count, double *scratch) {
    double inversions = 0;
    double *from = values, *to = scratch;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = middle + width < count ? middle + width : count;
            size_t i = start, j = middle;
            for (size_t k = start; k < end; k++) {
                if (j == end || (i < middle && from[i] <= from[j])) {
                    to[k] = from[i++];
                } else {
                    inversions += (double)(middle - i);
                    to[k] = from[j++];
                }
            }
        }
        double *other = from;
        from = to;
        to = other;
    }
    return inversions;
}

static double correlate(const double *x, const double *y, size_t count) {
    double mean = ((double)count + 1) / 2, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < count; i++) {
        double dx = x[i] - mean, dy = y[i] - mean;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    double r = xy / (sqrt(xx) * sqrt(yy));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

sl_score_rank_correlation sl_score_correlate_ranks(const double *x, const double *y, size_t count,
                                                   sl_score_weighted_key *scratch, double *ranks) {
    sl_score_weighted_key *order = scratch, *x_order = scratch + count,
                          *spare = scratch + 2 * count;
    double *x_ranks = ranks, *y_ranks = ranks + count;
    sort_by(y, count, order, spare);
    double y_ties = mean_ranks(order, count, y_ranks);
    sort_by(x, count, x_order, spare);
    double x_ties = mean_ranks(x_order, count, x_ranks);
    sl_score_rank_correlation result = {0};
    result.spearman = correlate(x_ranks, y_ranks, count);

    // Knight 1966: sort by x, ties by y; discordant pairs are the inversions of y. Sorting the
    // rows, already in the order of y, stably by x gives that order.
    for (size_t i = 0; i < count; i++) {
        x_order[i].key = sl_score_key_of(x[(size_t)order[i].weight]);
        x_order[i].weight = order[i].weight;
    }
    sl_score_sort_weighted(x_order, count, spare);
    double joint_ties = 0;
    for (size_t start = 0; start < count;) {
        size_t first = (size_t)x_order[start].weight, end = start + 1;
        while (end < count && x_order[end].key == x_order[start].key
               && y_ranks[(size_t)x_order[end].weight] == y_ranks[first]) {
            end++;
        }
        double tied = (double)(end - start);
        joint_ties += tied * (tied - 1) / 2;
        start = end;
    }
    double *sequence = x_ranks;  // the ranks of x have served
    for (size_t i = 0; i < count; i++) sequence[i] = y_ranks[(size_t)x_order[i].weight];
    double discordant = count_inversions(sequence, count, y_ranks);
    double pairs = (double)count * ((double)count - 1) / 2;
    double difference = pairs - x_ties - y_ties + joint_ties - 2 * discordant;
    double tau = difference / sqrt(pairs - x_ties) / sqrt(pairs - y_ties);
    result.kendall = tau > 1 ? 1 : tau < -1 ? -1 : tau;
    return result;
}
