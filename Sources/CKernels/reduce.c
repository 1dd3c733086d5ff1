#include "reduce.h"

#include <math.h>

#include "lanes.h"

void sl_reduce_start(enum sl_reduction code, sl_type type, sl_accumulator *a, size_t n) {
    static const double reals[] = {0, 1, -INFINITY, INFINITY};
    static const int64_t integers[] = {0, 1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < n; i++) {
        if (type == SL_FLOAT32)
            a[i].real = reals[code];
        else if (type == SL_UINT8)
            a[i].integer = code == SL_REDUCE_PRODUCT || code == SL_REDUCE_MINIMUM;
        else
            a[i].integer = integers[code];
    }
}

static double real_step(enum sl_reduction code, double a, double b) {
    switch (code) {
    case SL_REDUCE_SUM: return a + b;
    case SL_REDUCE_PRODUCT: return a * b;
    case SL_REDUCE_MAXIMUM: return a > b || a != a ? a : b;
    case SL_REDUCE_MINIMUM: return a < b || a != a ? a : b;
    }
    return a;
}

static int64_t integer_step(enum sl_reduction code, int64_t a, int64_t b) {
    switch (code) {
    case SL_REDUCE_SUM: return (int64_t)((uint64_t)a + (uint64_t)b);
    case SL_REDUCE_PRODUCT: return (int64_t)((uint64_t)a * (uint64_t)b);
    case SL_REDUCE_MAXIMUM: return a > b ? a : b;
    case SL_REDUCE_MINIMUM: return a < b ? a : b;
    }
    return a;
}

#define REDUCE_PLAIN(name, type, field, step)                                                               \
    static void name(                                                                                       \
        enum sl_reduction code, const type *x, size_t rows, size_t columns, size_t stride, bool along_rows, \
        sl_accumulator *a) {                                                                                \
        for (size_t r = 0; r < rows; r++)                                                                   \
            for (size_t c = 0; c < columns; c++) {                                                          \
                sl_accumulator *to = a + (along_rows ? r : c);                                              \
                to->field = step(code, to->field, x[r * stride + c]);                                       \
            }                                                                                               \
    }

REDUCE_PLAIN(reduce_float, float, real, real_step)
REDUCE_PLAIN(reduce_int32, int32_t, integer, integer_step)
REDUCE_PLAIN(reduce_int64, int64_t, integer, integer_step)
REDUCE_PLAIN(reduce_uint8, uint8_t, integer, integer_step)

static void reduce_lanes(
    enum sl_reduction code, const float *x, size_t rows, size_t columns, size_t stride, bool along_rows,
    sl_accumulator *a) {
    const sl_lanes *lanes = sl_lanes_active();
    if (along_rows) {
        for (size_t r = 0; r < rows; r++)
            a[r].real =
                real_step(code, a[r].real, lanes->reduce_along[code](x + r * stride, columns));
    } else {
        lanes->reduce_across[code](x, rows, columns, stride, &a->real);
    }
}

void sl_reduce(
    enum sl_reduction code, sl_type type, const void *x, size_t rows, size_t columns,
    size_t stride, bool along_rows, sl_accumulator *a) {
    switch (type) {
    case SL_FLOAT32:
        // Products overflow single precision too soon.
        (code == SL_REDUCE_PRODUCT ? reduce_float : reduce_lanes)(
            code, x, rows, columns, stride, along_rows, a);
        break;
    case SL_INT32: reduce_int32(code, x, rows, columns, stride, along_rows, a); break;
    case SL_INT64: reduce_int64(code, x, rows, columns, stride, along_rows, a); break;
    case SL_UINT8: reduce_uint8(code, x, rows, columns, stride, along_rows, a); break;
    }
}

void sl_reduce_merge(
    enum sl_reduction code, sl_type type, const sl_accumulator *from, sl_accumulator *into,
    size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (type == SL_FLOAT32)
            into[i].real = real_step(code, into[i].real, from[i].real);
        else
            into[i].integer = integer_step(code, into[i].integer, from[i].integer);
    }
}

void sl_reduce_finish(sl_type type, const sl_accumulator *a, double scale, void *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        switch (type) {
        case SL_FLOAT32: ((float *)y)[i] = (float)(a[i].real * scale); break;
        case SL_INT32: ((int32_t *)y)[i] = (int32_t)(uint64_t)a[i].integer; break;
        case SL_INT64: ((int64_t *)y)[i] = a[i].integer; break;
        case SL_UINT8: ((uint8_t *)y)[i] = (uint8_t)a[i].integer; break;
        }
    }
}

#define ARG_REDUCE(type)                                                                     \
    static void arg_##type(                                                                  \
        bool largest, const type *x, size_t outer, size_t count, size_t inner, int32_t *y) { \
        for (size_t o = 0; o < outer; o++, x += count * inner, y += inner) {                 \
            for (size_t i = 0; i < inner; i++) y[i] = 0;                                     \
            for (size_t n = 1; n < count; n++) {                                             \
                for (size_t i = 0; i < inner; i++) {                                         \
                    const type best = x[(size_t)y[i] * inner + i], now = x[n * inner + i];   \
                    const bool better = largest ? now > best : now < best;                   \
                    if (better || (now != now && best == best)) y[i] = (int32_t)n;           \
                }                                                                            \
            }                                                                                \
        }                                                                                    \
    }

ARG_REDUCE(float)
ARG_REDUCE(int32_t)
ARG_REDUCE(int64_t)
ARG_REDUCE(uint8_t)

void sl_arg_reduce(
    bool largest, sl_type type, const void *x, size_t outer, size_t count, size_t inner,
    int32_t *y) {
    switch (type) {
    case SL_FLOAT32: arg_float(largest, x, outer, count, inner, y); break;
    case SL_INT32: arg_int32_t(largest, x, outer, count, inner, y); break;
    case SL_INT64: arg_int64_t(largest, x, outer, count, inner, y); break;
    case SL_UINT8: arg_uint8_t(largest, x, outer, count, inner, y); break;
    }
}

void sl_sum_rows(const float *x, size_t count, size_t n, float *sums) {
    enum { BLOCK = 64 };
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t size = n - first < BLOCK ? n - first : BLOCK;
        double block[BLOCK] = {0};
        for (size_t row = 0; row < count; row++)
            for (size_t i = 0; i < size; i++) block[i] += x[row * n + first + i];
        for (size_t i = 0; i < size; i++) sums[first + i] = (float)block[i];
    }
}
