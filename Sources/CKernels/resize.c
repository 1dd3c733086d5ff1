#include "resize.h"

#include <string.h>

void sl_interpolate(
    const float *from, size_t outer, size_t extent, size_t inner, const int64_t *low,
    const int64_t *high, const float *weights, size_t count, float *to) {
    for (size_t o = 0; o < outer; o++, from += extent * inner) {
        for (size_t k = 0; k < count; k++, to += inner) {
            const float *a = from + (size_t)low[k] * inner, *b = from + (size_t)high[k] * inner;
            const float w = weights[k];
            if (w == 0) {
                memcpy(to, a, inner * sizeof(float));
            } else {
                for (size_t i = 0; i < inner; i++) to[i] = a[i] + (b[i] - a[i]) * w;
            }
        }
    }
}

void sl_interpolate_gradient(
    const float *from, size_t outer, size_t extent, size_t inner, const int64_t *low,
    const int64_t *high, const float *weights, size_t count, float *to) {
    for (size_t o = 0; o < outer; o++, to += extent * inner) {
        memset(to, 0, extent * inner * sizeof(float));
        for (size_t k = 0; k < count; k++, from += inner) {
            float *a = to + (size_t)low[k] * inner, *b = to + (size_t)high[k] * inner;
            const float w = weights[k];
            for (size_t i = 0; i < inner; i++) a[i] += (1 - w) * from[i];
            if (w != 0)
                for (size_t i = 0; i < inner; i++) b[i] += w * from[i];
        }
    }
}
