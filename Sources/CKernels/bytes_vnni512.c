#include "byte_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512vnni"))), apply_to = function)

#define SL_WIDTH 16
#define SL_FMA 1
#define SL_NAME(name) name##_vnni512
#define BYTE_NAME "vnni 512"
#define BYTE_DOTS 1

#include "simd.h"
#include "vector_math.inc"
#include "bytes.inc"

#pragma clang attribute pop
#endif
