#include <stddef.h>

/* Times `body(argument)`: the best of several runs, in seconds of this thread's CPU time. */
double best_time(void (*body)(void *), void *argument);

/* Floats at a 64-byte boundary, filled with small numbers. */
float *numbers(size_t count);

/* One line of the table. */
void print_row(const char *name, double flops, double seconds);

void bench_attention(void);
void bench_matmul(void);
void bench_skinny(void);
void bench_convolution(void);
void bench_winograd(void);
void bench_gradient(void);
void bench_elementwise(void);
void bench_weights(void);
