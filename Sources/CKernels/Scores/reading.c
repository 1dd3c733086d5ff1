#include "scores.h"
#include <math.h>

#define FOR_EACH_TYPE(DO)                                                                          \
    switch (type) {                                                                                \
    case SL_SCORE_I8: DO(int8_t)                                                             \
    case SL_SCORE_I16: DO(int16_t)                                                           \
    case SL_SCORE_I32: DO(int32_t)                                                           \
    case SL_SCORE_I64: DO(int64_t)                                                           \
    case SL_SCORE_U8: DO(uint8_t)                                                            \
    case SL_SCORE_U16: DO(uint16_t)                                                          \
    case SL_SCORE_U32: DO(uint32_t)                                                          \
    case SL_SCORE_U64: DO(uint64_t)                                                          \
    case SL_SCORE_F32: DO(float)                                                             \
    case SL_SCORE_F64: DO(double)                                                            \
    }

double sl_score_value(const void *source, int type, size_t index) {
#define VALUE(T) return (double)((const T *)source)[index];
    FOR_EACH_TYPE(VALUE)
    return 0;
}

size_t sl_score_read_labels(const void *source, int type, size_t count, int32_t largest,
                            int32_t *labels) {
// A float passes only if it is whole; NaN fails the range test.
#define LABELS(T)                                                                                  \
    {                                                                                              \
        const T *values = source;                                                                  \
        for (size_t i = 0; i < count; i++) {                                                       \
            T value = values[i];                                                                   \
            if (!(value >= 0 && value <= (T)largest)) return i;                                    \
            int32_t label = (int32_t)value;                                                        \
            if ((T)label != value) return i;                                                       \
            labels[i] = label;                                                                     \
        }                                                                                          \
        return count;                                                                              \
    }
// A narrow type cannot exceed a limit that it cannot hold.
#define SMALL_LABELS(T, MAX)                                                                       \
    {                                                                                              \
        const T *values = source;                                                                  \
        int32_t limit = largest < MAX ? largest : MAX;                                             \
        for (size_t i = 0; i < count; i++) {                                                       \
            int32_t label = values[i];                                                             \
            if (label < 0 || label > limit) return i;                                              \
            labels[i] = label;                                                                     \
        }                                                                                          \
        return count;                                                                              \
    }
    switch (type) {
    case SL_SCORE_I8: SMALL_LABELS(int8_t, INT8_MAX)
    case SL_SCORE_U8: SMALL_LABELS(uint8_t, UINT8_MAX)
    case SL_SCORE_I16: SMALL_LABELS(int16_t, INT16_MAX)
    case SL_SCORE_U16: SMALL_LABELS(uint16_t, UINT16_MAX)
    case SL_SCORE_I32: LABELS(int32_t)
    case SL_SCORE_U32: LABELS(uint32_t)
    case SL_SCORE_I64: LABELS(int64_t)
    case SL_SCORE_U64: LABELS(uint64_t)
    case SL_SCORE_F32: LABELS(float)
    case SL_SCORE_F64: LABELS(double)
    }
    return 0;
}

size_t sl_score_read_flags(const void *source, int type, size_t count, uint8_t *flags) {
#define FLAGS(T)                                                                                   \
    {                                                                                              \
        const T *values = source;                                                                  \
        for (size_t i = 0; i < count; i++) {                                                       \
            if (values[i] != 0 && values[i] != 1) return i;                                        \
            flags[i] = values[i] == 1;                                                             \
        }                                                                                          \
        return count;                                                                              \
    }
    FOR_EACH_TYPE(FLAGS)
    return 0;
}

size_t sl_score_read_one_hot(const uint8_t *flags, size_t rows, size_t columns, int32_t *labels) {
    for (size_t row = 0; row < rows; row++) {
        const uint8_t *flag = flags + row * columns;
        size_t ones = 0, hot = 0;
        for (size_t column = 0; column < columns; column++) {
            if (flag[column]) {
                ones++;
                hot = column;
            }
        }
        if (ones != 1) return row;
        labels[row] = (int32_t)hot;
    }
    return rows;
}

size_t sl_score_read_doubles(const void *source, int type, size_t first, size_t stride,
                             size_t count, double *doubles) {
#define DOUBLES(T)                                                                                 \
    {                                                                                              \
        const T *values = (const T *)source + first;                                               \
        for (size_t i = 0; i < count; i++) doubles[i] = (double)values[i * stride];                \
        break;                                                                                     \
    }
    FOR_EACH_TYPE(DOUBLES)
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(doubles[i])) return i;
    }
    return count;
}
