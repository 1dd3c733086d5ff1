#ifndef SWIFTLET_POOL_H
#define SWIFTLET_POOL_H

#include <stddef.h>

/// Windows over images [batch, input…, channels] that give [batch, output…, channels]. Axes that are
/// not there have extent 1 and come first. Padding counts positions before the input's first; neither
/// it nor what lies behind the last is ever read. Every window holds at least one input position.
typedef struct sl_pool {
    size_t batch, channels;
    size_t input[3], output[3], window[3], stride[3], padding[3];
} sl_pool;

/// Lines first ..< last of batch · output[0] · output[1] lines of output[2] positions: the largest
/// number in each window, NaN if there is one.
void sl_pool_max(const sl_pool *pool, const float *x, float *y, size_t first, size_t last);

/// The mean of those numbers in each window that are not padding.
void sl_pool_average(const sl_pool *pool, const float *x, float *y, size_t first, size_t last);

/// The derivative with respect to images first ..< last: each goes to its window's first largest
/// number, as in TensorFlow.
void sl_pool_max_gradient(
    const sl_pool *pool, const float *x, const float *dy, float *dx, size_t first, size_t last);

/// The derivative with respect to images first ..< last, shared out evenly.
void sl_pool_average_gradient(
    const sl_pool *pool, const float *dy, float *dx, size_t first, size_t last);

#endif
