#include "lanes.h"

const sl_lanes *sl_lanes_active(void) {
    switch (sl_cpu_active()) {
#if defined(__x86_64__)
    case SL_CPU_AVX2: return &sl_lanes_avx2;
    case SL_CPU_AVX512: return &sl_lanes_avx512;
#endif
    default: return &sl_lanes_baseline;
    }
}
