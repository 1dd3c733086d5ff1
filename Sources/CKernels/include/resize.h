#ifndef SWIFTLET_RESIZE_H
#define SWIFTLET_RESIZE_H

#include <stddef.h>
#include <stdint.h>

/// Linear interpolation along the middle axis of from[outer, extent, inner]:
/// to[o, k, :] = (1 − w[k]) from[o, low[k], :] + w[k] from[o, high[k], :]. Places must be within
/// 0..<extent; a weight of 0 copies.
void sl_interpolate(
    const float *from, size_t outer, size_t extent, size_t inner, const int64_t *low,
    const int64_t *high, const float *weights, size_t count, float *to);

/// The transpose of `sl_interpolate`: from[outer, count, inner] is spread over to[outer, extent,
/// inner], which is cleared first.
void sl_interpolate_gradient(
    const float *from, size_t outer, size_t extent, size_t inner, const int64_t *low,
    const int64_t *high, const float *weights, size_t count, float *to);

#endif
