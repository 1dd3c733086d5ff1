/* The optimizers' loops, one set per instruction set. */
#ifndef SWIFTLET_OPTIMIZER_KERNELS_H
#define SWIFTLET_OPTIMIZER_KERNELS_H

#include "optimizer.h"

typedef struct sl_optimizer_kernels {
    void (*sgd)(const sl_update *update, const sl_sgd *rule);
    void (*rmsprop)(const sl_update *update, const sl_rmsprop *rule);
    void (*adam)(const sl_update *update, const sl_adam *rule);
    void (*nadam)(const sl_update *update, const sl_nadam *rule);
    void (*adamax)(const sl_update *update, const sl_adamax *rule);
    void (*adagrad)(const sl_update *update, const sl_adagrad *rule);
    void (*adadelta)(const sl_update *update, const sl_adadelta *rule);
    void (*ftrl)(const sl_update *update, const sl_ftrl *rule);
    void (*lion)(const sl_update *update, const sl_lion *rule);
    void (*schedule_free)(const sl_update *update, const sl_schedule_free *rule);
    void (*blend)(size_t count, float a, const float *x, float b, float *y);
    double (*sum_of_squares)(size_t count, const float *x);
} sl_optimizer_kernels;

extern const sl_optimizer_kernels sl_optimizer_baseline;
#if defined(__x86_64__)
extern const sl_optimizer_kernels sl_optimizer_avx2, sl_optimizer_avx512;
#endif

#endif
