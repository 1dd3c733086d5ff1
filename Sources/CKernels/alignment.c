#include "alignment.h"

#include <math.h>

/* States: 0 is the start, k the label k (from 1), k + most_labels + 1 the blank after label k. */
static size_t state_count(size_t most_labels) { return 2 * (most_labels + 1); }

size_t sl_ctc_scratch(size_t steps, size_t most_labels) {
    return steps * (state_count(most_labels) + 1) + 3 * state_count(most_labels);
}

static double add_logs(double a, double b) {
    if (a < b) {
        double c = a;
        a = b;
        b = c;
    }
    return b == -INFINITY ? a : a + log1p(exp(b - a));
}

static double log_norm(const float *x, size_t count) {
    float largest = x[0];
    for (size_t i = 1; i < count; i++) largest = fmaxf(largest, x[i]);
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += exp((double)x[i] - largest);
    return largest + log(sum);
}

/* The log probability of each state's own class at one step. */
static void observe(const float *row, double norm, const size_t *labels, size_t most,
                    double *seen) {
    seen[0] = -INFINITY;
    for (size_t k = 1; k <= most; k++) seen[k] = row[labels[k - 1]] - norm;
    for (size_t k = 0; k <= most; k++) seen[most + 1 + k] = row[0] - norm;
}

/* Whether label k may follow label k − 1 without a blank. */
static int follows(const size_t *labels, size_t k) {
    return k >= 2 && labels[k - 1] != labels[k - 2];
}

static void forward(const double *from, double *to, const double *seen, const size_t *labels,
                    size_t most) {
    const double *blank = from + most + 1;
    to[0] = -INFINITY;
    for (size_t k = 1; k <= most; k++) {
        double sum = add_logs(from[k], blank[k - 1]);
        if (k == 1) sum = add_logs(sum, from[0]);
        if (follows(labels, k)) sum = add_logs(sum, from[k - 1]);
        to[k] = sum + seen[k];
    }
    for (size_t k = 0; k <= most; k++)
        to[most + 1 + k] = add_logs(blank[k], from[k]) + seen[most + 1 + k];
}

/* `after` holds what the next step sees added to what follows it. */
static void backward(const double *after, double *to, const size_t *labels, size_t most) {
    const double *blank = after + most + 1;
    for (size_t k = 0; k <= most; k++) {
        double sum = blank[k];
        if (k > 0) sum = add_logs(sum, after[k]);
        if (k == 0 && most > 0) sum = add_logs(sum, after[1]);
        if (k < most && follows(labels, k + 1)) sum = add_logs(sum, after[k + 1]);
        to[k] = sum;
        double rest = blank[k];
        if (k < most) rest = add_logs(rest, after[k + 1]);
        to[most + 1 + k] = rest;
    }
}

/* Softmax less the shares of the classes in all paths. */
static void differentiate(const float *row, double norm, const double *ahead, const double *behind,
                          const size_t *labels, size_t most, size_t classes, float *gradient) {
    size_t states = state_count(most);
    double total = -INFINITY;
    for (size_t s = 0; s < states; s++) total = add_logs(total, ahead[s] + behind[s]);
    for (size_t c = 0; c < classes; c++) gradient[c] = (float)exp(row[c] - norm);
    for (size_t s = 1; s < states; s++) {
        size_t label = s <= most ? labels[s - 1] : 0;
        if (s <= most && label == 0) continue;
        gradient[label] -= (float)exp(ahead[s] + behind[s] - total);
    }
}

float sl_ctc(const float *logits, const size_t *labels, size_t steps, size_t classes,
             size_t label_count, size_t most, double *scratch, float *gradient) {
    const double nothing = log(1e-307);
    size_t states = state_count(most);
    double *ahead = scratch, *norms = ahead + steps * states, *seen = norms + steps;
    double *behind = seen + states, *after = behind + states;
    for (size_t s = 0; s < states; s++) after[s] = s == 0 ? 0 : nothing;
    for (size_t t = 0; t < steps; t++) {
        const float *row = logits + t * classes;
        norms[t] = log_norm(row, classes);
        observe(row, norms[t], labels, most, seen);
        forward(t == 0 ? after : ahead + (t - 1) * states, ahead + t * states, seen, labels, most);
    }
    for (size_t s = 0; s < states; s++)
        behind[s] = s == label_count || s == label_count + most + 1 ? 0 : nothing;
    for (size_t t = steps; t-- > 0;) {
        const float *row = logits + t * classes;
        differentiate(row, norms[t], ahead + t * states, behind, labels, most, classes,
                      gradient + t * classes);
        observe(row, norms[t], labels, most, seen);
        for (size_t s = 0; s < states; s++) after[s] = behind[s] + seen[s];
        backward(after, behind, labels, most);
    }
    return (float)-behind[0];
}
