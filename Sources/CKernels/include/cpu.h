/* The instruction sets the kernels are compiled for, and which of them runs here. */
#ifndef SWIFTLET_CPU_H
#define SWIFTLET_CPU_H

#include <stdbool.h>

/* Ordered: a level includes what lies below it. */
typedef enum sl_cpu {
    SL_CPU_ACTIVE = 0,   /* in an argument: the best level of this processor */
    SL_CPU_BASELINE = 1, /* SSE2 on x86-64, NEON on arm64 */
    SL_CPU_AVX2 = 2,     /* AVX2, FMA and F16C */
    SL_CPU_AVX512 = 3,   /* AVX-512F */
} sl_cpu;

/* The best level of this processor, lowered by the environment variable
 * SWIFTLET_CPU=baseline|avx2|avx512. Found once. */
sl_cpu sl_cpu_active(void);

/* The best level of this processor, whatever the environment says. */
sl_cpu sl_cpu_best(void);

/* Makes `level` the active one of the calling thread from now on, SL_CPU_ACTIVE the environment's
 * choice again; false if this processor lacks it. For tests, which run every kernel at every level
 * while other tests use the kernels too. */
bool sl_cpu_use(sl_cpu level);

/* "baseline", "avx2", "avx512". */
const char *sl_cpu_name(sl_cpu level);

/* Tells the processor that this thread waits for a word in memory to change. */
static inline void sl_cpu_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
