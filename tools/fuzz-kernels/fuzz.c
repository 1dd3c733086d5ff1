/* Convolutions, products and attention of random shapes against plain loops in double precision, at
 * every instruction set of this processor, whole and in parts. Operands lie in memory of exactly
 * their size, at addresses that no vector is aligned to, so that the address sanitizer sees a step
 * beyond. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"
#include "random.h"

uint64_t state;

/* Room for `count` numbers of a type. */
static float *stored(sl_storage storage, size_t count) {
    return floats((count * sl_storage_size(storage) + 3) / 4, false);
}

/* A type, and numbers rounded to it: kernels that are packed in it lose no more. */
static sl_storage random_storage(float *numbers, size_t count) {
    sl_storage storage = (sl_storage)PICK(0, 0, 1, 2);
    uint16_t narrow;
    for (size_t i = 0; i < count && storage != SL_STORAGE_FLOAT32; i++) {
        sl_narrow(storage, numbers + i, &narrow, 1);
        sl_widen(storage, &narrow, numbers + i, 1);
    }
    return storage;
}

typedef struct {
    double value, size; /* a sum, and the sum of its terms' magnitudes */
} sum;

static double finished(double v, const sl_epilogue *e, size_t column, size_t at) {
    if (e->bias != NULL) v += (double)e->bias[column];
    if (e->residual != NULL) v += (double)e->residual[at];
    if (e->activation == SL_ACTIVATION_CLIP) v = fmin(fmax(v, (double)e->low), (double)e->high);
    if (e->activation == SL_ACTIVATION_UNARY) v = 1 / (1 + exp(-v));
    return v;
}

static sl_epilogue random_epilogue(const float *bias, const float *residual) {
    sl_epilogue e = {.bias = below(2) ? bias : NULL, .residual = below(3) ? NULL : residual};
    e.activation = (sl_activation)below(3);
    e.low = -0.5f, e.high = 1.5f, e.unary = SL_UNARY_SIGMOID;
    return e;
}

static void split(size_t count, size_t cuts[4]) {
    size_t a = below(count + 1), b = below(count + 1);
    cuts[0] = 0, cuts[1] = a < b ? a : b, cuts[2] = a < b ? b : a, cuts[3] = count;
}

static sl_convolution random_convolution(void) {
    sl_convolution s = {.batch = 1 + below(2)};
    size_t kind = below(5), kernel = PICK(1, 1, 2, 3, 3, 3, 5, 7);
    for (int i = 0; i < 3; i++) {
        s.kernel[i] = i == 0 ? PICK(1, 1, 1, 2) : kind == 0 && i == 1 ? 1 : kernel;
        s.stride[i] = i == 0 ? 1 : PICK(1, 1, 2, 3);
        s.dilation[i] = i == 0 ? 1 : PICK(1, 1, 1, 2);
        size_t reach = (s.kernel[i] - 1) * s.dilation[i] + 1;
        size_t before = below(reach + 1), after = below(reach + 1);
        s.input[i] = i == 0 ? 1 + below(2) : 1 + below(i == 1 ? 9 : PICK(30, 30, 30, 150));
        if (s.input[i] + before + after < reach) before = reach;
        s.padding[i] = (ptrdiff_t)before;
        s.output[i] = (s.input[i] + before + after - reach) / s.stride[i] + 1;
    }
    s.groups = 1;
    s.channels = 1 + below(PICK(1, 4, 20, 70, 340)), s.filters = 1 + below(PICK(4, 8, 20, 70, 140));
    if (kind == 1) s.groups = s.channels = 1 + below(140), s.filters = s.channels;
    if (kind == 2) s.groups = s.channels = 1 + below(20), s.filters = s.channels * (1 + below(3));
    if (kind == 3) s.groups = 1 + below(4), s.channels = s.groups * (1 + below(9)),
                   s.filters = s.groups * (1 + below(40));
    if (kind == 4) {
        for (int i = 0; i < 3; i++) {
            s.kernel[i] = i == 0 ? 1 : 3, s.stride[i] = s.dilation[i] = 1;
            s.padding[i] = i == 0 ? 0 : (ptrdiff_t)below(3);
            s.input[i] += i == 0 ? 0 : 2;
            s.output[i] = s.input[i] + 2 * (size_t)s.padding[i] - s.kernel[i] + 1;
        }
        s.winograd = PICK(2, 4);
    }
    return s;
}

static size_t volume(const size_t e[3]) { return e[0] * e[1] * e[2]; }

static bool is_pointwise(const sl_convolution *s) {
    for (int i = 0; i < 3; i++)
        if (s->kernel[i] != 1 || s->stride[i] != 1 || s->padding[i] != 0 || s->output[i] != s->input[i])
            return false;
    return s->groups == 1;
}

/* Adds the terms of the definition to `sums`: products of the input, the kernel and the output,
 * without the one that the pass gives. */
static void reference(const sl_convolution *s, sl_convolution_pass pass, const float *input,
                      const float *kernel, const float *output, sum *sums) {
    size_t channels = s->channels / s->groups, filters = s->filters / s->groups;
    for (size_t image = 0; image < s->batch; image++)
        for (size_t o = 0; o < volume(s->output); o++)
            for (size_t t = 0; t < volume(s->kernel); t++) {
                size_t at[3] = {o / (s->output[1] * s->output[2]),
                                o / s->output[2] % s->output[1], o % s->output[2]};
                size_t tap[3] = {t / (s->kernel[1] * s->kernel[2]),
                                 t / s->kernel[2] % s->kernel[1], t % s->kernel[2]};
                size_t pixel = image;
                bool inside = true;
                for (int i = 0; i < 3; i++) {
                    ptrdiff_t x = (ptrdiff_t)(at[i] * s->stride[i] + tap[i] * s->dilation[i]) -
                                  s->padding[i];
                    inside = inside && x >= 0 && (size_t)x < s->input[i];
                    pixel = pixel * s->input[i] + (size_t)x;
                }
                if (!inside) continue;
                for (size_t f = 0; f < s->filters; f++)
                    for (size_t c = 0; c < channels; c++) {
                        size_t x = pixel * s->channels + f / filters * channels + c;
                        size_t y = (image * volume(s->output) + o) * s->filters + f;
                        size_t w = (t * channels + c) * s->filters + f;
                        sum *place = &sums[y];
                        double term;
                        if (pass == SL_CONVOLUTION_OUTPUT)
                            term = (double)kernel[w] * (double)input[x];
                        else if (pass == SL_CONVOLUTION_INPUT_GRADIENT)
                            term = (double)kernel[w] * (double)output[y], place = &sums[x];
                        else
                            term = (double)input[x] * (double)output[y], place = &sums[w];
                        place->value += term, place->size += fabs(term);
                    }
            }
}

static int check(const char *what, const sl_convolution *s, const sum *sums, const float *found,
                 size_t count, const sl_epilogue *e, size_t columns) {
    double scale = 0, worst = 0;
    for (size_t i = 0; i < count; i++) scale = fmax(scale, sums[i].size);
    for (size_t i = 0; i < count; i++) {
        double error = fabs((double)found[i] - finished(sums[i].value, e, i % columns, i));
        if (!(error <= worst)) worst = error;
    }
    double allowed = (s != NULL && s->winograd != 0 ? 4e-6 : 6e-7) * scale + 2e-6;
    /* What tiles hold is transformed first, so that rounding to 8 or 11 digits shows. */
    if (s != NULL && s->winograd != 0 && s->storage == SL_STORAGE_BFLOAT16) allowed += 2e-2 * scale;
    if (s != NULL && s->winograd != 0 && s->storage == SL_STORAGE_FLOAT16) allowed += 3e-3 * scale;
    if (worst <= allowed) return 0;
    printf("%s: error %g, allowed %g", what, worst, allowed);
    if (s != NULL)
        printf(" (%zu x %zu x %zu x %zu x %zu, kernel %zu x %zu x %zu, filters %zu, groups %zu, "
               "winograd %zu, storage %d)", s->batch, s->input[0], s->input[1], s->input[2], s->channels,
               s->kernel[0], s->kernel[1], s->kernel[2], s->filters, s->groups, s->winograd,
               (int)s->storage);
    printf("\n");
    return 1;
}

static int convolve(sl_cpu cpu, bool backwards) {
    sl_convolution s = random_convolution();
    s.cpu = cpu;
    if (backwards) s.winograd = 0;
    sl_convolution_pass pass = backwards ? SL_CONVOLUTION_INPUT_GRADIENT : SL_CONVOLUTION_OUTPUT;
    size_t inputs = s.batch * volume(s.input) * s.channels;
    size_t outputs = s.batch * volume(s.output) * s.filters;
    size_t from = backwards ? outputs : inputs, to = backwards ? inputs : outputs;
    size_t columns = backwards ? s.channels : s.filters;
    float *x = floats(from, true), *y = floats(to, false), *bias = floats(columns, true);
    float *kernel = floats(volume(s.kernel) * s.channels / s.groups * s.filters, true);
    float *residual = floats(to, true);
    if (s.groups == 1 || s.groups != s.channels)
        s.storage = random_storage(kernel, volume(s.kernel) * s.channels / s.groups * s.filters);
    float *packed = stored(s.storage, sl_convolution_packed_count(&s, pass));
    float *scratch = floats(sl_convolution_scratch(&s, pass), false);
    float *scale = floats(s.batch * s.channels, true);
    if (!backwards && is_pointwise(&s) && below(2)) s.input_scale = scale;
    sl_epilogue e = random_epilogue(bias, residual);
    sl_part whole = sl_convolution_whole(&s, pass);
    size_t rows[4], panels[4];
    split(whole.row_end, rows), split(whole.panel_end, panels);
    for (int i = 0; i < 3; i++)
        sl_convolution_pack(&s, pass, kernel, (sl_part){0, 0, panels[i], panels[i + 1]}, packed);
    for (int i = 0; i < 9; i++) {
        sl_part part = {rows[i / 3], rows[i / 3 + 1], panels[i % 3], panels[i % 3 + 1]};
        if (backwards)
            sl_convolution_input_gradient(&s, x, packed, &e, part, y, scratch);
        else
            sl_convolution_output(&s, x, packed, &e, part, y, scratch);
    }
    sum *sums = calloc(to, sizeof(sum));
    if (sums == NULL) exit(2);
    size_t pixels = volume(s.input);
    for (size_t i = 0; s.input_scale != NULL && i < inputs; i++)
        x[i] *= scale[i / (pixels * s.channels) * s.channels + i % s.channels];
    reference(&s, pass, x, kernel, x, sums);
    release(scale);
    int wrong = check(backwards ? "transposed convolution" : "convolution", &s, sums, y, to, &e,
                      columns);
    free(sums);
    release(x), release(y), release(bias), release(kernel), release(residual), release(packed);
    release(scratch);
    return wrong;
}

/* The kernel's gradient over two halves of the batch. */
static int convolve_kernel(sl_cpu cpu) {
    sl_convolution s = random_convolution();
    s.cpu = cpu, s.winograd = 0;
    sl_convolution_pass pass = SL_CONVOLUTION_KERNEL_GRADIENT;
    size_t inputs = s.batch * volume(s.input) * s.channels;
    size_t outputs = s.batch * volume(s.output) * s.filters;
    size_t count = volume(s.kernel) * s.channels / s.groups * s.filters;
    float *x = floats(inputs, true), *y = floats(outputs, true), *kernel = floats(count, false);
    float *scratch = floats(sl_convolution_scratch(&s, pass), false);
    sl_part whole = sl_convolution_whole(&s, pass);
    size_t rows[4], panels[4];
    split(whole.row_end, rows), split(whole.panel_end, panels);
    for (int i = 0; i < 9; i++) {
        sl_part part = {rows[i / 3], rows[i / 3 + 1], panels[i % 3], panels[i % 3 + 1]};
        size_t half = s.batch / 2;
        sl_convolution_kernel_gradient(&s, x, y, 0, half, false, part, kernel, scratch);
        sl_convolution_kernel_gradient(&s, x, y, half, s.batch, true, part, kernel, scratch);
    }
    sum *sums = calloc(count, sizeof(sum));
    if (sums == NULL) exit(2);
    reference(&s, pass, x, NULL, y, sums);
    sl_epilogue none = {.bias = NULL};
    int wrong = check("kernel gradient", &s, sums, kernel, count, &none, s.filters);
    free(sums);
    release(x), release(y), release(kernel), release(scratch);
    return wrong;
}

static int multiply(sl_cpu cpu) {
    size_t m = 1 + below(PICK(4, 20, 200)), n = 1 + below(PICK(4, 40, 150));
    size_t k = below(PICK(4, 40, 700)), count = m * n;
    bool a_transposed = below(2), b_transposed = below(2), packs = below(2);
    float *a = floats(m * k, true), *b = floats(k * n, true), *c = floats(count, false);
    float *bias = floats(n, true), *residual = floats(count, true);
    sl_matmul p = {.cpu = cpu, .m = m, .n = n, .k = k, .a = a, .b = b, .c = c,
                   .c_row = (ptrdiff_t)n, .epilogue = random_epilogue(bias, residual)};
    p.a_row = a_transposed ? 1 : (ptrdiff_t)k, p.a_column = a_transposed ? (ptrdiff_t)m : 1;
    p.b_row = b_transposed ? 1 : (ptrdiff_t)n, p.b_column = b_transposed ? (ptrdiff_t)k : 1;
    if (packs) p.storage = random_storage(b, k * n);
    float *packed = stored(p.storage, sl_matmul_packed_count(&p));
    size_t rows[4], panels[4];
    split(m, rows), split(sl_panel_count(cpu, n), panels);
    if (packs) {
        for (int i = 0; i < 3; i++) sl_matmul_pack(&p, panels[i], panels[i + 1], packed);
        p.packed = packed, p.b = NULL;
    }
    float *scratch = floats(sl_matmul_scratch(&p), false);
    for (int i = 0; i < 9; i++)
        sl_matmul_run(&p, rows[i / 3], rows[i / 3 + 1], panels[i % 3], panels[i % 3 + 1], scratch);
    sum *sums = calloc(count, sizeof(sum));
    if (sums == NULL) exit(2);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < k; j++) {
            double u = (double)a[(ptrdiff_t)(i / n) * p.a_row + (ptrdiff_t)j * p.a_column];
            double v = (double)b[(ptrdiff_t)j * p.b_row + (ptrdiff_t)(i % n) * p.b_column];
            sums[i].value += u * v, sums[i].size += fabs(u * v);
        }
    char what[80];
    snprintf(what, sizeof what, "%zu x %zu x %zu%s, storage %d", m, n, k, packs ? ", packed" : "",
             (int)p.storage);
    int wrong = check(what, NULL, sums, c, count, &p.epilogue, n);
    free(sums);
    release(a), release(b), release(c), release(bias), release(residual), release(packed);
    release(scratch);
    return wrong;
}

/* Bytes of their own at any address. */
static int8_t *bytes(size_t count, size_t kind) {
    int8_t *p = malloc(count + 1);
    if (p == NULL) exit(2);
    for (size_t i = 0; i < count; i++)
        p[i + 1] = kind == 0 ? -128 : kind == 1 ? 127 : (int8_t)(below(256) - 128);
    return p + 1;
}

/* Products of bytes are exact: the sums have every bit. */
static int multiply_bytes(sl_cpu cpu) {
    size_t m = 1 + below(PICK(2, 20, 200)), n = 1 + below(PICK(4, 40, 150, 400));
    size_t k = below(PICK(4, 40, 700)), count = m * n;
    bool transposed = below(2);
    float *a = floats(m * k, true), *c = floats(count, false), *scale = floats(n, true);
    float *bias = floats(n, true), *residual = floats(count, true);
    size_t largest = below(3); /* all of a row at the bounds */
    for (size_t i = 0; i < m * k && largest > 0; i++) a[i] = largest == 1 || below(2) ? 1 : -1;
    for (size_t j = 0; j < n; j++) scale[j] = scale[j] * scale[j] * 300 + 1;
    int8_t *b = bytes(k * n, below(4));
    sl_byte_product p = {.cpu = cpu, .m = m, .n = n, .k = k, .a = a, .a_row = (ptrdiff_t)k, .b = b,
                         .lowest = below(2) ? -128 : -127, .largest = below(4) ? 127 : 7,
                         .epsilon = 1e-7f, .scale = scale, .c = c, .c_row = (ptrdiff_t)n,
                         .epilogue = random_epilogue(bias, residual)};
    p.b_row = transposed ? 1 : (ptrdiff_t)n, p.b_column = transposed ? (ptrdiff_t)k : 1;
    char *packed = malloc(sl_byte_packed_size(&p)), *rounded = malloc(sl_byte_rows_size(&p));
    if (packed == NULL || rounded == NULL) exit(2);
    size_t rows[4], panels[4];
    split(m, rows), split(sl_byte_panels(&p), panels);
    for (int i = 0; i < 3; i++) {
        sl_byte_pack(&p, panels[i], panels[i + 1], packed);
        sl_byte_round(&p, rows[i], rows[i + 1], rounded);
    }
    p.packed = packed;
    for (int i = 0; i < 9; i++)
        sl_byte_run(&p, rows[i / 3], rows[i / 3 + 1], panels[i % 3], panels[i % 3 + 1], rounded);
    int wrong = 0;
    for (size_t i = 0; i < m && wrong == 0; i++) {
        float most = 0;
        for (size_t l = 0; l < k; l++) most = fmaxf(most, fabsf(a[i * k + l]));
        volatile float row = p.largest / (most + p.epsilon);
        for (size_t j = 0; j < n; j++) {
            int64_t sum = 0;
            for (size_t l = 0; l < k; l++) {
                volatile float scaled = a[i * k + l] * row;
                float q = fminf(fmaxf(rintf(scaled), p.lowest), p.largest);
                sum += (int64_t)q * b[(ptrdiff_t)l * p.b_row + (ptrdiff_t)j * p.b_column];
            }
            volatile float divisor = scale[j] * row, y = (float)sum / divisor;
            double wanted = finished((double)y, &p.epilogue, j, i * n + j);
            double error = fabs(wanted - (double)c[i * n + j]);
            if (!(error <= 2e-6 * (1 + fabs((double)y)))) wrong = 1;
            bool plain = p.epilogue.bias == NULL && p.epilogue.residual == NULL &&
                         p.epilogue.activation == SL_ACTIVATION_NONE;
            if (plain && c[i * n + j] != y) wrong = 1;
        }
    }
    if (wrong)
        printf("bytes %zu x %zu x %zu, %s%s\n", m, n, k, sl_byte_kernel(cpu),
               transposed ? ", transposed" : "");
    free(packed), free(rounded), free(b - 1);
    release(a), release(c), release(scale), release(bias), release(residual);
    return wrong;
}

int main(int argc, char **argv) {
    long rounds = argc > 1 ? atol(argv[1]) : 300;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    int wrong = 0;
    for (sl_cpu cpu = SL_CPU_BASELINE; cpu <= sl_cpu_best(); cpu++)
        for (long round = 0; round < rounds; round++) {
            state = (seed + (uint64_t)round) * 0x9E3779B97F4A7C15u | 1;
            int before = wrong;
            wrong += convolve(cpu, false) + convolve(cpu, true) + convolve_kernel(cpu) + multiply(cpu);
            wrong += multiply_bytes(cpu) + attend(cpu);
            if (wrong > before) printf("level %s, seed %llu\n", sl_cpu_name(cpu),
                                       (unsigned long long)(seed + (uint64_t)round));
        }
    printf("%ld rounds at each level, %d wrong\n", rounds, wrong);
    return wrong > 0;
}
