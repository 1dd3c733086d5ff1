/* Dense linear algebra in double precision by the system's LAPACK (OpenBLAS, on macOS Accelerate).
 *
 * The library is opened when it is first needed: linked, it would take milliseconds of every start
 * of the command and begin threads of its own before main(), which would then get the signals.
 *
 * Matrices are column-major; `ld` is the distance between columns. */
#ifndef SWIFTLET_CLAPACK_H
#define SWIFTLET_CLAPACK_H

#include <stdbool.h>
#include <stddef.h>

/* What stopped a factorisation. */
enum {
    SL_LAPACK_DONE = 0,
    SL_LAPACK_NO_MEMORY = -1,
    SL_LAPACK_NO_RESULT = -2, /* not positive definite, or no convergence */
};

/* Opens the library; null, or in words what is missing. To be called, once is enough, before any
 * of the functions below. */
const char *sl_lapack_open(void);

/* What OpenBLAS says of itself, or the name of another library; null if none is open. */
const char *sl_lapack_name(void);

/* c = alpha · op(a) · op(b) + beta · c, c of m × n, the sum over k. */
void sl_lapack_product(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha,
                       const double *a, int lda, const double *b, int ldb, double beta, double *c,
                       int ldc);

/* The lower triangle of c = alpha · a · aᵀ + beta · c, a of n × k. */
void sl_lapack_add_squares(int n, int k, double alpha, const double *a, int lda, double beta,
                           double *c, int ldc);

/* b = L⁻¹ · b, L the lower triangle of a (n × n), b of n × k. */
void sl_lapack_solve_lower(int n, int k, const double *a, int lda, double *b, int ldb);

/* a = L · Lᵀ from the lower triangle of a, n × n; L takes its place. */
int sl_lapack_cholesky(int n, double *a, int lda);

/* Eigenvalues of the symmetric matrix whose lower triangle is given, ascending; with `vectors` the
 * eigenvectors take the matrix's place, otherwise it is destroyed. */
int sl_lapack_eigenvalues(bool vectors, int n, double *a, int lda, double *values);

/* Singular values of a (m × n, destroyed), descending. */
int sl_lapack_singular_values(int m, int n, double *a, int lda, double *values);

#endif
