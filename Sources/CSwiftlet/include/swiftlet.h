/*
 * Swiftlet for C: opens Keras models of any format and era and runs them on the CPU.
 *
 *     swiftlet_model *model = NULL;
 *     swiftlet_result *result = NULL;
 *     int64_t shape[] = {1, 28, 28, 1};
 *     swiftlet_tensor image = {.dtype = SWIFTLET_FLOAT32, .rank = 4, .shape = shape,
 *                              .data = pixels, .bytes = sizeof pixels};
 *     float answer[10];
 *     if (swiftlet_open("digits.keras", NULL, &model) != SWIFTLET_OK ||
 *         swiftlet_predict(model, &image, 1, &result) != SWIFTLET_OK ||
 *         swiftlet_result_copy(result, 0, SWIFTLET_FLOAT32, answer, sizeof answer) != SWIFTLET_OK)
 *         fprintf(stderr, "%s\n", swiftlet_message());
 *     swiftlet_result_free(result);
 *     swiftlet_close(model);
 *
 * Every function may be called from any thread at any time, also several times at once with the same
 * model or result. What is NULL, unknown or closed where something is needed is answered with a status;
 * pointers to memory have to be valid, as everywhere in C. Texts are UTF-8 and end with a zero byte.
 * No file is executed; docs/security.md says what is promised about files of strangers.
 */
#ifndef SWIFTLET_H
#define SWIFTLET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a call ended. */
typedef int32_t swiftlet_status;
enum {
    SWIFTLET_OK = 0,
    SWIFTLET_BAD_ARGUMENT = 1, /* NULL, a closed or unknown handle, an unknown option or element type */
    SWIFTLET_BAD_FILE = 2,     /* the system refuses to open or read the file */
    SWIFTLET_BAD_MODEL = 3,    /* no Keras model, damaged, unsupported, or beyond the limits */
    SWIFTLET_BAD_INPUT = 4,    /* the inputs do not fit the model */
    SWIFTLET_FAILED = 5        /* the computation could not be done: memory, limits */
};

/* Element types, as NumPy and Keras call them. */
typedef int32_t swiftlet_dtype;
enum {
    SWIFTLET_FLOAT16 = 1,
    SWIFTLET_BFLOAT16 = 2,
    SWIFTLET_FLOAT32 = 3,
    SWIFTLET_FLOAT64 = 4,
    SWIFTLET_INT8 = 5,
    SWIFTLET_INT16 = 6,
    SWIFTLET_INT32 = 7,
    SWIFTLET_INT64 = 8,
    SWIFTLET_UINT8 = 9,
    SWIFTLET_UINT16 = 10,
    SWIFTLET_UINT32 = 11,
    SWIFTLET_UINT64 = 12,
    SWIFTLET_BOOL = 13,  /* one byte; anything but 0 is true */
    SWIFTLET_STRING = 14 /* const char *, one per element */
};

/* An open model. */
typedef struct swiftlet_model swiftlet_model;
/* The outputs of one prediction. */
typedef struct swiftlet_result swiftlet_result;

/*
 * An array in row-major order, the batch outermost; or, with data NULL, the description of one.
 */
typedef struct swiftlet_tensor {
    const char *name; /* of the input or output; may be NULL for inputs given in the model's order */
    swiftlet_dtype dtype;
    int32_t rank;
    const int64_t *shape; /* rank extents; in descriptions -1 for one that varies */
    const void *data;     /* elements; for SWIFTLET_STRING a const char *const * */
    size_t bytes;         /* at data: elements times their size; size of a pointer for strings */
} swiftlet_tensor;

/*
 * How a model is opened and run. Begin with SWIFTLET_OPTIONS and set what is to differ; what is 0 or NULL
 * keeps its standard. Later versions add members at the end.
 */
typedef struct swiftlet_options {
    size_t size;         /* sizeof(swiftlet_options) */
    const char *weights; /* a file of weights, for a model that is an architecture alone */
    const char *limits;  /* what the file and a run may ask for, as the command line writes it:
                            "model-bytes=1GiB time=10"; docs/security.md lists them */
    const char *helper;  /* the program swiftlet, which reads in a confined process of its own what only
                            libhdf5 reads; without it such files are refused and no process is started */
    int32_t isolate;     /* 1: the helper reads all HDF5 */
    int32_t threads;     /* that take part in a prediction; 0: one per processor */
    int32_t batch_size;  /* rows computed at once; 0: 32 */
    int32_t exact;       /* 1: adds up term by term, where the standard is faster algorithms */
} swiftlet_options;

#ifdef __cplusplus
#define SWIFTLET_OPTIONS (swiftlet_options{sizeof(swiftlet_options)})
#else
#define SWIFTLET_OPTIONS ((swiftlet_options){.size = sizeof(swiftlet_options)})
#endif

/* The version of the library, "major.minor.patch". */
const char *swiftlet_version(void);

/*
 * What was wrong with the last call of this thread that did not end in SWIFTLET_OK: one line that names the
 * file, the place in it and the cause. Empty if none failed. Valid until the thread's next failing call.
 */
const char *swiftlet_message(void);

/*
 * Opens a model: .keras (zipped or a folder), .h5, or an architecture .json. `options` may be NULL.
 * `*model` is NULL unless the call ends in SWIFTLET_OK; close it with swiftlet_close.
 */
swiftlet_status swiftlet_open(
    const char *path, const swiftlet_options *options, swiftlet_model **model);

/* The same for a file that is in memory. The bytes are copied. */
swiftlet_status swiftlet_open_bytes(
    const void *bytes, size_t count, const swiftlet_options *options, swiftlet_model **model);

/*
 * How many inputs and outputs the model has, and a description of each. What a description points to is
 * valid until the model is closed. Inputs of other numeric types are converted, and the outputs that are
 * floating point are float32.
 */
swiftlet_status swiftlet_input_count(const swiftlet_model *model, size_t *count);
swiftlet_status swiftlet_output_count(const swiftlet_model *model, size_t *count);
swiftlet_status swiftlet_input(
    const swiftlet_model *model, size_t index, swiftlet_tensor *description);
swiftlet_status swiftlet_output(
    const swiftlet_model *model, size_t index, swiftlet_tensor *description);

/*
 * Predicts for any number of rows. Inputs are matched by their names if all have one, otherwise they are
 * in the model's order. They are only read, and only during the call. `*result` is NULL unless the call
 * ends in SWIFTLET_OK; free it with swiftlet_result_free.
 */
swiftlet_status swiftlet_predict(
    const swiftlet_model *model, const swiftlet_tensor *inputs, size_t count,
    swiftlet_result **result);

/* One output with its data, which is valid until the result is freed. */
swiftlet_status swiftlet_result_output(
    const swiftlet_result *result, size_t index, swiftlet_tensor *output);

/*
 * Copies one output into memory of the caller's, converted to a numeric `dtype` by C's rules; floating
 * point becomes integers with saturation. `bytes` must be what the output then takes.
 */
swiftlet_status swiftlet_result_copy(
    const swiftlet_result *result, size_t index, swiftlet_dtype dtype, void *buffer, size_t bytes);

/* NULL is fine and does nothing. */
swiftlet_status swiftlet_result_free(swiftlet_result *result);

/* The same for a model. Predictions that are running end as usual; results stay valid. */
swiftlet_status swiftlet_close(swiftlet_model *model);

#ifdef __cplusplus
}
#endif

#endif
