#include "integers.h"

#include "broadcast_rows.h"

typedef struct operands {
    const void *a, *b;
    void *y;
} operands;

static uint64_t gcd(uint64_t a, uint64_t b) {
    while (b) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t magnitude(int64_t x) { return x < 0 ? 0 - (uint64_t)x : (uint64_t)x; }

// Whole numbers travel as int64_t, sign included; a result is cut to its type.
static int64_t value(enum sl_integers code, int64_t a, int64_t b, int width) {
    switch (code) {
        case SL_BITWISE_AND: return a & b;
        case SL_BITWISE_OR: return a | b;
        case SL_BITWISE_XOR: return a ^ b;
        case SL_LEFT_SHIFT: return b < 0 || b >= width ? 0 : (int64_t)((uint64_t)a << b);
        case SL_RIGHT_SHIFT: return a >> (b < 0 || b >= width ? width - 1 : b);
        case SL_GCD: return (int64_t)gcd(magnitude(a), magnitude(b));
    }
    return 0;
}

#define INTEGER_ROW(name, type, code)                                                    \
    static void name(                                                                    \
        const void *context, const size_t *starts, const size_t *steps, size_t position, \
        size_t n) {                                                                      \
        const operands *o = context;                                                     \
        const type *a = (const type *)o->a + starts[0];                                  \
        const type *b = (const type *)o->b + starts[1];                                  \
        type *y = (type *)o->y + position;                                               \
        for (size_t i = 0; i < n; i++)                                                   \
            y[i] = (type)value(code, a[i * steps[0]], b[i * steps[1]], 8 * sizeof(type)); \
    }

#define INTEGER_ROWS(type)                              \
    INTEGER_ROW(type##_and, type, SL_BITWISE_AND)       \
    INTEGER_ROW(type##_or, type, SL_BITWISE_OR)         \
    INTEGER_ROW(type##_xor, type, SL_BITWISE_XOR)       \
    INTEGER_ROW(type##_left, type, SL_LEFT_SHIFT)       \
    INTEGER_ROW(type##_right, type, SL_RIGHT_SHIFT)     \
    INTEGER_ROW(type##_gcd, type, SL_GCD)               \
    static const sl_row type##_rows[] = {               \
        [SL_BITWISE_AND] = type##_and,                  \
        [SL_BITWISE_OR] = type##_or,                    \
        [SL_BITWISE_XOR] = type##_xor,                  \
        [SL_LEFT_SHIFT] = type##_left,                  \
        [SL_RIGHT_SHIFT] = type##_right,                \
        [SL_GCD] = type##_gcd,                          \
    };

INTEGER_ROWS(int32_t)
INTEGER_ROWS(int64_t)
INTEGER_ROWS(uint8_t)

void sl_integers_apply(
    enum sl_integers code, sl_type type, const sl_broadcast *walk, const void *a, const void *b,
    void *y, size_t begin, size_t end) {
    const operands o = {a, b, y};
    sl_row row = 0;
    switch (type) {
    case SL_FLOAT32: break;
    case SL_INT32: row = int32_t_rows[code]; break;
    case SL_INT64: row = int64_t_rows[code]; break;
    case SL_UINT8: row = uint8_t_rows[code]; break;
    }
    if (row) sl_broadcast_rows(walk, begin, end, row, &o);
}
