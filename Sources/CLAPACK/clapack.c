#include "clapack.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

/* Fortran's conventions: everything by address, lengths of texts behind. */
typedef void product_function(const char *, const char *, const int *, const int *, const int *,
                              const double *, const double *, const int *, const double *,
                              const int *, const double *, double *, const int *, size_t, size_t);
typedef void squares_function(const char *, const char *, const int *, const int *, const double *,
                              const double *, const int *, const double *, double *, const int *,
                              size_t, size_t);
typedef void solve_function(const char *, const char *, const char *, const char *, const int *,
                            const int *, const double *, const double *, const int *, double *,
                            const int *, size_t, size_t, size_t, size_t);
typedef void cholesky_function(const char *, const int *, double *, const int *, int *, size_t);
typedef void eigen_function(const char *, const char *, const int *, double *, const int *,
                            double *, double *, const int *, int *, const int *, int *, size_t,
                            size_t);
typedef void singular_function(const char *, const int *, const int *, double *, const int *,
                               double *, double *, const int *, double *, const int *, double *,
                               const int *, int *, int *, size_t);

static struct {
    product_function *product;
    squares_function *squares;
    solve_function *solve;
    cholesky_function *cholesky;
    eigen_function *eigen;
    singular_function *singular;
    const char *name;
    const char *failure;
    char *(*config)(void); /* OpenBLAS's own */
} library;

static const char *const names[] = {
#ifdef __APPLE__
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
#else
    "libopenblas.so.0", "libopenblas.so", "liblapack.so.3",
#endif
};

static bool open_library(const char *name) {
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!handle) return false;
    *(void **)&library.product = dlsym(handle, "dgemm_");
    *(void **)&library.squares = dlsym(handle, "dsyrk_");
    *(void **)&library.solve = dlsym(handle, "dtrsm_");
    *(void **)&library.cholesky = dlsym(handle, "dpotrf_");
    *(void **)&library.eigen = dlsym(handle, "dsyevd_");
    *(void **)&library.singular = dlsym(handle, "dgesdd_");
    if (library.product && library.squares && library.solve && library.cholesky &&
        library.eigen && library.singular) {
        library.name = name;
        *(void **)&library.config = dlsym(handle, "openblas_get_config");
        return true;
    }
    dlclose(handle);
    return false;
}

static void open_any(void) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (open_library(names[i])) return;
    }
    library.failure = "no LAPACK library (install OpenBLAS: libopenblas0)";
}

const char *sl_lapack_open(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_any);
    return library.failure;
}

const char *sl_lapack_name(void) {
    return library.config ? library.config() : library.name;
}

void sl_lapack_product(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha,
                       const double *a, int lda, const double *b, int ldb, double beta, double *c,
                       int ldc) {
    library.product(transpose_a ? "T" : "N", transpose_b ? "T" : "N", &m, &n, &k, &alpha, a, &lda,
                    b, &ldb, &beta, c, &ldc, 1, 1);
}

void sl_lapack_add_squares(int n, int k, double alpha, const double *a, int lda, double beta,
                           double *c, int ldc) {
    library.squares("L", "N", &n, &k, &alpha, a, &lda, &beta, c, &ldc, 1, 1);
}

void sl_lapack_solve_lower(int n, int k, const double *a, int lda, double *b, int ldb) {
    double one = 1;
    library.solve("L", "L", "N", "N", &n, &k, &one, a, &lda, b, &ldb, 1, 1, 1, 1);
}

int sl_lapack_cholesky(int n, double *a, int lda) {
    int info = 0;
    library.cholesky("L", &n, a, &lda, &info, 1);
    return info == 0 ? SL_LAPACK_DONE : SL_LAPACK_NO_RESULT;
}

int sl_lapack_eigenvalues(bool vectors, int n, double *a, int lda, double *values) {
    const char *job = vectors ? "V" : "N";
    int info = 0, query = -1, integers = 0;
    double size = 0;
    library.eigen(job, "L", &n, a, &lda, values, &size, &query, &integers, &query, &info, 1, 1);
    if (info != 0) return SL_LAPACK_NO_RESULT;
    int count = (int)size;
    double *work = malloc((size_t)count * sizeof(double));
    int *integer_work = malloc((size_t)integers * sizeof(int));
    if (work && integer_work) {
        library.eigen(job, "L", &n, a, &lda, values, work, &count, integer_work, &integers, &info,
                      1, 1);
    } else {
        info = SL_LAPACK_NO_MEMORY;
    }
    free(integer_work);
    free(work);
    return info == SL_LAPACK_NO_MEMORY ? info : info == 0 ? SL_LAPACK_DONE : SL_LAPACK_NO_RESULT;
}

int sl_lapack_singular_values(int m, int n, double *a, int lda, double *values) {
    int info = 0, query = -1, one = 1, smaller = m < n ? m : n;
    double size = 0, unused = 0;
    int *integer_work = malloc(8 * (size_t)smaller * sizeof(int));
    if (!integer_work) return SL_LAPACK_NO_MEMORY;
    library.singular("N", &m, &n, a, &lda, values, &unused, &one, &unused, &one, &size, &query,
                     integer_work, &info, 1);
    int count = (int)size;
    double *work = info == 0 ? malloc((size_t)count * sizeof(double)) : NULL;
    if (work) {
        library.singular("N", &m, &n, a, &lda, values, &unused, &one, &unused, &one, work, &count,
                         integer_work, &info, 1);
        info = info == 0 ? SL_LAPACK_DONE : SL_LAPACK_NO_RESULT;
    } else {
        info = info == 0 ? SL_LAPACK_NO_MEMORY : SL_LAPACK_NO_RESULT;
    }
    free(work);
    free(integer_work);
    return info;
}
