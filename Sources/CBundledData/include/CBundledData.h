// Data sets inside the binary, so that they are there wherever it is installed.
#ifndef CBUNDLEDDATA_H
#define CBUNDLEDDATA_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *bytes;
    size_t count;
} swiftlet_bundled_file;

/// fixtures/digits.npz
swiftlet_bundled_file swiftlet_bundled_digits(void);
/// fixtures/diabetes.npz
swiftlet_bundled_file swiftlet_bundled_diabetes(void);

#endif
