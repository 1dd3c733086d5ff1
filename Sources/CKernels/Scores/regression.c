#include "sum.h"
#include <math.h>
#include <string.h>

#define SUM(VALUE)                                                                                 \
    {                                                                                              \
        double sum = 0;                                                                            \
        for (size_t i = 0; i < count; i++) {                                                       \
            double y = truth[i], p = predicted[i], e = p - y;                                      \
            (void)e;                                                                               \
            sum += sl_score_weight(weights, i) * (VALUE);                                          \
        }                                                                                          \
        return sum;                                                                                \
    }

static double log_squared(double y, double p, double least) {
    y = fmax(y, least);
    p = fmax(p, least);
    if (y <= -1 || p <= -1) return NAN;
    double e = log1p(p) - log1p(y);
    return e * e;
}

double sl_score_pointwise_loss(int loss, double parameter, const double *truth,
                               const double *predicted, const double *weights, size_t count) {
    switch (loss) {
    case SL_SCORE_LOSS_SQUARED: SUM(e * e)
    case SL_SCORE_LOSS_ABSOLUTE: SUM(fabs(e))
    case SL_SCORE_LOSS_SIGNED: SUM(e)
    case SL_SCORE_LOSS_RELATIVE: SUM(fabs(e) / fmax(fabs(y), parameter))
    case SL_SCORE_LOSS_SYMMETRIC: SUM(2 * fabs(e) / fmax(fabs(y) + fabs(p), 1.17e-06))
    case SL_SCORE_LOSS_LOGARITHMIC: SUM(log_squared(y, p, parameter))
    case SL_SCORE_LOSS_HUBER:
        SUM(fabs(e) <= parameter ? e * e / 2 : parameter * (fabs(e) - parameter / 2))
    case SL_SCORE_LOSS_LOG_COSH: SUM(fabs(e) + log1p(exp(-2 * fabs(e))) - M_LN2)
    case SL_SCORE_LOSS_PINBALL: SUM(fmax(-parameter * e, (1 - parameter) * e))
    }
    return NAN;
}

double sl_score_largest_error(const double *truth, const double *predicted, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        double e = fabs(predicted[i] - truth[i]);
        if (e > largest) largest = e;
    }
    return largest;
}

// Two passes over a block that fits the cache: the means first, so nothing cancels.
sl_score_pair_moments sl_score_moments_of(const double *truth, const double *predicted,
                                          const double *weights, size_t count) {
    sl_score_pair_moments m = {0};
    m.min_truth = m.min_predicted = INFINITY;
    m.max_truth = m.max_predicted = -INFINITY;
    double y0 = 0, p0 = 0, e0 = 0;
    for (size_t i = 0; i < count; i++) {
        double w = sl_score_weight(weights, i);
        if (w == 0) continue;
        double y = truth[i], p = predicted[i];
        if (m.weight == 0) {
            m.origin_truth = y;
            m.origin_predicted = p;
            m.origin_error = p - y;
        }
        m.weight += w;
        y0 += w * (y - m.origin_truth);
        p0 += w * (p - m.origin_predicted);
        e0 += w * (p - y - m.origin_error);
        m.min_truth = fmin(m.min_truth, y);
        m.max_truth = fmax(m.max_truth, y);
        m.min_predicted = fmin(m.min_predicted, p);
        m.max_predicted = fmax(m.max_predicted, p);
    }
    if (m.weight == 0) return m;
    m.mean_truth = y0 / m.weight;
    m.mean_predicted = p0 / m.weight;
    m.mean_error = e0 / m.weight;
    for (size_t i = 0; i < count; i++) {
        double w = sl_score_weight(weights, i);
        double y = truth[i] - m.origin_truth - m.mean_truth;
        double p = predicted[i] - m.origin_predicted - m.mean_predicted;
        double e = predicted[i] - truth[i] - m.origin_error - m.mean_error;
        m.truth_truth += w * y * y;
        m.predicted_predicted += w * p * p;
        m.truth_predicted += w * y * p;
        m.error_error += w * e * e;
    }
    return m;
}
