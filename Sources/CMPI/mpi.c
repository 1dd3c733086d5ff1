#include "swiftlet_mpi.h"

#include <stdio.h>
#include <string.h>

#ifdef SWIFTLET_MPI

#if __has_include(<mpi.h>)
#include <mpi.h>
#elif __has_include(<mpi/mpi.h>)
#include <mpi/mpi.h>
#else
#error "the trait MPI needs mpi.h: install libopenmpi-dev (apt) or open-mpi (brew)"
#endif
#ifndef OPEN_MPI
#error "the trait MPI needs Open MPI's mpi.h"
#endif

#include <dlfcn.h>

// The functions have the header's types, the constants are addresses in the library.
#define FUNCTIONS(use)                                                                            \
    use(MPI_Init_thread) use(MPI_Initialized) use(MPI_Comm_rank) use(MPI_Comm_size)               \
    use(MPI_Comm_set_errhandler) use(MPI_Allgatherv) use(MPI_Alltoallv) use(MPI_Error_string)     \
    use(MPI_Finalize) use(MPI_Abort)

static struct {
#define MEMBER(name) __typeof__(name) *name;
    FUNCTIONS(MEMBER)
    MPI_Comm world;
    MPI_Datatype byte;
    MPI_Errhandler errors_return;
} mpi;

static int refuse(sl_mpi_error *error, const char *cause) {
    snprintf(error->text, sizeof error->text, "%s", cause ? cause : "unknown");
    return 0;
}

static int check(int code, const char *call, sl_mpi_error *error) {
    if (code == MPI_SUCCESS) return 1;
    char text[MPI_MAX_ERROR_STRING + 1] = "";
    int length = 0;
    mpi.MPI_Error_string(code, text, &length);
    snprintf(error->text, sizeof error->text, "%s: %s", call, text);
    return 0;
}

static int load(sl_mpi_error *error) {
    // Open MPI's own plug-ins look for its symbols among those of the program.
    static const char *const names[] = {"libmpi.so.40", "libmpi.so", "libmpi.dylib"};
    void *library = NULL;
    for (int i = 0; !library && i < 3; i++) library = dlopen(names[i], RTLD_NOW | RTLD_GLOBAL);
    if (!library) return refuse(error, dlerror());
#define LOAD(name)                                                                                \
    mpi.name = (__typeof__(name) *)dlsym(library, #name);                                         \
    if (!mpi.name) return refuse(error, dlerror());
    FUNCTIONS(LOAD)
    mpi.world = (MPI_Comm)dlsym(library, "ompi_mpi_comm_world");
    mpi.byte = (MPI_Datatype)dlsym(library, "ompi_mpi_byte");
    mpi.errors_return = (MPI_Errhandler)dlsym(library, "ompi_mpi_errors_return");
    if (!mpi.world || !mpi.byte || !mpi.errors_return) return refuse(error, "not Open MPI");
    return 1;
}

int sl_mpi_start(int *rank, int *count, sl_mpi_error *error) {
    if (!mpi.world && !load(error)) return 0;
    int initialized = 0, provided = 0;
    if (!check(mpi.MPI_Initialized(&initialized), "MPI_Initialized", error)) return 0;
    // One thread at a time, whichever it is.
    if (!initialized
        && !check(mpi.MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided),
                  "MPI_Init_thread", error)) return 0;
    if (!initialized && provided < MPI_THREAD_SERIALIZED)
        return refuse(error, "Open MPI was built without threads");
    return check(mpi.MPI_Comm_set_errhandler(mpi.world, mpi.errors_return),
                 "MPI_Comm_set_errhandler", error)
        && check(mpi.MPI_Comm_rank(mpi.world, rank), "MPI_Comm_rank", error)
        && check(mpi.MPI_Comm_size(mpi.world, count), "MPI_Comm_size", error);
}

int sl_mpi_gather(const void *own, int count, void *all, const int *counts, const int *offsets,
                  sl_mpi_error *error) {
    return check(mpi.MPI_Allgatherv(own, count, mpi.byte, all, counts, offsets, mpi.byte, mpi.world),
                 "MPI_Allgatherv", error);
}

int sl_mpi_exchange(const void *sent, const int *sent_counts, const int *sent_offsets,
                    void *received, const int *received_counts, const int *received_offsets,
                    sl_mpi_error *error) {
    return check(mpi.MPI_Alltoallv(sent, sent_counts, sent_offsets, mpi.byte, received,
                                   received_counts, received_offsets, mpi.byte, mpi.world),
                 "MPI_Alltoallv", error);
}

void sl_mpi_finish(void) { mpi.MPI_Finalize(); }

void sl_mpi_abort(int status) { mpi.MPI_Abort(mpi.world, status); }

#else

static int refuse(sl_mpi_error *error) {
    snprintf(error->text, sizeof error->text, "built without the package trait MPI");
    return 0;
}

int sl_mpi_start(int *rank, int *count, sl_mpi_error *error) { return refuse(error); }

int sl_mpi_gather(const void *own, int count, void *all, const int *counts, const int *offsets,
                  sl_mpi_error *error) { return refuse(error); }

int sl_mpi_exchange(const void *sent, const int *sent_counts, const int *sent_offsets,
                    void *received, const int *received_counts, const int *received_offsets,
                    sl_mpi_error *error) { return refuse(error); }

void sl_mpi_finish(void) {}
void sl_mpi_abort(int status) {}

#endif
