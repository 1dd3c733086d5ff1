// libhdf5, opened when a file first needs it: reading models does not, and of the libraries that a program
// of ours would load at its start most would be those that libhdf5 asks for. Its header gives the types;
// nothing is linked.
#ifndef SWIFTLET_CHDF5_H
#define SWIFTLET_CHDF5_H

#define H5_USE_110_API
#if __has_include(<hdf5.h>)
#include <hdf5.h>
#elif __has_include(<hdf5/serial/hdf5.h>)
#include <hdf5/serial/hdf5.h>
#else
#error "hdf5.h is missing: install libhdf5-dev (apt) or hdf5 (brew)"
#endif

// The functions that are used. A name with several versions is a macro for the oldest one.
#define CHDF5_FUNCTIONS(use)                                                                       \
    use(H5open) use(H5get_libversion) use(H5Eset_auto2) use(H5Ewalk2)                              \
    use(H5Aclose) use(H5Acreate2) use(H5Adelete) use(H5Aexists) use(H5Aget_name)                   \
    use(H5Aget_space) use(H5Aget_type) use(H5Aiterate2) use(H5Aopen) use(H5Aopen_by_idx)           \
    use(H5Aread) use(H5Awrite) use(H5Dclose) use(H5Dcreate2) use(H5Dget_create_plist)              \
    use(H5Dget_offset) use(H5Dget_space) use(H5Dget_type) use(H5Dopen2) use(H5Dread)               \
    use(H5Dvlen_reclaim) use(H5Dwrite) use(H5Fclose) use(H5Fcreate) use(H5Fflush)                  \
    use(H5Fget_file_image) use(H5Fopen) use(H5Gclose) use(H5Gcreate2) use(H5Gopen2)                \
    use(H5Iget_type) use(H5Lcreate_hard) use(H5Lexists) use(H5Lget_name_by_idx) use(H5Oclose)      \
    use(H5Oopen) use(H5PLset_loading_state) use(H5Pclose) use(H5Pcreate) use(H5Pget_chunk)         \
    use(H5Pget_external_count) use(H5Pget_filter2) use(H5Pget_layout) use(H5Pget_nfilters)         \
    use(H5Pset_alloc_time) use(H5Pset_chunk) use(H5Pset_deflate) use(H5Pset_fapl_core)             \
    use(H5Pset_file_image) use(H5Pset_file_image_callbacks) use(H5Pset_file_locking)               \
    use(H5Pset_fill_time) use(H5Pset_layout) use(H5Pset_libver_bounds)                             \
    use(H5Pset_obj_track_times) use(H5Pset_shuffle) use(H5Sclose) use(H5Screate)                   \
    use(H5Screate_simple) use(H5Sget_simple_extent_dims) use(H5Sget_simple_extent_ndims)           \
    use(H5Sget_simple_extent_npoints) use(H5Sget_simple_extent_type) use(H5Sselect_hyperslab)      \
    use(H5Tarray_create2) use(H5Tclose) use(H5Tcommit2) use(H5Tcopy) use(H5Tcreate)                \
    use(H5Tdecode) use(H5Tdetect_class) use(H5Tencode) use(H5Tenum_create) use(H5Tenum_insert)     \
    use(H5Tget_array_dims2) use(H5Tget_array_ndims) use(H5Tget_class) use(H5Tget_nmembers)         \
    use(H5Tget_sign) use(H5Tget_size) use(H5Tget_strpad) use(H5Tget_super)                         \
    use(H5Tis_variable_str) use(H5Topen2) use(H5Tset_cset) use(H5Tset_ebias) use(H5Tset_fields)    \
    use(H5Tset_size) use(H5Tset_strpad) use(H5Tset_tag) use(H5Zfilter_avail)                       \
    use(H5Lget_info) use(H5Oget_info) use(H5Literate)

// Identifiers that the library keeps in variables.
#define CHDF5_IDENTIFIERS(use)                                                                     \
    use(H5P_CLS_FILE_ACCESS_ID_g) use(H5P_CLS_DATASET_CREATE_ID_g) use(H5T_C_S1_g)                 \
    use(H5T_NATIVE_FLOAT_g) use(H5T_NATIVE_DOUBLE_g) use(H5T_NATIVE_INT8_g)                        \
    use(H5T_NATIVE_INT16_g) use(H5T_NATIVE_INT32_g) use(H5T_NATIVE_INT64_g)                        \
    use(H5T_NATIVE_UINT8_g) use(H5T_NATIVE_UINT16_g) use(H5T_NATIVE_UINT32_g)                      \
    use(H5T_NATIVE_UINT64_g)

#ifndef __clang__
#define _Nonnull
#define _Nullable
#endif

/// The library once it is open.
typedef struct chdf5_library {
#define CHDF5_FUNCTION(name) __typeof__(name) *_Nonnull name;
#define CHDF5_IDENTIFIER(name) const hid_t *_Nonnull name;
    CHDF5_FUNCTIONS(CHDF5_FUNCTION)
    CHDF5_IDENTIFIERS(CHDF5_IDENTIFIER)
} chdf5_library;

/// Opens the library, the first time.
///
/// Returns: NULL, or why there is none. All other functions and the table need it to be open.
const char *_Nullable chdf5_open(void);

const chdf5_library *_Nonnull chdf5(void);

static inline size_t chdf5_variable_size(void) { return H5T_VARIABLE; }

// H5F_ACC_RDONLY and H5F_ACC_TRUNC, which are macros that call the library.
enum { CHDF5_READ_ONLY = 0, CHDF5_TRUNCATE = 2 };

/// The names of a group in their order, each with the kind of its link (`H5L_TYPE_HARD` …), which is not
/// followed, until `visit` answers other than 0.
int chdf5_for_each_link(hid_t group, int (*_Nonnull visit)(const char *_Nonnull, int, void *_Nullable),
                        void *_Nullable context);

/// The kind of the link `name` of a group, which is not followed; negative if there is none. For the tests,
/// which compare our own reader with this library.
int chdf5_link_type(hid_t group, const char *_Nonnull name);

/// The kind of an open object (`H5O_TYPE_GROUP` …) and where it lies; negative on failure.
int chdf5_object_type(hid_t object, uint64_t *_Nonnull address);

/// A type like another one that belongs to no file: what H5Tcopy makes may still be a reference to a heap of
/// the file.
hid_t chdf5_own_type(hid_t type);

/// A filter of a pipeline by its place there; negative on failure.
int chdf5_filter(hid_t list, unsigned index);

/// An IEEE half, which HDF5 1.10 does not name.
hid_t chdf5_new_float16(void);

#endif
