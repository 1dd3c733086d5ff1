// Arrays of NumPy's .npy files, as far as the fixtures need them: float32 and int32 in row-major order.
#ifndef TEST_NPY_H
#define TEST_NPY_H

#include "swiftlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    swiftlet_tensor tensor;
    int64_t shape[8];
    size_t count;
} array;

/// Whether there is such a file. The array's memory is the process's to the end.
static int read_npy(const char *path, array *a) {
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    unsigned char start[10];
    char header[4096] = {0};
    size_t length = fread(start, 1, 10, file) == 10 ? start[8] + 256u * start[9] : sizeof header;
    if (length >= sizeof header || fread(header, 1, length, file) != length ||
        strstr(header, "'fortran_order': False") == NULL) {
        fprintf(stderr, "%s: no array that this test reads\n", path);
        exit(1);
    }
    memset(a, 0, sizeof *a);
    a->tensor.dtype = strstr(header, "'<i4'") ? SWIFTLET_INT32 : SWIFTLET_FLOAT32;
    a->count = 1;
    for (char *next = strchr(strstr(header, "'shape': "), '(') + 1; *next != ')' && a->tensor.rank < 8;) {
        int64_t extent = strtoll(next, &next, 10);
        a->shape[a->tensor.rank++] = extent;
        a->count *= (size_t)extent;
        while (*next == ',' || *next == ' ') next++;
    }
    a->tensor.bytes = 4 * a->count;
    void *data = malloc(a->tensor.bytes + 1);
    if (!data || fread(data, 1, a->tensor.bytes, file) != a->tensor.bytes) exit(1);
    fclose(file);
    a->tensor.data = data;
    a->tensor.shape = a->shape;  // of the caller's array: it must not move
    return 1;
}

#endif
