/* One step of an optimizer on a piece of one weight. */
#ifndef SWIFTLET_OPTIMIZER_H
#define SWIFTLET_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "cpu.h"

/* A piece of a weight, of its gradient and of the optimizer's slots for it. Before a rule sees
 * them, the gradient becomes clip(gradient · scale, ±limit) and the weight loses weight · decay. */
typedef struct sl_update {
    sl_cpu cpu;
    size_t count;
    float *weight;
    const float *gradient;
    const float *squares; /* what stands for the gradient's squares, or NULL for themselves */
    float *slot[3]; /* as many as the rule uses */
    float scale;
    float limit; /* INFINITY for none */
    float decay;
} sl_update;

/* slot 0: momentum, if there is any */
typedef struct sl_sgd {
    float rate, momentum;
    bool nesterov;
} sl_sgd;

/* slot 0: velocity; then momentum and average gradient as the options ask */
typedef struct sl_rmsprop {
    float rate, rho, momentum, epsilon;
    bool centered;
} sl_rmsprop;

/* slots: momentum, velocity, largest velocity (amsgrad). The rate includes the bias correction. */
typedef struct sl_adam {
    float rate, rest_1, rest_2; /* 1 − beta */
    float epsilon;
    bool amsgrad;
} sl_adam;

/* slots: momentum, velocity. The weight loses rate · (a · momentum + b · gradient) over
 * √(velocity · c) + epsilon. */
typedef struct sl_nadam {
    float rate, rest_1, rest_2, a, b, c, epsilon;
} sl_nadam;

/* slots: momentum, norm. Where `squares` is given, its root stands for the gradient's size. */
typedef struct sl_adamax {
    float rate, rest_1, beta_2, correction, epsilon;
    bool takes_roots;
} sl_adamax;

/* slot: accumulator */
typedef struct sl_adagrad {
    float rate, epsilon;
} sl_adagrad;

/* slots: accumulated gradient, accumulated change */
typedef struct sl_adadelta {
    float rate, rho, epsilon;
} sl_adadelta;

/* slots: accumulator, linear */
typedef struct sl_ftrl {
    float rate, power, l1, l2, shrinkage;
} sl_ftrl;

/* slot: momentum */
typedef struct sl_lion {
    float rate, beta_1, beta_2;
} sl_lion;

/* slots: momentum (the fast weights), velocity */
typedef struct sl_schedule_free {
    float rate, beta_1, rest_2, correction, epsilon, share;
} sl_schedule_free;

void sl_step_sgd(const sl_update *update, const sl_sgd *rule);
void sl_step_rmsprop(const sl_update *update, const sl_rmsprop *rule);
void sl_step_adam(const sl_update *update, const sl_adam *rule);
void sl_step_nadam(const sl_update *update, const sl_nadam *rule);
void sl_step_adamax(const sl_update *update, const sl_adamax *rule);
void sl_step_adagrad(const sl_update *update, const sl_adagrad *rule);
void sl_step_adadelta(const sl_update *update, const sl_adadelta *rule);
void sl_step_ftrl(const sl_update *update, const sl_ftrl *rule);
void sl_step_lion(const sl_update *update, const sl_lion *rule);
void sl_step_schedule_free(const sl_update *update, const sl_schedule_free *rule);

/* y = a · x + b · y */
void sl_blend(sl_cpu cpu, size_t count, float a, const float *x, float b, float *y);

/* Σ x² */
double sl_sum_of_squares(sl_cpu cpu, size_t count, const float *x);

#endif
