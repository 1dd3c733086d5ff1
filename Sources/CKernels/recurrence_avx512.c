#include "recurrence_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("f16c,avx512f,avx2,fma"))), apply_to = function)

#define SL_WIDTH 16
#define SL_FMA 1
#define SL_NAME(name) name##_avx512

#include "simd.h"

#include "recurrence.inc"

#pragma clang attribute pop
#endif
