#include "pool.h"

#include <string.h>

#include "lanes.h"

/// The part of a window that lies on the input, along each axis.
typedef struct place {
    size_t from[3], counts[3];
} place;

static void put(const sl_pool *p, size_t axis, size_t output, place *at) {
    const size_t start = output * p->stride[axis];  // counted from the padding's first
    const size_t from = start > p->padding[axis] ? start - p->padding[axis] : 0;
    const size_t end = start + p->window[axis] - p->padding[axis];
    at->from[axis] = from;
    at->counts[axis] = (end < p->input[axis] ? end : p->input[axis]) - from;
}

typedef void (*window_function)(
    const float *x, const size_t counts[3], const size_t steps[3], size_t channels, float *y);

static void run(
    const sl_pool *p, const float *x, float *y, size_t first, size_t last, window_function window) {
    const size_t steps[3] = {
        p->input[1] * p->input[2] * p->channels, p->input[2] * p->channels, p->channels};
    for (size_t line = first; line < last; line++) {
        const size_t lines = p->output[0] * p->output[1];
        const float *image = x + line / lines * p->input[0] * steps[0];
        place at;
        put(p, 0, line % lines / p->output[1], &at);
        put(p, 1, line % p->output[1], &at);
        const float *row = image + at.from[0] * steps[0] + at.from[1] * steps[1];
        float *to = y + line * p->output[2] * p->channels;
        for (size_t o = 0; o < p->output[2]; o++, to += p->channels) {
            put(p, 2, o, &at);
            window(row + at.from[2] * steps[2], at.counts, steps, p->channels, to);
        }
    }
}

void sl_pool_max(const sl_pool *pool, const float *x, float *y, size_t first, size_t last) {
    run(pool, x, y, first, last, sl_lanes_active()->pool_max);
}

void sl_pool_average(const sl_pool *pool, const float *x, float *y, size_t first, size_t last) {
    run(pool, x, y, first, last, sl_lanes_active()->pool_average);
}

/// Adds each of `channels` derivatives at its window's first largest number.
static void spread_max(
    const sl_pool *p, const float *x, const place *at, const size_t steps[3], const float *dy,
    float *dx) {
    enum { STRIP = 64 };
    const size_t start = at->from[0] * steps[0] + at->from[1] * steps[1] + at->from[2] * steps[2];
    for (size_t first = 0; first < p->channels; first += STRIP) {
        const size_t width = p->channels - first < STRIP ? p->channels - first : STRIP;
        size_t best[STRIP];
        for (size_t i = 0; i < width; i++) best[i] = start + first + i;
        for (size_t a = 0; a < at->counts[0]; a++)
            for (size_t b = 0; b < at->counts[1]; b++)
                for (size_t c = 0; c < at->counts[2]; c++) {
                    const size_t here = start + first + a * steps[0] + b * steps[1] + c * steps[2];
                    for (size_t i = 0; i < width; i++)
                        best[i] = x[here + i] > x[best[i]] ? here + i : best[i];
                }
        for (size_t i = 0; i < width; i++) dx[best[i]] += dy[first + i];
    }
}

static void spread_average(
    const sl_pool *p, const place *at, const size_t steps[3], const float *dy, float *dx) {
    const float scale = 1.0f / (float)(at->counts[0] * at->counts[1] * at->counts[2]);
    for (size_t a = 0; a < at->counts[0]; a++)
        for (size_t b = 0; b < at->counts[1]; b++)
            for (size_t c = 0; c < at->counts[2]; c++) {
                float *to = dx + (at->from[0] + a) * steps[0] + (at->from[1] + b) * steps[1] +
                            (at->from[2] + c) * steps[2];
                for (size_t i = 0; i < p->channels; i++) to[i] += dy[i] * scale;
            }
}

/// `x` is null for averages.
static void run_gradient(
    const sl_pool *p, const float *x, const float *dy, float *dx, size_t first, size_t last) {
    const size_t steps[3] = {
        p->input[1] * p->input[2] * p->channels, p->input[2] * p->channels, p->channels};
    const size_t image = p->input[0] * steps[0];
    const size_t result = p->output[0] * p->output[1] * p->output[2] * p->channels;
    for (size_t n = first; n < last; n++) {
        float *to = dx + n * image;
        const float *from = dy + n * result;
        memset(to, 0, image * sizeof(float));
        place at;
        for (size_t a = 0; a < p->output[0]; a++) {
            put(p, 0, a, &at);
            for (size_t b = 0; b < p->output[1]; b++) {
                put(p, 1, b, &at);
                for (size_t c = 0; c < p->output[2]; c++, from += p->channels) {
                    put(p, 2, c, &at);
                    if (x)
                        spread_max(p, x + n * image, &at, steps, from, to);
                    else
                        spread_average(p, &at, steps, from, to);
                }
            }
        }
    }
}

void sl_pool_max_gradient(
    const sl_pool *pool, const float *x, const float *dy, float *dx, size_t first, size_t last) {
    run_gradient(pool, x, dy, dx, first, last);
}

void sl_pool_average_gradient(
    const sl_pool *pool, const float *dy, float *dx, size_t first, size_t last) {
    run_gradient(pool, NULL, dy, dx, first, last);
}
