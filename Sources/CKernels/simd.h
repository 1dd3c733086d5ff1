/* Vectors of SL_WIDTH floats, for sources that are compiled once per instruction set.
 *
 * A source file per instruction set (…_baseline.c, …_avx2.c, …_avx512.c) defines SL_WIDTH, SL_FMA
 * (whether a multiply-add is one instruction) and SL_NAME(name) (name with the set's suffix), sets
 * the target by `#pragma clang attribute push`, and includes the loops. The vectors are the
 * compiler's own, so one source serves every instruction set. */
#ifndef SWIFTLET_SIMD_H
#define SWIFTLET_SIMD_H

#include <stddef.h>
#include <stdint.h>

#define SL_INLINE static inline __attribute__((always_inline))
#define SL_UNROLL _Pragma("clang loop unroll(full)")

typedef float sl_vector __attribute__((ext_vector_type(SL_WIDTH)));
typedef int32_t sl_mask __attribute__((ext_vector_type(SL_WIDTH)));
/* The same vector at any float's address. */
typedef float sl_unaligned __attribute__((ext_vector_type(SL_WIDTH), aligned(4), may_alias));

SL_INLINE sl_vector sl_load(const float *p) { return *(const sl_unaligned *)p; }
SL_INLINE void sl_store(float *p, sl_vector v) { *(sl_unaligned *)p = v; }
SL_INLINE sl_vector sl_splat(float x) { return (sl_vector)x; }

SL_INLINE sl_vector sl_multiply_add(sl_vector a, sl_vector b, sl_vector c) {
#if SL_FMA
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}

SL_INLINE sl_vector sl_select(sl_mask mask, sl_vector yes, sl_vector no) {
    return (sl_vector)((mask & (sl_mask)yes) | (~mask & (sl_mask)no));
}

/* NaN stays NaN. */
SL_INLINE sl_vector sl_clip(sl_vector v, sl_vector low, sl_vector high) {
    v = sl_select(v < low, low, v);
    return sl_select(v > high, high, v);
}

#endif
