#include "pool.h"

#include <stdbool.h>
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

typedef void (*line_function)(
    const sl_pool *p, const float *x, const size_t counts[2], const size_t steps[2], float *line,
    float *y);

/// Floats of an image line that is held on the stack.
enum { LINE = 4096 };

static void run(
    const sl_pool *p, const float *x, float *y, size_t first, size_t last, window_function window,
    line_function line_window) {
    float buffer[LINE + SL_POOL_FEW];
    const bool is_few = p->channels <= SL_POOL_FEW && p->input[2] <= LINE / SL_POOL_FEW;
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
        if (is_few) {
            line_window(p, row, at.counts, steps, buffer, to);
            continue;
        }
        for (size_t o = 0; o < p->output[2]; o++, to += p->channels) {
            put(p, 2, o, &at);
            window(row + at.from[2] * steps[2], at.counts, steps, p->channels, to);
        }
    }
}

void sl_pool_max(const sl_pool *pool, const float *x, float *y, size_t first, size_t last) {
    const sl_lanes *lanes = sl_lanes_active();
    run(pool, x, y, first, last, lanes->pool_max, lanes->pool_max_line);
}

void sl_pool_average(const sl_pool *pool, const float *x, float *y, size_t first, size_t last) {
    const sl_lanes *lanes = sl_lanes_active();
    run(pool, x, y, first, last, lanes->pool_average, lanes->pool_average_line);
}

typedef void (*gradient_function)(
    const float *x, const size_t counts[3], const size_t steps[3], size_t channels,
    const float *dy, float *dx);

/// `x` is null for averages, which do not read it.
static void run_gradient(
    const sl_pool *p, const float *x, const float *dy, float *dx, size_t first, size_t last,
    gradient_function window) {
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
                    const size_t start = at.from[0] * steps[0] + at.from[1] * steps[1] +
                                         at.from[2] * steps[2];
                    window(
                        x ? x + n * image + start : from, at.counts, steps, p->channels, from,
                        to + start);
                }
            }
        }
    }
}

void sl_pool_max_gradient(
    const sl_pool *pool, const float *x, const float *dy, float *dx, size_t first, size_t last) {
    run_gradient(pool, x, dy, dx, first, last, sl_lanes_active()->pool_max_gradient);
}

void sl_pool_average_gradient(
    const sl_pool *pool, const float *dy, float *dx, size_t first, size_t last) {
    run_gradient(pool, NULL, dy, dx, first, last, sl_lanes_active()->pool_average_gradient);
}
