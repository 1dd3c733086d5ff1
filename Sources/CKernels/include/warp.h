#ifndef SWIFTLET_WARP_H
#define SWIFTLET_WARP_H

#include <stddef.h>

/// How coordinates beyond the edge find a pixel, as TensorFlow's ImageProjectiveTransformV3 has it.
typedef enum {
    SL_WARP_CONSTANT,
    SL_WARP_NEAREST,
    SL_WARP_REFLECT,
    SL_WARP_WRAP,
} sl_warp_edge;

/// One image `[height, width, channels]` seen through a projective map.
typedef struct {
    ptrdiff_t height, width, channels;
    sl_warp_edge edge;
    /// Whether four pixels are weighted, or the nearest one is taken.
    int bilinear;
    /// What lies beyond the edge, for SL_WARP_CONSTANT.
    float fill;
} sl_warp;

/// Rows `from ..< to` of the result: pixel (x, y) is the image at
/// ((m0 x + m1 y + m2) / k, (m3 x + m4 y + m5) / k) with k = m6 x + m7 y + 1.
void sl_warp_run(
    const sl_warp *warp, const float *image, const float *map, float *result, ptrdiff_t from,
    ptrdiff_t to);

/// Adds the derivatives with respect to the image, from those with respect to the whole result.
void sl_warp_gradient(
    const sl_warp *warp, const float *gradient, const float *map, float *image);

#endif
