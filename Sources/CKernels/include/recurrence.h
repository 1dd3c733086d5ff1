#ifndef SWIFTLET_RECURRENCE_H
#define SWIFTLET_RECURRENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "storage.h"
#include "unary.h"

/// Recurrent cells with their gates in the order of Keras; h is the state, x a step's input, already
/// multiplied by its kernel, R the recurrent kernel, f the recurrent activation and g the other.
enum sl_cell {
    /// h ← g(x + h·R).
    SL_CELL_SIMPLE,
    /// i, f, candidate, o ← x + h·R; c ← f(f) c + f(i) g(candidate); h ← f(o) g(c).
    SL_CELL_LSTM,
    /// z, r, p ← h·R + bias; h ← z h + (1 − z) g(x + r p), with f(x + …) for z and r.
    SL_CELL_GRU,
    /// The same with p ← (r h)·R₂; R has the columns of z and r only.
    SL_CELL_GRU_RESET_BEFORE,
};

/// What back-propagation needs of every step, each [batch, steps, …]; null where it is not kept.
typedef struct sl_recurrence_trace {
    float *before;  ///< the state before the step, [units]
    float *gates;   ///< the gates after their functions, [sl_cell_traced · units]; of a GRU then p
    float *cells;   ///< c after the step, [units], of an LSTM
} sl_recurrence_trace;

typedef struct sl_recurrence {
    enum sl_cell cell;
    /// SL_UNARY_COUNT stands for the identity.
    enum sl_unary activation, recurrent_activation;
    const float *activation_parameters, *recurrent_parameters;
    size_t batch, steps, units;
    bool is_reversed, zeros_masked;
    const float *x;        ///< [batch, steps, gates · units]
    const float *weights;  ///< R as sl_recurrence_pack left it
    const float *second;   ///< R₂ likewise
    sl_storage storage;    ///< what both are held in
    const float *bias;     ///< [gates · units], or null
    const uint8_t *mask;   ///< [batch, steps]: 0 keeps the states; or null
    float *h;              ///< [batch, units], changed with every second step
    float *spare;          ///< [batch, units], the state after the other steps
    float *c;              ///< [batch, units] of an LSTM
    float *reset;          ///< [2, batch, units]: room for r h and z of SL_CELL_GRU_RESET_BEFORE
    float *last;           ///< [batch, units]: the output so far, kept only with a mask
    float *outputs;        ///< [batch, steps, units], or null
    sl_recurrence_trace trace;
    enum sl_cpu cpu;
} sl_recurrence;

/// Back-propagation through time. The carried derivatives are with respect to the last states at
/// first, and in the end with respect to the first.
typedef struct sl_recurrence_gradient {
    enum sl_cell cell;  ///< not SL_CELL_GRU_RESET_BEFORE
    /// Functions whose slope follows from their value: tanh, sigmoid, ReLU, hard sigmoids, identity.
    enum sl_unary activation, recurrent_activation;
    const float *activation_parameters;
    size_t batch, steps, units;
    bool is_reversed, zeros_masked;
    const uint8_t *mask;
    sl_recurrence_trace trace;
    const float *first_c;  ///< [batch, units] of an LSTM
    const float *outputs;  ///< with respect to the outputs, or null
    float *h, *c, *last;   ///< carried, [batch, units]
    float *x;              ///< with respect to x
    float *product;        ///< with respect to h·R (+ bias), of x's shape; x itself but for a GRU
    enum sl_cpu cpu;
} sl_recurrence_gradient;

/// Products of x with its kernel that a step reads.
size_t sl_cell_gates(enum sl_cell cell);

/// Numbers that a step leaves per unit in sl_recurrence_trace.gates.
size_t sl_cell_traced(enum sl_cell cell);

/// Blocks that a step's units are divided into.
size_t sl_recurrence_blocks(enum sl_cpu cpu, size_t units);

/// Numbers of a packed matrix [units, gates · units].
size_t sl_recurrence_packed_count(enum sl_cpu cpu, size_t gates, size_t units);

/// Packs a matrix [units, gates · units]; see sl_recurrence_packed_count.
void sl_recurrence_pack(
    enum sl_cpu cpu, const float *matrix, size_t gates, size_t units, sl_storage storage,
    float *packed);

/// Rounds of a step: blocks of one may be computed in any order, rounds must follow each other.
size_t sl_recurrence_rounds(enum sl_cell cell);

/// One round of step `number` (counted in the order in which steps are taken) for some rows and
/// blocks.
void sl_recurrence_run(
    const sl_recurrence *s, size_t number, size_t round, size_t row, size_t row_end, size_t block,
    size_t block_end);

/// Goes back over step `number` for some rows; the caller then adds `product`·Rᵀ of that step to h.
void sl_recurrence_step_back(
    const sl_recurrence_gradient *g, size_t number, size_t row, size_t row_end);

#endif
