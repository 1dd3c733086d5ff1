#include "optimizer_kernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f"))), apply_to = function)

#define SL_WIDTH 16
#define SL_FMA 1
#define SL_NAME(name) name##_avx512

#include "simd.h"
#include "optimizer.inc"

#pragma clang attribute pop
#endif
