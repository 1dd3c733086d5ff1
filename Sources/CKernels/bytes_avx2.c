#include "byte_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define SL_WIDTH 8
#define SL_FMA 1
#define SL_NAME(name) name##_avx2
#define BYTE_NAME "avx2"
#define BYTE_DOTS 0

#include "simd.h"
#include "vector_math.inc"
#include "bytes.inc"

#pragma clang attribute pop
#endif
