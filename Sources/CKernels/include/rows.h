#ifndef SWIFTLET_ROWS_H
#define SWIFTLET_ROWS_H

#include <stddef.h>

/// Functions of whole rows, x[rows, n]; `y` may equal `x`, `dx` may equal `dy`.

/// y = e^(x − max x) / Σ e^(x − max x).
void sl_softmax(const float *x, float *y, size_t rows, size_t n);

/// dx = y ⊙ (dy − Σ dy ⊙ y).
void sl_softmax_gradient(const float *y, const float *dy, float *dx, size_t rows, size_t n);

/// y = x − log Σ e^x.
void sl_log_softmax(const float *x, float *y, size_t rows, size_t n);

/// dx = dy − e^y Σ dy.
void sl_log_softmax_gradient(const float *y, const float *dy, float *dx, size_t rows, size_t n);

/// log Σ e^x of each row.
void sl_log_sum_exp(const float *x, float *y, size_t rows, size_t n);

/// y = (x − mean) / √(variance + epsilon) ⊙ gamma + beta, with the row's own mean and variance
/// (divisor n); `gamma` and `beta` (n numbers each) may be null. Keeps the mean and 1 / √(variance +
/// epsilon) of every row for the gradient.
void sl_layer_norm(
    const float *x, const float *gamma, const float *beta, float epsilon, float *y, float *mean,
    float *inverse_deviation, size_t rows, size_t n);

/// The derivative with respect to `x`, and in double precision what the rows add to those with
/// respect to `gamma` and `beta` (n numbers each, not cleared first; null where not wanted).
void sl_layer_norm_gradient(
    const float *x, const float *gamma, const float *mean, const float *inverse_deviation,
    const float *dy, float *dx, double *dgamma, double *dbeta, size_t rows, size_t n);

#endif
