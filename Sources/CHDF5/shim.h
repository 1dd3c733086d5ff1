// What Swift cannot import of libhdf5: macros that open the library on first use, and functions whose
// name is a macro for one of several versions.
#ifndef SWIFTLET_CHDF5_H
#define SWIFTLET_CHDF5_H

#define H5_USE_110_API
#include <hdf5.h>
#include <stdlib.h>

static inline hid_t chdf5_float32(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t chdf5_float64(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t chdf5_int16(void) { return H5T_NATIVE_INT16; }
static inline hid_t chdf5_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t chdf5_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t chdf5_uint16(void) { return H5T_NATIVE_UINT16; }
static inline hid_t chdf5_uint32(void) { return H5T_NATIVE_UINT32; }
static inline hid_t chdf5_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t chdf5_string(void) { return H5T_C_S1; }
static inline size_t chdf5_variable_size(void) { return H5T_VARIABLE; }

static inline hid_t chdf5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_dataset_create(void) { return H5P_DATASET_CREATE; }

static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_truncate(void) { return H5F_ACC_TRUNC; }

/// The names of a group in their order, each with the kind of its link (`H5L_TYPE_HARD` …), which is not
/// followed, until `visit` answers other than 0.
struct chdf5_link_visit {
    int (*visit)(const char *name, int type, void *context);
    void *context;
};
static inline herr_t chdf5_visit_link(hid_t group, const char *name, const H5L_info_t *info, void *visit) {
    (void)group;
    const struct chdf5_link_visit *own = (const struct chdf5_link_visit *)visit;
    return own->visit(name, (int)info->type, own->context);
}
static inline int chdf5_for_each_link(hid_t group, int (*visit)(const char *, int, void *), void *context) {
    hsize_t index = 0;
    struct chdf5_link_visit own = {visit, context};
    return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &index, chdf5_visit_link, &own);
}

/// The kind of an open object (`H5O_TYPE_GROUP` …) and where it lies; negative on failure.
static inline int chdf5_object_type(hid_t object, uint64_t *address) {
    H5O_info_t info;
    if (H5Oget_info(object, &info) < 0) return -1;
    *address = (uint64_t)info.addr;
    return (int)info.type;
}

/// A type like another one that belongs to no file: what H5Tcopy makes may still be a reference to a heap of
/// the file.
static inline hid_t chdf5_own_type(hid_t type) {
    size_t size = 0;
    if (H5Tencode(type, NULL, &size) < 0) return -1;
    void *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL) return -1;
    hid_t own = H5Tencode(type, bytes, &size) < 0 ? -1 : H5Tdecode(bytes);
    free(bytes);
    return own;
}

/// A filter of a pipeline by its place there; negative on failure.
static inline int chdf5_filter(hid_t list, unsigned index) {
    unsigned flags = 0, configuration = 0;
    size_t count = 0;
    return (int)H5Pget_filter(list, index, &flags, &count, NULL, 0, NULL, &configuration);
}

/// The kind of the link `name` of a group (`H5L_TYPE_HARD` …), which is not followed; negative if there is none.
/// For the tests, which compare our own reader with this library.
static inline int chdf5_link_type(hid_t group, const char *name) {
    H5L_info_t info;
    return H5Lget_info(group, name, &info, H5P_DEFAULT) < 0 ? -1 : (int)info.type;
}

/// An IEEE half, which HDF5 1.10 does not name.
static inline hid_t chdf5_new_float16(void) {
    hid_t type = H5Tcopy(H5T_NATIVE_FLOAT);
    if (type < 0) return type;
    if (H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_size(type, 2) < 0 ||
        H5Tset_ebias(type, 15) < 0) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

#endif
