#include "scores.h"
#include <math.h>

void sl_score_filter_axis(const float *input, size_t outer, size_t extent, size_t inner,
                          const sl_score_taps *taps, float *output) {
    for (size_t o = 0; o < outer; o++) {
        const float *from = input + o * extent * inner;
        float *to = output + o * taps->count * inner;
        for (size_t place = 0; place < taps->count; place++) {
            const double *weights = taps->weights + place * taps->width;
            const float *first = from + (size_t)taps->first[place] * inner;
            for (size_t i = 0; i < inner; i++) {
                double sum = 0;
                for (int32_t tap = 0; tap < taps->used[place]; tap++) {
                    sum += first[(size_t)tap * inner + i] * weights[tap];
                }
                to[place * inner + i] = (float)sum;
            }
        }
    }
}

// Pillow's fixed point: 22 bits behind the point, rounded, clipped after every pass.
enum { FRACTION = 22 };

static inline int32_t fixed(double weight) {
    return (int32_t)(weight * (1 << FRACTION) + (weight < 0 ? -0.5 : 0.5));
}

void sl_score_filter_axis_bytes(const uint8_t *input, size_t outer, size_t extent, size_t inner,
                                const sl_score_taps *taps, uint8_t *output) {
    for (size_t o = 0; o < outer; o++) {
        const uint8_t *from = input + o * extent * inner;
        uint8_t *to = output + o * taps->count * inner;
        for (size_t place = 0; place < taps->count; place++) {
            const double *weights = taps->weights + place * taps->width;
            const uint8_t *first = from + (size_t)taps->first[place] * inner;
            for (size_t i = 0; i < inner; i++) {
                int32_t sum = 1 << (FRACTION - 1);
                for (int32_t tap = 0; tap < taps->used[place]; tap++) {
                    sum += first[(size_t)tap * inner + i] * fixed(weights[tap]);
                }
                int32_t value = sum >> FRACTION;
                to[place * inner + i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
            }
        }
    }
}

void sl_score_blend_axis(const float *input, size_t outer, size_t extent, size_t inner,
                         const sl_score_blends *blends, float *output) {
    for (size_t o = 0; o < outer; o++) {
        const float *from = input + o * extent * inner;
        float *to = output + o * blends->count * inner;
        for (size_t place = 0; place < blends->count; place++) {
            const float *low = from + (size_t)blends->low[place] * inner;
            const float *high = from + (size_t)blends->high[place] * inner;
            float share = blends->share[place];
            for (size_t i = 0; i < inner; i++) {
                to[place * inner + i] = low[i] + (high[i] - low[i]) * share;
            }
        }
    }
}

void sl_score_perceptual_map(const float *a, const float *b, size_t pixels, size_t channels,
                             const float *weights, double *distances) {
    for (size_t pixel = 0; pixel < pixels; pixel++) {
        const float *x = a + pixel * channels, *y = b + pixel * channels;
        double xx = 0, yy = 0;
        for (size_t c = 0; c < channels; c++) {
            xx += (double)x[c] * x[c];
            yy += (double)y[c] * y[c];
        }
        double x_factor = 1 / (sqrt(xx) + 1e-10), y_factor = 1 / (sqrt(yy) + 1e-10), sum = 0;
        for (size_t c = 0; c < channels; c++) {
            double difference = x[c] * x_factor - y[c] * y_factor;
            sum += weights[c] * difference * difference;
        }
        distances[pixel] = sum;
    }
}
