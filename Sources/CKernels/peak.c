#include "peak.h"

#include <time.h>

#include "product.h"

double sl_peak_flops(void) {
    enum { ITERATIONS = 1 << 17, RUNS = 20 };
    const sl_product_kernels *kernels = sl_product_kernels_for(SL_CPU_ACTIVE);
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        double operations = kernels->multiply_adds(ITERATIONS);
        clock_gettime(CLOCK_MONOTONIC, &end);
        double seconds = (double)(end.tv_sec - start.tv_sec) +
                         1e-9 * (double)(end.tv_nsec - start.tv_nsec);
        if (seconds > 0 && operations / seconds > best) best = operations / seconds;
    }
    return best;
}
