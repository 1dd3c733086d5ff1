#include "cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"active", "baseline", "avx2", "avx512"};

sl_cpu sl_cpu_best(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("f16c"))
        return __builtin_cpu_supports("avx512f") ? SL_CPU_AVX512 : SL_CPU_AVX2;
#endif
    return SL_CPU_BASELINE;
}

static _Atomic int found; /* 0 until known; racing threads find the same */
static _Thread_local int used; /* 0 if the thread made no choice of its own */

sl_cpu sl_cpu_active(void) {
    if (used != SL_CPU_ACTIVE) return (sl_cpu)used;
    int level = atomic_load_explicit(&found, memory_order_relaxed);
    if (level == SL_CPU_ACTIVE) {
        level = sl_cpu_best();
        const char *wanted = getenv("SWIFTLET_CPU");
        for (int lower = SL_CPU_BASELINE; wanted != NULL && lower < level; lower++)
            if (strcmp(wanted, names[lower]) == 0) level = lower;
        atomic_store_explicit(&found, level, memory_order_relaxed);
    }
    return (sl_cpu)level;
}

bool sl_cpu_use(sl_cpu level) {
    if (level > sl_cpu_best()) return false;
    used = (int)level;
    return true;
}

const char *sl_cpu_name(sl_cpu level) {
    return names[level == SL_CPU_ACTIVE ? sl_cpu_active() : level];
}
