#include "CPNGCodec.h"

#include <png.h>
#include <string.h>

typedef struct {
    const uint8_t *bytes;
    size_t left;
} source;

typedef struct {
    swiftlet_png_sink *write;
    void *context;
} sink;

static void on_error(png_structp png, png_const_charp message) {
    swiftlet_png *image = png_get_error_ptr(png);
    strncpy(image->message, message, sizeof image->message - 1);
    image->message[sizeof image->message - 1] = 0;
    png_longjmp(png, 1);
}

// Warnings concern chunks that do not change the pixels.
static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep bytes, size_t count) {
    source *from = png_get_io_ptr(png);
    if (count > from->left) png_error(png, "the file ends before the image does");
    memcpy(bytes, from->bytes, count);
    from->bytes += count;
    from->left -= count;
}

static void on_write(png_structp png, png_bytep bytes, size_t count) {
    sink *to = png_get_io_ptr(png);
    to->write(to->context, bytes, count);
}

static void on_flush(png_structp png) { (void)png; }

// Everything between setjmp and its return; the structs are the caller's, so that they survive.
static void read_image(
    png_structp png, png_infop info, swiftlet_png *image, uint8_t *pixels, size_t pixelCount) {
    png_read_info(png, info);
    png_set_expand(png);
    png_set_strip_alpha(png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    png_set_swap(png);
#endif
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    image->width = png_get_image_width(png, info);
    image->height = png_get_image_height(png, info);
    image->channels = png_get_channels(png, info);
    image->bytesPerSample = png_get_bit_depth(png, info) / 8;
    if (!pixels) return;

    size_t stride = png_get_rowbytes(png, info);
    if (stride == 0 || pixelCount / stride < image->height) png_error(png, "the header changed");
    for (int pass = 0; pass < passes; pass++)
        for (size_t row = 0; row < image->height; row++)
            png_read_row(png, pixels + row * stride, NULL);
    png_read_end(png, NULL);
}

static int with_reader(
    const uint8_t *bytes, size_t count, swiftlet_png *image, uint8_t *pixels, size_t pixelCount) {
    source from = {bytes, count};
    image->message[0] = 0;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, image, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    int status = -1;
    if (info && !setjmp(png_jmpbuf(png))) {
        png_set_read_fn(png, &from, on_read);
        read_image(png, info, image, pixels, pixelCount);
        status = 0;
    }
    png_destroy_read_struct(&png, &info, NULL);
    return status;
}

int swiftlet_png_read_header(const uint8_t *bytes, size_t count, swiftlet_png *image) {
    return with_reader(bytes, count, image, NULL, 0);
}

int swiftlet_png_read(
    const uint8_t *bytes, size_t count, swiftlet_png *image, uint8_t *pixels, size_t pixelCount) {
    return with_reader(bytes, count, image, pixels, pixelCount);
}

static void write_image(
    png_structp png, png_infop info, const swiftlet_png *image, const uint8_t *pixels) {
    png_set_IHDR(
        png, info, image->width, image->height, 8,
        image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
        PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    size_t stride = (size_t)image->width * image->channels;
    for (size_t row = 0; row < image->height; row++) png_write_row(png, pixels + row * stride);
    png_write_end(png, NULL);
}

int swiftlet_png_write(
    swiftlet_png *image, const uint8_t *pixels, swiftlet_png_sink *write, void *context) {
    sink to = {write, context};
    image->message[0] = 0;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, image, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    int status = -1;
    if (info && !setjmp(png_jmpbuf(png))) {
        png_set_write_fn(png, &to, on_write, on_flush);
        write_image(png, info, image, pixels);
        status = 0;
    }
    png_destroy_write_struct(&png, &info);
    return status;
}
