// Open MPI, loaded when a process is told that it is one of several: nothing is linked.

#ifndef SWIFTLET_MPI_H
#define SWIFTLET_MPI_H

/// Why a call failed.
typedef struct {
    char text[512];
} sl_mpi_error;

/// Loads the library and joins the other processes.
///
/// Returns whether that worked; `error` says why not.
int sl_mpi_start(int *rank, int *count, sl_mpi_error *error);

/// Brings `counts[rank]` bytes of every process to all of them, each to its offset.
int sl_mpi_gather(const void *own, int count, void *all, const int *counts, const int *offsets,
                  sl_mpi_error *error);

/// Sends every process its bytes of `sent`, and takes those of every one.
int sl_mpi_exchange(const void *sent, const int *sent_counts, const int *sent_offsets,
                    void *received, const int *received_counts, const int *received_offsets,
                    sl_mpi_error *error);

/// Leaves the others, all of whom do so.
void sl_mpi_finish(void);

/// Ends all processes.
void sl_mpi_abort(int status);

#endif
