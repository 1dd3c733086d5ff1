#include "CBundledData.h"

// Clang has #embed in every language mode since version 19, but says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t digits[] = {
#embed "../../fixtures/digits.npz"
};

static const uint8_t diabetes[] = {
#embed "../../fixtures/diabetes.npz"
};

swiftlet_bundled_file swiftlet_bundled_digits(void) {
    return (swiftlet_bundled_file){digits, sizeof digits};
}

swiftlet_bundled_file swiftlet_bundled_diabetes(void) {
    return (swiftlet_bundled_file){diabetes, sizeof diabetes};
}
