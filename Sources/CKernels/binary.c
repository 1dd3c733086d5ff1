#include "binary.h"

#include "broadcast_rows.h"
#include "lanes.h"

typedef struct operands {
    const void *a, *b, *c;
    void *y;
    void (*floats)(const float *, size_t, const float *, size_t, float *, size_t);
} operands;

static void float_row(
    const void *context, const size_t *starts, const size_t *steps, size_t position, size_t n) {
    const operands *o = context;
    o->floats(
        (const float *)o->a + starts[0], steps[0], (const float *)o->b + starts[1], steps[1],
        (float *)o->y + position, n);
}

/// Where one operand is a short row that repeats along the result, several repetitions of it stand
/// in for it, so that vectors are full; false if the operands lie otherwise.
static bool apply_repeated(
    const sl_broadcast *walk, const operands *o, size_t begin, size_t end) {
    enum { LONGEST = 128, COPY = 512 };
    const size_t n = walk->extents[0];
    if (walk->rank != 2 || n > LONGEST) return false;
    bool repeats[2], goes_on[2];
    for (int k = 0; k < 2; k++) {
        repeats[k] = walk->strides[k][0] == 1 && walk->strides[k][1] == 0;
        goes_on[k] = walk->strides[k][0] == 1 && walk->strides[k][1] == n;
    }
    if (!(goes_on[0] && repeats[1]) && !(repeats[0] && goes_on[1])) return false;
    float copy[COPY];
    const float *a = o->a, *b = o->b, *row = repeats[0] ? a : b;
    const size_t length = COPY / n * n;
    for (size_t i = 0, at = begin % n; i < length; i++) {
        copy[i] = row[at];
        if (++at == n) at = 0;
    }
    for (size_t count; begin < end; begin += count) {
        count = end - begin < length ? end - begin : length;
        float *y = (float *)o->y + begin;
        o->floats(repeats[0] ? copy : a + begin, 1, repeats[1] ? copy : b + begin, 1, y, count);
    }
    return true;
}

/// A row function over plain loops: one for two rows, two where an operand is one number.
#define PLAIN_ROW(name, operand, result, value)                                          \
    static void name(                                                                    \
        const void *context, const size_t *starts, const size_t *steps, size_t position, \
        size_t n) {                                                                      \
        const operands *o = context;                                                     \
        const operand *p = (const operand *)o->a + starts[0];                            \
        const operand *q = (const operand *)o->b + starts[1];                            \
        result *y = (result *)o->y + position;                                           \
        if (steps[0] && steps[1]) {                                                      \
            for (size_t i = 0; i < n; i++) {                                             \
                const operand a = p[i], b = q[i];                                        \
                y[i] = (result)(value);                                                  \
            }                                                                            \
        } else if (steps[0]) {                                                           \
            const operand b = *q;                                                        \
            for (size_t i = 0; i < n; i++) {                                             \
                const operand a = p[i];                                                  \
                y[i] = (result)(value);                                                  \
            }                                                                            \
        } else {                                                                         \
            const operand a = *p;                                                        \
            for (size_t i = 0; i < n; i++) {                                             \
                const operand b = q[i];                                                  \
                y[i] = (result)(value);                                                  \
            }                                                                            \
        }                                                                                \
    }

#define FLOOR_INTEGER(type)                                  \
    static type type##_floor_divide(type a, type b) {        \
        if (b == 0) return 0;                                \
        if (b == (type)-1) return (type)(0 - (uint64_t)a);   \
        const type q = a / b;                                \
        return q - (type)(a % b != 0 && (a < 0) != (b < 0)); \
    }                                                        \
    static type type##_floor_mod(type a, type b) {           \
        if (b == 0 || b == (type)-1) return 0;               \
        const type r = a % b;                                \
        return r != 0 && (r < 0) != (b < 0) ? r + b : r;     \
    }

FLOOR_INTEGER(int32_t)
FLOOR_INTEGER(int64_t)

static uint8_t uint8_t_floor_divide(uint8_t a, uint8_t b) { return b ? a / b : 0; }
static uint8_t uint8_t_floor_mod(uint8_t a, uint8_t b) { return b ? a % b : 0; }

// Through uint64_t, where wrapping around is defined.
#define INTEGER_ROWS(type)                                                    \
    PLAIN_ROW(type##_add, type, type, (uint64_t)a + (uint64_t)b)              \
    PLAIN_ROW(type##_subtract, type, type, (uint64_t)a - (uint64_t)b)         \
    PLAIN_ROW(type##_multiply, type, type, (uint64_t)a * (uint64_t)b)         \
    PLAIN_ROW(type##_maximum, type, type, a > b ? a : b)                      \
    PLAIN_ROW(type##_minimum, type, type, a < b ? a : b)                      \
    PLAIN_ROW(                                                                \
        type##_squared_difference, type, type,                                \
        ((uint64_t)a - (uint64_t)b) * ((uint64_t)a - (uint64_t)b))            \
    PLAIN_ROW(type##_floor_divide_row, type, type, type##_floor_divide(a, b)) \
    PLAIN_ROW(type##_floor_mod_row, type, type, type##_floor_mod(a, b))       \
    static const sl_row type##_rows[SL_BINARY_COUNT] = {                      \
        [SL_BINARY_ADD] = type##_add,                                         \
        [SL_BINARY_SUBTRACT] = type##_subtract,                               \
        [SL_BINARY_MULTIPLY] = type##_multiply,                               \
        [SL_BINARY_MAXIMUM] = type##_maximum,                                 \
        [SL_BINARY_MINIMUM] = type##_minimum,                                 \
        [SL_BINARY_SQUARED_DIFFERENCE] = type##_squared_difference,           \
        [SL_BINARY_FLOOR_DIVIDE] = type##_floor_divide_row,                   \
        [SL_BINARY_FLOOR_MOD] = type##_floor_mod_row,                         \
    };

INTEGER_ROWS(int32_t)
INTEGER_ROWS(int64_t)
INTEGER_ROWS(uint8_t)

void sl_binary_apply(
    enum sl_binary code, sl_type type, const sl_broadcast *walk, const void *a, const void *b,
    void *y, size_t begin, size_t end) {
    const operands o = {a, b, 0, y, sl_lanes_active()->binary[code]};
    sl_row row = float_row;
    switch (type) {
    case SL_FLOAT32:
        if (apply_repeated(walk, &o, begin, end)) return;
        break;
    case SL_INT32: row = int32_t_rows[code]; break;
    case SL_INT64: row = int64_t_rows[code]; break;
    case SL_UINT8: row = uint8_t_rows[code]; break;
    }
    if (row) sl_broadcast_rows(walk, begin, end, row, &o);
}

#define COMPARE_ROWS(type)                                 \
    PLAIN_ROW(type##_equal, type, uint8_t, a == b)         \
    PLAIN_ROW(type##_not_equal, type, uint8_t, a != b)     \
    PLAIN_ROW(type##_less, type, uint8_t, a < b)           \
    PLAIN_ROW(type##_less_equal, type, uint8_t, a <= b)    \
    PLAIN_ROW(type##_greater, type, uint8_t, a > b)        \
    PLAIN_ROW(type##_greater_equal, type, uint8_t, a >= b) \
    static const sl_row type##_compare[] = {               \
        [SL_COMPARE_EQUAL] = type##_equal,                 \
        [SL_COMPARE_NOT_EQUAL] = type##_not_equal,         \
        [SL_COMPARE_LESS] = type##_less,                   \
        [SL_COMPARE_LESS_EQUAL] = type##_less_equal,       \
        [SL_COMPARE_GREATER] = type##_greater,             \
        [SL_COMPARE_GREATER_EQUAL] = type##_greater_equal, \
    };

COMPARE_ROWS(float)
COMPARE_ROWS(int32_t)
COMPARE_ROWS(int64_t)
COMPARE_ROWS(uint8_t)

void sl_compare_apply(
    enum sl_compare code, sl_type type, const sl_broadcast *walk, const void *a, const void *b,
    uint8_t *y, size_t begin, size_t end) {
    const operands o = {a, b, 0, y, 0};
    sl_row row = float_compare[code];
    switch (type) {
    case SL_FLOAT32: break;
    case SL_INT32: row = int32_t_compare[code]; break;
    case SL_INT64: row = int64_t_compare[code]; break;
    case SL_UINT8: row = uint8_t_compare[code]; break;
    }
    sl_broadcast_rows(walk, begin, end, row, &o);
}

PLAIN_ROW(logical_and, uint8_t, uint8_t, (a != 0) & (b != 0))
PLAIN_ROW(logical_or, uint8_t, uint8_t, (a != 0) | (b != 0))
PLAIN_ROW(logical_xor, uint8_t, uint8_t, (a != 0) ^ (b != 0))

void sl_logical_apply(
    enum sl_logical code, const sl_broadcast *walk, const uint8_t *a, const uint8_t *b, uint8_t *y,
    size_t begin, size_t end) {
    static const sl_row rows[] = {logical_and, logical_or, logical_xor};
    const operands o = {a, b, 0, y, 0};
    sl_broadcast_rows(walk, begin, end, rows[code], &o);
}

#define SELECT_ROW(name, type)                                                               \
    static void name(                                                                        \
        const void *context, const size_t *starts, const size_t *steps, size_t position,     \
        size_t n) {                                                                          \
        const operands *o = context;                                                         \
        const uint8_t *condition = (const uint8_t *)o->a + starts[0];                        \
        const type *a = (const type *)o->b + starts[1], *b = (const type *)o->c + starts[2]; \
        type *y = (type *)o->y + position;                                                   \
        if (steps[0] && steps[1] && steps[2]) {                                              \
            for (size_t i = 0; i < n; i++) y[i] = condition[i] ? a[i] : b[i];                \
        } else {                                                                             \
            for (size_t i = 0; i < n; i++)                                                   \
                y[i] = condition[i * steps[0]] ? a[i * steps[1]] : b[i * steps[2]];          \
        }                                                                                    \
    }

SELECT_ROW(select_1, uint8_t)
SELECT_ROW(select_2, uint16_t)
SELECT_ROW(select_4, uint32_t)
SELECT_ROW(select_8, uint64_t)

void sl_select_apply(
    size_t element_size, const sl_broadcast *walk, const uint8_t *condition, const void *a,
    const void *b, void *y, size_t begin, size_t end) {
    const operands o = {condition, a, b, y, 0};
    const sl_row row = element_size == 1   ? select_1
                       : element_size == 2 ? select_2
                       : element_size == 4 ? select_4
                                           : select_8;
    sl_broadcast_rows(walk, begin, end, row, &o);
}
