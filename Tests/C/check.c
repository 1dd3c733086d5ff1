// The C interface, used from C: files that Keras wrote predict what Keras predicted, every mistake is
// answered with a status, threads share a model. tools/check-c-api compiles and runs this.
//
// usage: check FIXTURES ARRAYS [HELPER]
//     ARRAYS has a folder for each .npz of fixtures/keras with its arrays; HELPER is the program swiftlet.

#include "npy.h"
#include "swiftlet.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static const char *fixtures, *arrays, *helper;
static atomic_int failures, checks;

#define CHECK(condition)                                                                          \
    do {                                                                                          \
        atomic_fetch_add(&checks, 1);                                                             \
        if (!(condition)) {                                                                       \
            atomic_fetch_add(&failures, 1);                                                       \
            fprintf(stderr, "check.c:%d: %s: %s\n", __LINE__, #condition, swiftlet_message());    \
        }                                                                                         \
    } while (0)

/// A call that has to fail so, with a message that mentions the text.
#define REFUSES(call, wanted, mention)                                                            \
    do {                                                                                          \
        CHECK((call) == (wanted));                                                                \
        CHECK(strstr(swiftlet_message(), (mention)) != NULL);                                     \
    } while (0)

static const char *fixture(const char *name) {
    static _Thread_local char path[4096];
    snprintf(path, sizeof path, "%s/%s", fixtures, name);
    return path;
}

static swiftlet_model *open_fixture(const char *name) {
    swiftlet_model *model = NULL;
    CHECK(swiftlet_open(fixture(name), NULL, &model) == SWIFTLET_OK);
    return model;
}

// MARK: What Keras recorded

enum { most = 4 };

typedef struct {
    array inputs[most], outputs[most];
    size_t input_count, output_count;
} reference;

static void read_reference(const char *name, reference *r) {
    char path[4096];
    memset(r, 0, sizeof *r);
    for (int i = 0; i < most; i++) {
        snprintf(path, sizeof path, "%s/%s/input_%d.npy", arrays, name, i);
        if (read_npy(path, &r->inputs[i])) r->input_count++;
        snprintf(path, sizeof path, "%s/%s/output_%d.npy", arrays, name, i);
        if (read_npy(path, &r->outputs[i])) r->output_count++;
    }
    CHECK(r->input_count > 0 && r->output_count > 0);
}

static void inputs_of(const reference *r, swiftlet_tensor *inputs) {
    for (size_t i = 0; i < r->input_count; i++) inputs[i] = r->inputs[i].tensor;
}

static int is_near(float found, float wanted) { return fabsf(found - wanted) <= 1e-5f * (1 + fabsf(wanted)); }

static void check_outputs(const swiftlet_result *result, const reference *r) {
    for (size_t i = 0; i < r->output_count; i++) {
        swiftlet_tensor output;
        CHECK(swiftlet_result_output(result, i, &output) == SWIFTLET_OK);
        const array *wanted = &r->outputs[i];
        CHECK(output.dtype == SWIFTLET_FLOAT32);
        CHECK(output.rank == wanted->tensor.rank && output.bytes == wanted->tensor.bytes);
        for (int axis = 0; axis < output.rank; axis++) CHECK(output.shape[axis] == wanted->shape[axis]);
        const float *a = output.data, *b = wanted->tensor.data;
        int good = 1;
        for (size_t k = 0; k < wanted->count; k++) good &= is_near(a[k], b[k]);
        CHECK(good);
    }
    swiftlet_tensor none;
    REFUSES(swiftlet_result_output(result, r->output_count, &none), SWIFTLET_BAD_ARGUMENT, "output");
}

static void check_predictions(swiftlet_model *model, const reference *r) {
    swiftlet_tensor inputs[most];
    inputs_of(r, inputs);
    swiftlet_result *result = NULL;
    CHECK(swiftlet_predict(model, inputs, r->input_count, &result) == SWIFTLET_OK);
    check_outputs(result, r);
    CHECK(swiftlet_result_free(result) == SWIFTLET_OK);
}

static void *read_file(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    *count = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*count + 1);
    if (fread(bytes, 1, *count, file) != *count) exit(1);
    fclose(file);
    return bytes;
}

/// Every format, from a path and from memory.
static void formats(void) {
    const char *models[] = {"cnn", "graph", "lstm", "masks-meet"};
    const char *suffixes[] = {"-keras3.keras", "-keras3.h5", "-keras2.keras", "-keras2.h5"};
    for (int m = 0; m < 4; m++) {
        for (int s = 0; s < 4; s++) {
            char file[256], name[256];
            snprintf(file, sizeof file, "keras/%s%s", models[m], suffixes[s]);
            snprintf(name, sizeof name, "%s-keras%d", models[m], s < 2 ? 3 : 2);
            static reference r;
            read_reference(name, &r);
            swiftlet_model *model = open_fixture(file);
            check_predictions(model, &r);
            CHECK(swiftlet_close(model) == SWIFTLET_OK);

            size_t count = 0;
            void *bytes = read_file(fixture(file), &count);
            CHECK(swiftlet_open_bytes(bytes, count, NULL, &model) == SWIFTLET_OK);
            memset(bytes, 0, count);  // the library has a copy
            free(bytes);
            check_predictions(model, &r);
            CHECK(swiftlet_close(model) == SWIFTLET_OK);
        }
    }
    // An architecture, with weights that lie elsewhere.
    static reference r;
    read_reference("cnn-keras3", &r);
    char weights[4096];
    snprintf(weights, sizeof weights, "%s", fixture("keras/cnn-keras3.weights.h5"));
    swiftlet_options options = SWIFTLET_OPTIONS;
    options.weights = weights;
    options.threads = 2;
    options.batch_size = 2;
    options.exact = 1;
    options.limits = "model-bytes=1GiB, time=60";
    swiftlet_model *model = NULL;
    CHECK(swiftlet_open(fixture("keras/cnn-keras3.json"), &options, &model) == SWIFTLET_OK);
    check_predictions(model, &r);
    CHECK(swiftlet_close(model) == SWIFTLET_OK);
}

// MARK: Descriptions and names

static void descriptions(void) {
    swiftlet_model *model = open_fixture("keras/graph-keras3.keras");
    size_t inputs = 0, outputs = 0;
    CHECK(swiftlet_input_count(model, &inputs) == SWIFTLET_OK && inputs == 2);
    CHECK(swiftlet_output_count(model, &outputs) == SWIFTLET_OK && outputs == 2);
    swiftlet_tensor t;
    CHECK(swiftlet_input(model, 1, &t) == SWIFTLET_OK);
    CHECK(strcmp(t.name, "left_eye") == 0 && t.dtype == SWIFTLET_FLOAT32 && t.rank == 2);
    CHECK(t.shape[0] == -1 && t.shape[1] == 4 && t.data == NULL);
    CHECK(swiftlet_output(model, 0, &t) == SWIFTLET_OK);
    CHECK(strcmp(t.name, "kind") == 0 && t.shape[0] == -1 && t.shape[1] == 3);
    REFUSES(swiftlet_input(model, 2, &t), SWIFTLET_BAD_ARGUMENT, "input 2: there are 2");
    REFUSES(swiftlet_input(model, (size_t)-1, &t), SWIFTLET_BAD_ARGUMENT, "there are 2");

    // By name, in another order.
    static reference r;
    read_reference("graph-keras3", &r);
    swiftlet_tensor given[2] = {r.inputs[1].tensor, r.inputs[0].tensor};
    given[0].name = "left_eye";
    given[1].name = "right_eye";
    swiftlet_result *result = NULL;
    CHECK(swiftlet_predict(model, given, 2, &result) == SWIFTLET_OK);
    check_outputs(result, &r);
    CHECK(swiftlet_result_free(result) == SWIFTLET_OK);
    given[1].name = NULL;
    REFUSES(swiftlet_predict(model, given, 2, &result), SWIFTLET_BAD_ARGUMENT, "some inputs");
    given[1].name = "left_eye";
    REFUSES(swiftlet_predict(model, given, 2, &result), SWIFTLET_BAD_INPUT, "right_eye");
    given[1].name = "third_eye";
    REFUSES(swiftlet_predict(model, given, 2, &result), SWIFTLET_BAD_INPUT, "third_eye");
    CHECK(result == NULL);
    REFUSES(swiftlet_predict(model, given, 1, &result), SWIFTLET_BAD_INPUT, "the model has 2");
    REFUSES(swiftlet_predict(model, given, (size_t)-1, &result), SWIFTLET_BAD_INPUT, "the model has 2");
    CHECK(swiftlet_close(model) == SWIFTLET_OK);
}

// MARK: Element types

/// The words of a text as every numeric type; all mean the same.
static void input_types(void) {
    static reference r;
    read_reference("lstm-keras3", &r);
    swiftlet_model *model = open_fixture("keras/lstm-keras3.keras");
    const int32_t *words = r.inputs[0].tensor.data;
    size_t count = r.inputs[0].count;
    const size_t sizes[] = {0, 2, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8};
    for (swiftlet_dtype dtype = SWIFTLET_FLOAT16; dtype <= SWIFTLET_UINT64; dtype++) {
        // At an odd place: memory need not be aligned.
        unsigned char *memory = malloc(8 * count + 1), *data = memory + 1;
        for (size_t i = 0; i < count; i++) {
            unsigned char *at = data + i * sizes[dtype];
            float f = (float)words[i];
            double d = words[i];
            int64_t n = words[i];
            uint32_t bits;
            memcpy(&bits, &f, 4);
            uint16_t b16 = (uint16_t)(bits >> 16);
            // Whole numbers from 1 to 2048 in IEEE half precision.
            int exponent = (int)(bits >> 23) - 127 + 15;
            uint16_t f16 = f == 0 ? 0 : (uint16_t)(exponent << 10 | (bits >> 13 & 0x3ff));
            switch (dtype) {
            case SWIFTLET_FLOAT16: memcpy(at, &f16, 2); break;
            case SWIFTLET_BFLOAT16: memcpy(at, &b16, 2); break;
            case SWIFTLET_FLOAT32: memcpy(at, &f, 4); break;
            case SWIFTLET_FLOAT64: memcpy(at, &d, 8); break;
            default: memcpy(at, &n, sizes[dtype]);  // little-endian, small and not negative
            }
        }
        swiftlet_tensor input = r.inputs[0].tensor;
        input.dtype = dtype;
        input.data = data;
        input.bytes = count * sizes[dtype];
        swiftlet_result *result = NULL;
        CHECK(swiftlet_predict(model, &input, 1, &result) == SWIFTLET_OK);
        check_outputs(result, &r);
        CHECK(swiftlet_result_free(result) == SWIFTLET_OK);
        free(memory);
    }
    CHECK(swiftlet_close(model) == SWIFTLET_OK);
}

/// The same output as every numeric type.
static void output_types(void) {
    static reference r;
    read_reference("cnn-keras3", &r);
    swiftlet_model *model = open_fixture("keras/cnn-keras3.keras");
    swiftlet_result *result = NULL;
    CHECK(swiftlet_predict(model, &r.inputs[0].tensor, 1, &result) == SWIFTLET_OK);
    CHECK(swiftlet_close(model) == SWIFTLET_OK);  // a result lives longer than its model
    const float *wanted = r.outputs[0].tensor.data;
    float f[9];
    double d[9];
    int64_t n[9];
    uint8_t flags[9];
    uint16_t b[9];
    CHECK(r.outputs[0].count == 9);
    CHECK(swiftlet_result_copy(result, 0, SWIFTLET_FLOAT32, f, sizeof f) == SWIFTLET_OK);
    CHECK(swiftlet_result_copy(result, 0, SWIFTLET_FLOAT64, d, sizeof d) == SWIFTLET_OK);
    CHECK(swiftlet_result_copy(result, 0, SWIFTLET_INT64, n, sizeof n) == SWIFTLET_OK);
    CHECK(swiftlet_result_copy(result, 0, SWIFTLET_BOOL, flags, sizeof flags) == SWIFTLET_OK);
    CHECK(swiftlet_result_copy(result, 0, SWIFTLET_BFLOAT16, b, sizeof b) == SWIFTLET_OK);
    for (int i = 0; i < 9; i++) {
        uint32_t bits = (uint32_t)b[i] << 16;
        float half;
        memcpy(&half, &bits, 4);
        CHECK(is_near(f[i], wanted[i]) && (float)d[i] == f[i] && n[i] == (int64_t)f[i]);
        CHECK(flags[i] == (f[i] != 0) && fabsf(half - f[i]) <= fabsf(f[i]) / 256);
    }
    REFUSES(swiftlet_result_copy(result, 0, SWIFTLET_FLOAT32, f, 35), SWIFTLET_BAD_ARGUMENT, "36 bytes");
    REFUSES(swiftlet_result_copy(result, 0, SWIFTLET_FLOAT32, NULL, 36), SWIFTLET_BAD_ARGUMENT, "buffer");
    REFUSES(swiftlet_result_copy(result, 0, SWIFTLET_STRING, f, 72), SWIFTLET_BAD_ARGUMENT, "string");
    REFUSES(swiftlet_result_copy(result, 0, 99, f, 36), SWIFTLET_BAD_ARGUMENT, "99");
    REFUSES(swiftlet_result_copy(result, 1, SWIFTLET_FLOAT32, f, 36), SWIFTLET_BAD_ARGUMENT, "there are 1");
    CHECK(swiftlet_result_free(result) == SWIFTLET_OK);
}

/// A model in words: one layer behind an input. Keras's own format, so no weights are needed.
static swiftlet_model *layer(const char *dtype, const char *class_name, const char *config) {
    char text[4096];
    int count = snprintf(
        text, sizeof text,
        "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": ["
        "{\"class_name\": \"InputLayer\", \"config\": {\"name\": \"i\", \"batch_shape\": [null, 2],"
        " \"dtype\": \"%s\"}}, {\"class_name\": \"%s\", \"config\": {\"name\": \"l\"%s}}]},"
        " \"keras_version\": \"3.15.1\"}",
        dtype, class_name, config);
    swiftlet_model *model = NULL;
    CHECK(swiftlet_open_bytes(text, (size_t)count, NULL, &model) == SWIFTLET_OK);
    return model;
}

static void texts_and_flags(void) {
    // fixtures/vocabularies/index.json: three texts, and what Keras answers to them.
    const char *texts[] = {"the cat", "\xc3\x9c" "ber!", "unknown words"};
    const float wanted[] = {0.5472036004066467f, -0.24611535668373108f, -0.3329766094684601f,
                            0.4192191958427429f, -0.6659532189369202f,  0.8384383916854858f};
    int64_t shape[] = {3, 1};
    swiftlet_tensor input = {.dtype = SWIFTLET_STRING, .rank = 2, .shape = shape, .data = texts,
                             .bytes = sizeof texts};
    swiftlet_model *model = open_fixture("vocabularies/texts-keras3.keras");
    swiftlet_tensor description;
    CHECK(swiftlet_input(model, 0, &description) == SWIFTLET_OK);
    CHECK(description.dtype == SWIFTLET_STRING);
    swiftlet_result *result = NULL;
    float found[6];
    CHECK(swiftlet_predict(model, &input, 1, &result) == SWIFTLET_OK);
    CHECK(swiftlet_result_copy(result, 0, SWIFTLET_FLOAT32, found, sizeof found) == SWIFTLET_OK);
    for (int i = 0; i < 6; i++) CHECK(is_near(found[i], wanted[i]));
    CHECK(swiftlet_result_free(result) == SWIFTLET_OK);
    texts[1] = NULL;
    REFUSES(swiftlet_predict(model, &input, 1, &result), SWIFTLET_BAD_ARGUMENT, "string 1 is NULL");
    texts[1] = "\xff";
    REFUSES(swiftlet_predict(model, &input, 1, &result), SWIFTLET_BAD_ARGUMENT, "string 1 is not UTF-8");
    CHECK(swiftlet_close(model) == SWIFTLET_OK);

    // Numbers to strings: 0 is what is not in the vocabulary.
    int64_t numbers[] = {0, 2, 1, 2}, square[] = {2, 2};
    swiftlet_tensor of_numbers = {.dtype = SWIFTLET_INT64, .rank = 2, .shape = square, .data = numbers,
                                  .bytes = sizeof numbers};
    model = layer("int64", "StringLookup", ", \"vocabulary\": [\"a\", \"\\u00fc\"], \"invert\": true");
    CHECK(swiftlet_predict(model, &of_numbers, 1, &result) == SWIFTLET_OK);
    swiftlet_tensor output = {0};
    CHECK(swiftlet_result_output(result, 0, &output) == SWIFTLET_OK);
    CHECK(output.dtype == SWIFTLET_STRING && output.bytes == 4 * sizeof(char *));
    const char *const *answers = output.data;
    CHECK(answers && strcmp(answers[0], "[UNK]") == 0 && strcmp(answers[1], "\xc3\xbc") == 0);
    CHECK(answers && strcmp(answers[2], "a") == 0);
    CHECK(swiftlet_result_free(result) == SWIFTLET_OK);
    CHECK(swiftlet_close(model) == SWIFTLET_OK);

    // Any byte but 0 is true.
    uint8_t flags[] = {0, 1, 2, 255};
    swiftlet_tensor of_flags = {.dtype = SWIFTLET_BOOL, .rank = 2, .shape = square, .data = flags, .bytes = 4};
    model = layer("bool", "Flatten", "");
    CHECK(swiftlet_predict(model, &of_flags, 1, &result) == SWIFTLET_OK);
    CHECK(swiftlet_result_output(result, 0, &output) == SWIFTLET_OK);
    const uint8_t *out = output.data;
    CHECK(output.dtype == SWIFTLET_BOOL && out && !out[0] && out[1] == 1 && out[2] == 1 && out[3] == 1);
    CHECK(swiftlet_result_free(result) == SWIFTLET_OK);
    CHECK(swiftlet_close(model) == SWIFTLET_OK);
}

// MARK: Batches

static void batches(void) {
    swiftlet_model *model = open_fixture("keras/cnn-keras3.keras");
    static reference r;
    read_reference("cnn-keras3", &r);
    const float *three = r.inputs[0].tensor.data, *wanted = r.outputs[0].tensor.data;
    const int rows[] = {0, 1, 2, 31, 32, 33, 100};
    for (size_t b = 0; b < sizeof rows / sizeof *rows; b++) {
        int64_t shape[] = {rows[b], 8, 8, 1};
        float *data = malloc(sizeof(float) * 64 * (size_t)(rows[b] + 1));
        for (int row = 0; row < rows[b]; row++) memcpy(data + 64 * row, three + 64 * (row % 3), 256);
        swiftlet_tensor input = {.dtype = SWIFTLET_FLOAT32, .rank = 4, .shape = shape, .data = data,
                                 .bytes = (size_t)rows[b] * 256};
        swiftlet_result *result = NULL;
        swiftlet_tensor output = {0};
        CHECK(swiftlet_predict(model, &input, 1, &result) == SWIFTLET_OK);
        CHECK(swiftlet_result_output(result, 0, &output) == SWIFTLET_OK);
        CHECK(output.rank == 2 && output.shape[0] == rows[b] && output.shape[1] == 3);
        const float *found = output.data;
        for (int row = 0; row < rows[b]; row++)
            for (int k = 0; k < 3; k++) CHECK(is_near(found[3 * row + k], wanted[3 * (row % 3) + k]));
        CHECK(swiftlet_result_free(result) == SWIFTLET_OK);
        free(data);
    }
    CHECK(swiftlet_close(model) == SWIFTLET_OK);
}

// MARK: Mistakes

static void wrong_inputs(void) {
    swiftlet_model *model = open_fixture("keras/cnn-keras3.keras");
    static reference r;
    read_reference("cnn-keras3", &r);
    const swiftlet_tensor good = r.inputs[0].tensor;
    swiftlet_result *result = (swiftlet_result *)&result;
#define WRONG(member, value, status, mention)                                                     \
    do {                                                                                          \
        swiftlet_tensor bad = good;                                                               \
        bad.member = (value);                                                                     \
        REFUSES(swiftlet_predict(model, &bad, 1, &result), status, mention);                      \
        CHECK(result == NULL);                                                                    \
    } while (0)
    WRONG(dtype, 0, SWIFTLET_BAD_ARGUMENT, "0 is no element type");
    WRONG(dtype, -5, SWIFTLET_BAD_ARGUMENT, "-5 is no element type");
    WRONG(rank, -1, SWIFTLET_BAD_ARGUMENT, "rank");
    WRONG(rank, 1 << 30, SWIFTLET_BAD_ARGUMENT, "rank");
    WRONG(shape, NULL, SWIFTLET_BAD_ARGUMENT, "shape is NULL");
    WRONG(data, NULL, SWIFTLET_BAD_ARGUMENT, "data is NULL");
    WRONG(bytes, good.bytes - 1, SWIFTLET_BAD_ARGUMENT, "bytes");
    WRONG(bytes, (size_t)-1, SWIFTLET_BAD_ARGUMENT, "bytes");
    WRONG(name, "\xff", SWIFTLET_BAD_ARGUMENT, "UTF-8");
    WRONG(name, "other", SWIFTLET_BAD_INPUT, "other");
    const int64_t negative[] = {3, 8, -8, 1}, huge[] = {INT64_MAX, INT64_MAX, 8, 1}, other[] = {3, 4, 16, 1};
    WRONG(shape, negative, SWIFTLET_BAD_ARGUMENT, "negative");
    WRONG(shape, huge, SWIFTLET_BAD_ARGUMENT, "too large");
    WRONG(shape, other, SWIFTLET_BAD_INPUT, "expected");
    swiftlet_tensor scalar = good;
    scalar.rank = 0;
    scalar.bytes = 4;
    REFUSES(swiftlet_predict(model, &scalar, 1, &result), SWIFTLET_BAD_INPUT, "batch");
    const char *texts[192] = {0};
    for (int i = 0; i < 192; i++) texts[i] = "1";
    swiftlet_tensor strings = good;
    strings.dtype = SWIFTLET_STRING;
    strings.data = texts;
    strings.bytes = sizeof texts;
    REFUSES(swiftlet_predict(model, &strings, 1, &result), SWIFTLET_BAD_INPUT, "string");
    REFUSES(swiftlet_predict(model, NULL, 1, &result), SWIFTLET_BAD_ARGUMENT, "no inputs");
    REFUSES(swiftlet_predict(model, &good, 1, NULL), SWIFTLET_BAD_ARGUMENT, "result");
    CHECK(swiftlet_close(model) == SWIFTLET_OK);
}

static void wrong_handles(void) {
    swiftlet_model *model = open_fixture("keras/cnn-keras3.keras");
    swiftlet_result *result = NULL;
    swiftlet_tensor tensor = {0};
    size_t count;
    REFUSES(swiftlet_input_count(model, NULL), SWIFTLET_BAD_ARGUMENT, "no place");
    REFUSES(swiftlet_input(model, 0, NULL), SWIFTLET_BAD_ARGUMENT, "no place");
    REFUSES(swiftlet_result_output((swiftlet_result *)model, 0, &tensor), SWIFTLET_BAD_ARGUMENT, "no open result");
    CHECK(swiftlet_close(model) == SWIFTLET_OK);
    swiftlet_model *none[] = {NULL, model, (swiftlet_model *)&model, (swiftlet_model *)(intptr_t)-1};
    for (int i = 0; i < 4; i++) {
        const char *mention = i ? "no open model" : "the model is NULL";
        REFUSES(swiftlet_predict(none[i], &tensor, 1, &result), SWIFTLET_BAD_ARGUMENT, mention);
        REFUSES(swiftlet_input_count(none[i], &count), SWIFTLET_BAD_ARGUMENT, mention);
        REFUSES(swiftlet_output_count(none[i], &count), SWIFTLET_BAD_ARGUMENT, mention);
        REFUSES(swiftlet_input(none[i], 0, &tensor), SWIFTLET_BAD_ARGUMENT, mention);
        REFUSES(swiftlet_output(none[i], 0, &tensor), SWIFTLET_BAD_ARGUMENT, mention);
        if (i) REFUSES(swiftlet_close(none[i]), SWIFTLET_BAD_ARGUMENT, mention);
    }
    CHECK(swiftlet_close(NULL) == SWIFTLET_OK);
    CHECK(swiftlet_result_free(NULL) == SWIFTLET_OK);
    REFUSES(swiftlet_result_free((swiftlet_result *)&result), SWIFTLET_BAD_ARGUMENT, "no open result");
    REFUSES(swiftlet_result_output(NULL, 0, &tensor), SWIFTLET_BAD_ARGUMENT, "the result is NULL");
    REFUSES(swiftlet_result_copy(NULL, 0, SWIFTLET_FLOAT32, &tensor, 4), SWIFTLET_BAD_ARGUMENT, "the result is NULL");
}

static void wrong_files(void) {
    swiftlet_model *model = (swiftlet_model *)&model;
    REFUSES(swiftlet_open(NULL, NULL, &model), SWIFTLET_BAD_ARGUMENT, "path is NULL");
    CHECK(model == NULL);
    REFUSES(swiftlet_open("\xff", NULL, &model), SWIFTLET_BAD_ARGUMENT, "UTF-8");
    REFUSES(swiftlet_open("there/is/none.keras", NULL, &model), SWIFTLET_BAD_FILE, "there/is/none.keras: No such file");
    REFUSES(swiftlet_open("", NULL, &model), SWIFTLET_BAD_FILE, "No such file");
    REFUSES(swiftlet_open(fixtures, NULL, &model), SWIFTLET_BAD_MODEL, "a folder");
    REFUSES(swiftlet_open(fixture("digits.npz"), NULL, &model), SWIFTLET_BAD_MODEL, "a file of weights");
    REFUSES(swiftlet_open(fixture("README.md"), NULL, &model), SWIFTLET_BAD_MODEL, "not a Keras file");
    REFUSES(swiftlet_open(fixture("keras/cnn-keras3.json"), NULL, &model), SWIFTLET_BAD_MODEL, "without weights");
    REFUSES(swiftlet_open(fixture("keras/cnn-keras3.keras"), NULL, NULL), SWIFTLET_BAD_ARGUMENT, "no place");
    REFUSES(swiftlet_open_bytes(NULL, 10, NULL, &model), SWIFTLET_BAD_ARGUMENT, "no bytes");
    REFUSES(swiftlet_open_bytes("", 0, NULL, &model), SWIFTLET_BAD_MODEL, "empty");
    REFUSES(swiftlet_open_bytes("PK nonsense", 11, NULL, &model), SWIFTLET_BAD_MODEL, "model: ");
    REFUSES(swiftlet_open_bytes("{\"weight_map\": {}}", 18, NULL, &model), SWIFTLET_BAD_MODEL, "weights");
    size_t count = 0;
    unsigned char *bytes = read_file(fixture("keras/cnn-keras3.keras"), &count);
    for (size_t cut = 0; cut < count; cut += 97)
        CHECK(swiftlet_open_bytes(bytes, cut, NULL, &model) == SWIFTLET_BAD_MODEL && model == NULL);
    free(bytes);
}

static void wrong_options(void) {
    swiftlet_model *model = NULL;
    char path[4096];
    snprintf(path, sizeof path, "%s", fixture("keras/cnn-keras3.keras"));
    swiftlet_options options;
#define OPTION(member, value, status, mention)                                                    \
    do {                                                                                          \
        options = SWIFTLET_OPTIONS;                                                               \
        options.member = (value);                                                                 \
        REFUSES(swiftlet_open(path, &options, &model), status, mention);                          \
    } while (0)
    OPTION(size, 0, SWIFTLET_BAD_ARGUMENT, "options.size");
    OPTION(size, 1 << 20, SWIFTLET_BAD_ARGUMENT, "options.size");
    OPTION(threads, -1, SWIFTLET_BAD_ARGUMENT, "options.threads");
    OPTION(threads, 1 << 20, SWIFTLET_BAD_ARGUMENT, "options.threads");
    OPTION(batch_size, -1, SWIFTLET_BAD_ARGUMENT, "options.batch_size");
    OPTION(exact, 2, SWIFTLET_BAD_ARGUMENT, "options.exact");
    OPTION(isolate, 7, SWIFTLET_BAD_ARGUMENT, "options.isolate");
    OPTION(isolate, 1, SWIFTLET_BAD_ARGUMENT, "helper");
    OPTION(limits, "model-bytes=much", SWIFTLET_BAD_ARGUMENT, "'model-bytes=much'");
    OPTION(limits, "\xff", SWIFTLET_BAD_ARGUMENT, "UTF-8");
    OPTION(limits, "model-bytes=100", SWIFTLET_BAD_MODEL, "model-bytes");
    OPTION(weights, "none.h5", SWIFTLET_BAD_FILE, "none.h5");
    // A caller of a later version: what it says beyond is refused, unless it says nothing.
    struct { swiftlet_options known; int64_t later; } later = {SWIFTLET_OPTIONS, 0};
    later.known.size = sizeof later;
    CHECK(swiftlet_open(path, &later.known, &model) == SWIFTLET_OK);
    CHECK(swiftlet_close(model) == SWIFTLET_OK);
    later.later = 1;
    REFUSES(swiftlet_open(path, &later.known, &model), SWIFTLET_BAD_ARGUMENT, swiftlet_version());
}

/// What only libhdf5 reads: refused without a helper, read by one.
static void isolation(void) {
    swiftlet_model *model = NULL;
    char path[4096];
    snprintf(path, sizeof path, "%s", fixture("hdf5/isolated/model.h5"));
    REFUSES(swiftlet_open(path, NULL, &model), SWIFTLET_BAD_MODEL, "helper process");
    if (!helper) return;
    static reference r;
    read_reference("cnn-keras2", &r);
    swiftlet_options options = SWIFTLET_OPTIONS;
    options.helper = helper;
    for (int all = 0; all < 2; all++) {
        options.isolate = all;
        CHECK(swiftlet_open(path, &options, &model) == SWIFTLET_OK);
        check_predictions(model, &r);
        CHECK(swiftlet_close(model) == SWIFTLET_OK);
    }
    options.helper = "/there/is/none";
    REFUSES(swiftlet_open(path, &options, &model), SWIFTLET_BAD_MODEL, path);
}

// MARK: Threads

typedef struct {
    swiftlet_model *model;
    const reference *reference;
    int number;
} worker;

static void *work(void *given) {
    const worker *w = given;
    float first[9], again[9];
    for (int turn = 0; turn < 100; turn++) {
        swiftlet_result *result = NULL;
        CHECK(swiftlet_predict(w->model, &w->reference->inputs[0].tensor, 1, &result) == SWIFTLET_OK);
        float *found = turn ? again : first;
        CHECK(swiftlet_result_copy(result, 0, SWIFTLET_FLOAT32, found, sizeof first) == SWIFTLET_OK);
        CHECK(turn == 0 || memcmp(first, again, sizeof first) == 0);
        if (turn == 0) check_outputs(result, w->reference);
        CHECK(swiftlet_result_free(result) == SWIFTLET_OK);
        // The message is the thread's own.
        if (turn == 0) {
            char name[32];
            swiftlet_model *none = NULL;
            snprintf(name, sizeof name, "none-%d", w->number);
            CHECK(swiftlet_open(name, NULL, &none) == SWIFTLET_BAD_FILE);
        }
        if (turn % 10 == 0) {
            swiftlet_model *own = open_fixture("keras/cnn-keras3.h5");
            check_predictions(own, w->reference);
            CHECK(swiftlet_close(own) == SWIFTLET_OK);
        }
    }
    // The last message is of check_outputs, which asks for one output too many; make one more of this thread.
    char name[32];
    swiftlet_model *none = NULL;
    snprintf(name, sizeof name, "none-%d:", w->number);
    CHECK(swiftlet_open(name, NULL, &none) == SWIFTLET_BAD_FILE && strstr(swiftlet_message(), name));
    return NULL;
}

static void *predict_until_closed(void *given) {
    const worker *w = given;
    for (;;) {
        swiftlet_result *result = NULL;
        swiftlet_status status = swiftlet_predict(w->model, &w->reference->inputs[0].tensor, 1, &result);
        if (status == SWIFTLET_BAD_ARGUMENT) return NULL;
        CHECK(status == SWIFTLET_OK);
        check_outputs(result, w->reference);
        CHECK(swiftlet_result_free(result) == SWIFTLET_OK);
    }
}

static void threads(void) {
    enum { count = 8 };
    static reference r;
    read_reference("cnn-keras3", &r);
    swiftlet_model *model = open_fixture("keras/cnn-keras3.keras");
    pthread_t ids[count];
    worker workers[count];
    for (int i = 0; i < count; i++) {
        workers[i] = (worker){model, &r, i};
        CHECK(pthread_create(&ids[i], NULL, work, &workers[i]) == 0);
    }
    for (int i = 0; i < count; i++) pthread_join(ids[i], NULL);
    // Closed while others predict: they end well, and then find it closed.
    for (int i = 0; i < count; i++)
        CHECK(pthread_create(&ids[i], NULL, predict_until_closed, &workers[i]) == 0);
    struct timespec moment = {0, 50000000};
    nanosleep(&moment, NULL);
    CHECK(swiftlet_close(model) == SWIFTLET_OK);
    for (int i = 0; i < count; i++) pthread_join(ids[i], NULL);
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: check FIXTURES ARRAYS [HELPER]\n");
        return 64;
    }
    fixtures = arguments[1];
    arrays = arguments[2];
    helper = count > 3 ? arguments[3] : NULL;
    CHECK(strcmp(swiftlet_message(), "") == 0);
    int major, minor, patch;
    CHECK(sscanf(swiftlet_version(), "%d.%d.%d", &major, &minor, &patch) == 3);
    formats();
    descriptions();
    input_types();
    output_types();
    texts_and_flags();
    batches();
    wrong_inputs();
    wrong_handles();
    wrong_files();
    wrong_options();
    isolation();
    threads();
    printf("%d checks of the C interface, %d failed\n", checks, failures);
    return failures ? 1 : 0;
}
