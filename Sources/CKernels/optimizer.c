#include "optimizer_kernels.h"

static const sl_optimizer_kernels *kernels_for(sl_cpu level) {
    switch (level == SL_CPU_ACTIVE ? sl_cpu_active() : level) {
#if defined(__x86_64__)
    case SL_CPU_AVX2: return &sl_optimizer_avx2;
    case SL_CPU_AVX512: return &sl_optimizer_avx512;
#endif
    default: return &sl_optimizer_baseline;
    }
}

#define SL_STEP(name)                                                        \
    void sl_step_##name(const sl_update *update, const sl_##name *rule) {    \
        kernels_for(update->cpu)->name(update, rule);                        \
    }

SL_STEP(sgd)
SL_STEP(rmsprop)
SL_STEP(adam)
SL_STEP(nadam)
SL_STEP(adamax)
SL_STEP(adagrad)
SL_STEP(adadelta)
SL_STEP(ftrl)
SL_STEP(lion)
SL_STEP(schedule_free)

void sl_blend(sl_cpu cpu, size_t count, float a, const float *x, float b, float *y) {
    kernels_for(cpu)->blend(count, a, x, b, y);
}

double sl_sum_of_squares(sl_cpu cpu, size_t count, const float *x) {
    return kernels_for(cpu)->sum_of_squares(count, x);
}
