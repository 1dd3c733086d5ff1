#include "convolution.h"

#include "convolution_product.h"
#include "convolution_scatter.h"
#include "winograd.h"

static bool is_scattered(const sl_convolution *s, sl_convolution_pass pass) {
    return pass == SL_CONVOLUTION_INPUT_GRADIENT && sl_scatters(s);
}

static bool is_winograd(const sl_convolution *s, sl_convolution_pass pass) {
    return s->winograd != 0 && pass == SL_CONVOLUTION_OUTPUT;
}

bool sl_convolution_scatters(const sl_convolution *s) { return sl_scatters(s); }

sl_part sl_convolution_whole(const sl_convolution *s, sl_convolution_pass pass) {
    if (is_winograd(s, pass)) {
        sl_winograd w = sl_winograd_of(s);
        return (sl_part){0, sl_winograd_tiles(&w), 0, sl_winograd_panels(&w)};
    }
    if (is_scattered(s, pass)) return (sl_part){0, sl_scatter_rows(s), 0, 1};
    sl_groups g = sl_groups_of(s, pass);
    size_t rows[] = {s->batch * sl_volume(s->output), s->batch * sl_volume(s->input),
                     sl_volume(s->kernel) * (g.depthwise ? 1 : s->channels / s->groups)};
    return (sl_part){0, rows[pass], 0, g.count * g.panels};
}

size_t sl_convolution_packed_count(const sl_convolution *s, sl_convolution_pass pass) {
    if (is_winograd(s, pass)) {
        sl_winograd w = sl_winograd_of(s);
        return sl_winograd_packed_count(&w);
    }
    if (is_scattered(s, pass)) return sl_scatter_packed_count(s);
    sl_groups g = sl_groups_of(s, pass);
    return g.count * g.panels * g.panel * sl_volume(s->kernel) * g.summed;
}

size_t sl_convolution_scratch(const sl_convolution *s, sl_convolution_pass pass) {
    if (is_winograd(s, pass)) {
        sl_winograd w = sl_winograd_of(s);
        return sl_winograd_scratch(&w);
    }
    if (is_scattered(s, pass)) return sl_scatter_scratch(s);
    return pass == SL_CONVOLUTION_KERNEL_GRADIENT ? sl_product_scratch(false)
                                                  : sl_product_packed_scratch(s->storage);
}

/* The part's panels that belong to `group`, as the group numbers them; false if there are none. */
static bool panels_of_group(sl_part part, sl_groups g, size_t group, size_t *first, size_t *last) {
    size_t start = group * g.panels;
    *first = part.panel > start ? part.panel - start : 0;
    *last = part.panel_end < start ? 0 : part.panel_end - start;
    if (*last > g.panels) *last = g.panels;
    return *first < *last;
}

/* Packs one product's panels where the whole starts at `packed`. */
static void pack(const sl_groups *g, const sl_product *p, size_t first, size_t last,
                 float *packed) {
    if (!g->depthwise) {
        g->kernels->pack(p, first, last, packed);
        return;
    }
    packed += first * p->k * SL_DEPTHWISE_PANEL;
    for (size_t filter = first * SL_DEPTHWISE_PANEL; filter < last * SL_DEPTHWISE_PANEL;
         filter += SL_DEPTHWISE_PANEL)
        for (size_t k = 0; k < p->k; k++) {
            ptrdiff_t offset;
            sl_grid_offsets(&p->b_rows, k, 1, &offset);
            for (size_t i = filter; i < filter + SL_DEPTHWISE_PANEL; i++)
                *packed++ = i < p->n ? p->b[offset + (ptrdiff_t)i] : 0;
        }
}

static void run(const sl_groups *g, const sl_product *p, size_t row, size_t row_end, size_t first,
                size_t last, float *scratch) {
    if (g->depthwise)
        g->kernels->depthwise(p, row, row_end, first, last);
    else
        g->kernels->run(p, row, row_end, first, last, scratch);
}

void sl_convolution_pack(const sl_convolution *s, sl_convolution_pass pass, const float *kernel,
                         sl_part part, float *packed) {
    if (is_winograd(s, pass)) {
        sl_winograd w = sl_winograd_of(s);
        w.kernels->winograd_pack(&w, kernel, part, packed);
        return;
    }
    if (is_scattered(s, pass)) {
        if (part.panel < part.panel_end) sl_scatter_pack(s, kernel, packed);
        return;
    }
    sl_groups g = sl_groups_of(s, pass);
    size_t sums = sl_volume(s->kernel) * g.summed, first, last;
    for (size_t group = 0; group < g.count; group++) {
        if (!panels_of_group(part, g, group, &first, &last)) continue;
        size_t before = group * g.panels * g.panel * sums;
        float *place = (float *)sl_packed_at(packed, s->storage, before);
        if (pass == SL_CONVOLUTION_OUTPUT) {
            sl_product p = sl_output_product(s, &g, group, kernel);
            pack(&g, &p, first, last, place);
            continue;
        }
        for (size_t i = 0; i < sl_phase_count(s); i++) {
            sl_phase phase = sl_phase_of(s, i);
            sl_product p = sl_phase_product(s, &g, &phase, group, kernel);
            pack(&g, &p, first, last, place);
            place = (float *)sl_packed_at(place, s->storage, g.panels * g.panel * p.k);
        }
    }
}

/* Sets the destination: `c` and the epilogue's residual from `offset` on, its bias from `column`. */
static void set_destination(sl_product *p, float *c, const sl_epilogue *epilogue, ptrdiff_t offset,
                            size_t column) {
    p->c = c + offset;
    if (epilogue == NULL) return;
    p->epilogue = *epilogue;
    if (epilogue->bias != NULL) p->epilogue.bias += column;
    if (epilogue->residual != NULL) p->epilogue.residual += offset;
}

void sl_convolution_output(const sl_convolution *s, const float *input, const float *packed,
                           const sl_epilogue *epilogue, sl_part part, float *output,
                           float *scratch) {
    if (s->winograd != 0) {
        sl_winograd w = sl_winograd_of(s);
        static const sl_epilogue none = {.bias = NULL};
        w.kernels->winograd(&w, input, packed, epilogue == NULL ? &none : epilogue, part, output,
                            scratch);
        return;
    }
    sl_groups g = sl_groups_of(s, SL_CONVOLUTION_OUTPUT);
    size_t first, last;
    for (size_t group = 0; group < g.count; group++) {
        if (!panels_of_group(part, g, group, &first, &last)) continue;
        sl_product p = sl_output_product(s, &g, group, NULL);
        p.a = input + group * p.patches.channels;
        p.packed = sl_packed_at(packed, s->storage, group * g.panels * g.panel * p.k);
        set_destination(&p, output, epilogue, (ptrdiff_t)(group * p.n), group * p.n);
        run(&g, &p, part.row, part.row_end, first, last, scratch);
    }
}

void sl_convolution_input_gradient(const sl_convolution *s, const float *output,
                                   const float *packed, const sl_epilogue *epilogue, sl_part part,
                                   float *input, float *scratch) {
    if (is_scattered(s, SL_CONVOLUTION_INPUT_GRADIENT)) {
        if (part.panel < part.panel_end)
            sl_scatter_run(s, output, packed, epilogue, part.row, part.row_end, input, scratch);
        return;
    }
    sl_groups g = sl_groups_of(s, SL_CONVOLUTION_INPUT_GRADIENT);
    size_t sums = sl_volume(s->kernel) * g.summed, first, last;
    for (size_t group = 0; group < g.count; group++) {
        if (!panels_of_group(part, g, group, &first, &last)) continue;
        const float *place = sl_packed_at(packed, s->storage, group * g.panels * g.panel * sums);
        size_t row = 0; /* rows of the earlier phases */
        for (size_t i = 0; i < sl_phase_count(s); i++) {
            sl_phase phase = sl_phase_of(s, i);
            sl_product p = sl_phase_product(s, &g, &phase, group, NULL);
            size_t begin = part.row > row ? part.row - row : 0;
            size_t end = part.row_end > row ? part.row_end - row : 0;
            if (end > p.m) end = p.m;
            if (begin < end) {
                p.a = output + group * p.patches.channels;
                p.packed = place;
                ptrdiff_t offset = phase.offset + (ptrdiff_t)(group * p.n);
                set_destination(&p, input, epilogue, offset, group * p.n);
                run(&g, &p, begin, end, first, last, scratch);
            }
            row += p.m;
            place = sl_packed_at(place, s->storage, g.panels * g.panel * p.k);
        }
    }
}

void sl_convolution_kernel_gradient(const sl_convolution *s, const float *input,
                                    const float *output, size_t first_image, size_t last_image,
                                    bool accumulate, sl_part part, float *kernel, float *scratch) {
    sl_groups g = sl_groups_of(s, SL_CONVOLUTION_KERNEL_GRADIENT);
    input += first_image * sl_volume(s->input) * s->channels;
    output += first_image * sl_volume(s->output) * s->filters;
    size_t first, last;
    for (size_t group = 0; group < g.count; group++) {
        if (!panels_of_group(part, g, group, &first, &last)) continue;
        sl_product p = sl_kernel_product(s, &g, last_image - first_image);
        p.a = input + group * p.patches.channels;
        p.b = output + group * p.n;
        p.c = kernel + group * p.n;
        p.accumulate = accumulate;
        if (g.depthwise)
            g.kernels->depthwise_gradient(&p, part.row, part.row_end, first, last);
        else
            g.kernels->run(&p, part.row, part.row_end, first, last, scratch);
    }
}
