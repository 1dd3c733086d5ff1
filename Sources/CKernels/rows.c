#include "rows.h"

#include "lanes.h"

void sl_softmax(const float *x, float *y, size_t rows, size_t n) {
    const sl_lanes *lanes = sl_lanes_active();
    for (size_t r = 0; r < rows; r++) lanes->softmax(x + r * n, y + r * n, n);
}

void sl_softmax_gradient(const float *y, const float *dy, float *dx, size_t rows, size_t n) {
    const sl_lanes *lanes = sl_lanes_active();
    for (size_t r = 0; r < rows; r++)
        lanes->softmax_gradient(y + r * n, dy + r * n, dx + r * n, n);
}

void sl_log_softmax(const float *x, float *y, size_t rows, size_t n) {
    const sl_lanes *lanes = sl_lanes_active();
    for (size_t r = 0; r < rows; r++) lanes->log_softmax(x + r * n, y + r * n, n);
}

void sl_log_softmax_gradient(const float *y, const float *dy, float *dx, size_t rows, size_t n) {
    const sl_lanes *lanes = sl_lanes_active();
    for (size_t r = 0; r < rows; r++)
        lanes->log_softmax_gradient(y + r * n, dy + r * n, dx + r * n, n);
}

void sl_log_sum_exp(const float *x, float *y, size_t rows, size_t n) {
    const sl_lanes *lanes = sl_lanes_active();
    for (size_t r = 0; r < rows; r++) {
        float shift;
        const double rest = lanes->log_sum_exp(x + r * n, n, &shift);
        y[r] = (float)((double)shift + rest);
    }
}

void sl_layer_norm(
    const float *x, const float *gamma, const float *beta, float epsilon, float *y, float *mean,
    float *inverse_deviation, size_t rows, size_t n) {
    const sl_lanes *lanes = sl_lanes_active();
    for (size_t r = 0; r < rows; r++)
        lanes->layer_norm(
            x + r * n, gamma, beta, epsilon, y + r * n, mean + r, inverse_deviation + r, n);
}

void sl_layer_norm_gradient(
    const float *x, const float *gamma, const float *mean, const float *inverse_deviation,
    const float *dy, float *dx, double *dgamma, double *dbeta, size_t rows, size_t n) {
    const sl_lanes *lanes = sl_lanes_active();
    for (size_t r = 0; r < rows; r++, x += n, dy += n) {
        for (size_t i = 0; i < n && dgamma; i++)
            dgamma[i] += (double)dy[i] * (double)((x[i] - mean[r]) * inverse_deviation[r]);
        for (size_t i = 0; i < n && dbeta; i++) dbeta[i] += (double)dy[i];
        lanes->layer_norm_gradient(x, gamma, mean[r], inverse_deviation[r], dy, dx + r * n, n);
    }
}
