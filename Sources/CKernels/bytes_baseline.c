#include "byte_kernels.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define SL_WIDTH 4
#if defined(__aarch64__)
#define SL_FMA 1
#else
#define SL_FMA 0
#endif
#define SL_NAME(name) name##_baseline
#define BYTE_NAME "baseline"
#define BYTE_DOTS 0

#include "simd.h"
#include "vector_math.inc"
#include "bytes.inc"
