// libpng reports errors by longjmp, which must not cross Swift frames: these calls catch them.
#ifndef CPNGCODEC_H
#define CPNGCODEC_H

#include <stddef.h>
#include <stdint.h>

enum { swiftlet_png_message_size = 128 };

/// Pixels as they come out: palettes are resolved, alpha is dropped, 1, 2 and 4 bits become 8.
typedef struct {
    uint32_t width, height;
    uint32_t channels;        // 1 or 3
    uint32_t bytesPerSample;  // 1, or 2 in the processor's byte order
    char message[swiftlet_png_message_size];  // why a call failed
} swiftlet_png;

/// Reads the header and fills `image`. Returns 0 on success.
int swiftlet_png_read_header(const uint8_t *bytes, size_t count, swiftlet_png *image);

/// Decodes into `pixels`, which has room for what `image` says after `swiftlet_png_read_header`.
int swiftlet_png_read(
    const uint8_t *bytes, size_t count, swiftlet_png *image, uint8_t *pixels, size_t pixelCount);

typedef void swiftlet_png_sink(void *context, const uint8_t *bytes, size_t count);

/// Encodes 8-bit pixels, `image->channels` of them each, and hands the bytes to `sink`.
int swiftlet_png_write(
    swiftlet_png *image, const uint8_t *pixels, swiftlet_png_sink *sink, void *context);

#endif
