#include "include/recurrence.h"

#include <string.h>

#include "recurrence_kernels.h"

static const sl_recurrence_kernels *kernels_for(enum sl_cpu level) {
    switch (level == SL_CPU_ACTIVE ? sl_cpu_active() : level) {
#if defined(__x86_64__)
    case SL_CPU_AVX2: return &sl_recurrence_avx2;
    case SL_CPU_AVX512: return &sl_recurrence_avx512;
#endif
    default: return &sl_recurrence_baseline;
    }
}

size_t sl_cell_gates(enum sl_cell cell) {
    return cell == SL_CELL_SIMPLE ? 1 : cell == SL_CELL_LSTM ? 4 : 3;
}

size_t sl_cell_traced(enum sl_cell cell) {
    return cell == SL_CELL_GRU ? 4 : sl_cell_gates(cell);
}

size_t sl_recurrence_rounds(enum sl_cell cell) { return cell == SL_CELL_GRU_RESET_BEFORE ? 2 : 1; }

size_t sl_recurrence_blocks(enum sl_cpu cpu, size_t units) {
    const size_t width = kernels_for(cpu)->width;
    return (units + width - 1) / width;
}

size_t sl_recurrence_packed_count(enum sl_cpu cpu, size_t gates, size_t units) {
    return sl_recurrence_blocks(cpu, units) * kernels_for(cpu)->width * units * gates;
}

void sl_recurrence_pack(
    enum sl_cpu cpu, const float *matrix, size_t gates, size_t units, sl_storage storage,
    float *packed) {
    const size_t width = kernels_for(cpu)->width, bytes = width * sl_storage_size(storage);
    char *d = (char *)packed;
    for (size_t unit = 0; unit < units; unit += width) {
        const size_t count = units - unit < width ? units - unit : width;
        for (size_t k = 0; k < units; k++) {
            const float *row = matrix + k * gates * units + unit;
            for (size_t gate = 0; gate < gates; gate++, row += units, d += bytes) {
                memset(d, 0, bytes);
                sl_narrow(storage, row, d, count);
            }
        }
    }
}

void sl_recurrence_run(
    const sl_recurrence *s, size_t number, size_t round, size_t row, size_t row_end, size_t block,
    size_t block_end) {
    const sl_recurrence_kernels *kernels = kernels_for(s->cpu);
    sl_recurrence_round *run = NULL;
    switch (s->cell) {
    case SL_CELL_SIMPLE: run = kernels->simple; break;
    case SL_CELL_LSTM: run = kernels->lstm; break;
    case SL_CELL_GRU: run = kernels->gru; break;
    case SL_CELL_GRU_RESET_BEFORE:
        run = round == 0 ? kernels->gru_gates : kernels->gru_candidate;
        break;
    }
    run(s, number, row, row_end, block, block_end);
}

void sl_recurrence_step_back(
    const sl_recurrence_gradient *g, size_t number, size_t row, size_t row_end) {
    kernels_for(g->cpu)->gradient(g, number, row, row_end);
}
