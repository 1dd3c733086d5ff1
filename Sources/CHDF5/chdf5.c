#include "chdf5.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static chdf5_library library;
static char failure[512];

const chdf5_library *chdf5(void) { return &library; }

#ifdef CHDF5_LINKED /* the library is inside the program */

static bool find_all(void) {
#define FIND(name) library.name = name;
#define FIND_IDENTIFIER(name) library.name = &name;
    CHDF5_FUNCTIONS(FIND)
    CHDF5_IDENTIFIERS(FIND_IDENTIFIER)
    return true;
}

#else

/* Each minor version of the library has layouts and a number of its own. */
static const char *const names[] = {
#ifdef __APPLE__
    "libhdf5.dylib", "/opt/homebrew/lib/libhdf5.dylib", "/usr/local/lib/libhdf5.dylib",
#elif H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 10
    "libhdf5_serial.so.103", "libhdf5.so.103",
#elif H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 12
    "libhdf5_serial.so.200", "libhdf5.so.200",
#elif H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 14
    "libhdf5_serial.so.310", "libhdf5.so.310",
#endif
#ifndef __APPLE__
    "libhdf5_serial.so", "libhdf5.so",
#endif
};

static bool fail(const char *cause) {
    if (failure[0] == 0) snprintf(failure, sizeof failure, "%s", cause ? cause : "unknown");
    return false;
}

/* The names may be macros: they are looked up as what they stand for. */
#define TEXT(name) #name
#define FIND_AS(member, name)                                                                      \
    *(const void **)&library.member = dlsym(handle, TEXT(name));                                   \
    if (library.member == NULL) return fail(dlerror());
#define FIND(name) FIND_AS(name, name)

static bool find_all(void) {
    void *handle = NULL;
    for (size_t i = 0; handle == NULL && i < sizeof names / sizeof *names; i++) {
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (handle == NULL) fail(dlerror());
    }
    if (handle == NULL) return false;
    failure[0] = 0;
    CHDF5_FUNCTIONS(FIND)
    CHDF5_IDENTIFIERS(FIND)
    return true;
}

#endif

static void open_once(void) {
    if (!find_all()) return;
    unsigned major = 0, minor = 0, release = 0;
    if (library.H5open() < 0 || library.H5get_libversion(&major, &minor, &release) < 0) {
        snprintf(failure, sizeof failure, "libhdf5 does not start");
    } else if (major != H5_VERS_MAJOR || minor != H5_VERS_MINOR) {
        snprintf(failure, sizeof failure, "libhdf5 %u.%u is installed, %d.%d was compiled with", major,
                 minor, H5_VERS_MAJOR, H5_VERS_MINOR);
    }
}

const char *chdf5_open(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_once);
    return failure[0] == 0 ? NULL : failure;
}

typedef struct link_visit {
    int (*visit)(const char *name, int type, void *context);
    void *context;
} link_visit;

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *visit) {
    (void)group;
    const link_visit *own = visit;
    return own->visit(name, (int)info->type, own->context);
}

int chdf5_for_each_link(hid_t group, int (*visit)(const char *, int, void *), void *context) {
    hsize_t index = 0;
    link_visit own = {visit, context};
    return library.H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &index, visit_link, &own);
}

int chdf5_link_type(hid_t group, const char *name) {
    H5L_info_t info;
    return library.H5Lget_info(group, name, &info, H5P_DEFAULT) < 0 ? -1 : (int)info.type;
}

int chdf5_object_type(hid_t object, uint64_t *address) {
    H5O_info_t info;
    if (library.H5Oget_info(object, &info) < 0) return -1;
    *address = (uint64_t)info.addr;
    return (int)info.type;
}

hid_t chdf5_own_type(hid_t type) {
    size_t size = 0;
    if (library.H5Tencode(type, NULL, &size) < 0) return -1;
    void *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL) return -1;
    hid_t own = library.H5Tencode(type, bytes, &size) < 0 ? -1 : library.H5Tdecode(bytes);
    free(bytes);
    return own;
}

int chdf5_filter(hid_t list, unsigned index) {
    unsigned flags = 0, configuration = 0;
    size_t count = 0;
    return (int)library.H5Pget_filter2(list, index, &flags, &count, NULL, 0, NULL, &configuration);
}

hid_t chdf5_new_float16(void) {
    hid_t type = library.H5Tcopy(*library.H5T_NATIVE_FLOAT_g);
    if (type < 0) return type;
    if (library.H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || library.H5Tset_size(type, 2) < 0 ||
        library.H5Tset_ebias(type, 15) < 0) {
        library.H5Tclose(type);
        return -1;
    }
    return type;
}
