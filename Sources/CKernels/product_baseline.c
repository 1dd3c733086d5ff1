#include "product.h"

#define SL_WIDTH 4
#if defined(__aarch64__)
#define SL_FMA 1
#else
#define SL_FMA 0
#endif
#define SL_NAME(name) name##_baseline

#include "simd.h"
#include "vector_math.inc"
#include "product.inc"
