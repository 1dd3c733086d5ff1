// What Swift cannot import of libhdf5: macros that open the library on first use, and functions whose
// name is a macro for one of several versions.
#ifndef SWIFTLET_CHDF5_H
#define SWIFTLET_CHDF5_H

#define H5_USE_110_API
#include <hdf5.h>

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
static inline hid_t chdf5_dataset_transfer(void) { return H5P_DATASET_XFER; }
static inline hid_t chdf5_link_create(void) { return H5P_LINK_CREATE; }

static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_truncate(void) { return H5F_ACC_TRUNC; }

/// Reads files that another program has locked: nothing is written, and some file systems lock nothing.
static inline herr_t chdf5_ignore_locks(hid_t access) {
#if H5_VERSION_GE(1, 10, 7)
    return H5Pset_file_locking(access, 0, 1);
#else
    return 0;
#endif
}

/// The kind of the link `name` of a group (`H5L_TYPE_HARD` …), which is not followed; negative if there is none.
static inline int chdf5_link_type(hid_t group, const char *name) {
    H5L_info_t info;
    return H5Lget_info(group, name, &info, H5P_DEFAULT) < 0 ? -1 : (int)info.type;
}

typedef void (*chdf5_name_visitor)(const char *name, void *context);
typedef struct {
    chdf5_name_visitor visit;
    void *context;
} chdf5_visit;

static inline herr_t chdf5_visit_link(hid_t group, const char *name, const H5L_info_t *info, void *data) {
    (void)group, (void)info;
    const chdf5_visit *visit = (const chdf5_visit *)data;
    visit->visit(name, visit->context);
    return 0;
}

static inline herr_t chdf5_visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data) {
    (void)object, (void)info;
    const chdf5_visit *visit = (const chdf5_visit *)data;
    visit->visit(name, visit->context);
    return 0;
}

/// Names the links of a group, sorted.
static inline herr_t chdf5_links(hid_t group, chdf5_name_visitor visitor, void *context) {
    chdf5_visit visit = {visitor, context};
    return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, chdf5_visit_link, &visit);
}

/// Names the attributes of an object, sorted.
static inline herr_t chdf5_attributes(hid_t object, chdf5_name_visitor visitor, void *context) {
    chdf5_visit visit = {visitor, context};
    return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, chdf5_visit_attribute, &visit);
}

// Bytes in memory as a file that is only read: libhdf5 would copy them twice, so its callbacks say that
// every copy it asks for is the original.
static inline void *chdf5_image_malloc(size_t size, H5FD_file_image_op_t operation, void *image) {
    (void)size, (void)operation;
    return image;
}
static inline void *chdf5_image_copy(void *to, const void *from, size_t size, H5FD_file_image_op_t operation,
                                     void *image) {
    (void)from, (void)size, (void)operation, (void)image;
    return to;
}
static inline void *chdf5_image_grow(void *buffer, size_t size, H5FD_file_image_op_t operation, void *image) {
    (void)buffer, (void)size, (void)operation, (void)image;
    return NULL;
}
static inline herr_t chdf5_image_free(void *buffer, H5FD_file_image_op_t operation, void *image) {
    (void)buffer, (void)operation, (void)image;
    return 0;
}
static inline void *chdf5_image_share(void *image) { return image; }
static inline herr_t chdf5_image_leave(void *image) {
    (void)image;
    return 0;
}

/// Makes a file opened with `access` read these bytes, which must outlive it.
static inline herr_t chdf5_view_image(hid_t access, const void *bytes, size_t count) {
    H5FD_file_image_callbacks_t callbacks = {
        chdf5_image_malloc, chdf5_image_copy, chdf5_image_grow, chdf5_image_free,
        chdf5_image_share,  chdf5_image_leave, (void *)bytes,
    };
    if (H5Pset_fapl_core(access, 1 << 16, 0) < 0) return -1;
    if (H5Pset_file_image_callbacks(access, &callbacks) < 0) return -1;
    return H5Pset_file_image(access, (void *)bytes, count);
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
