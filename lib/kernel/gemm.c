/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE		/* MAP_ANONYMOUS */
#include "kernel/gemm.h"

#include <cblas.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "kernel/cpu.h"

#define ROOM ((size_t)128 << 20)	/* of a thread, or less by the build */
#define MOST_ROOMS 64

/* Not of every OpenBLAS, and not in its header. */
extern int blas_thread_shutdown_(void) __attribute__((weak));
extern void *blas_memory_alloc(int unused) __attribute__((weak));
extern void blas_memory_free(void *) __attribute__((weak));

/* Rooms that OpenBLAS has taken and nobody uses. */
static atomic_int had;

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/* Whether address space for n rooms is to be had. */
static bool
has_room(int n)
{
	void *room[MOST_ROOMS];
	int got = 0;

	while (got < n && (room[got] = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED)
		got++;
	for (int i = 0; i < got; i++)
		munmap(room[i], ROOM);
	return got >= n;
}

/*
 * OpenBLAS must not have threads: as soon as it is loaded they wait for work,
 * awake for a tenth of a second, on the processors that ours need.  Each
 * takes a room first, and where it gets none it tries for ever: such threads
 * cannot be joined and are left.
 */
__attribute__((constructor)) static void
start(void)
{
	const int threads = least(openblas_get_num_threads() - 1, MOST_ROOMS);

	openblas_set_num_threads(1);
	if (blas_thread_shutdown_ == NULL || !has_room(threads))
		return;
	blas_thread_shutdown_();
	had = threads;
}

/* OpenBLAS takes rooms as threads multiply side by side, keeps them, and
 * tries for ever where it gets none: all are taken here. */
int
gemm_reserve(int threads)
{
	const int n = least(threads, MOST_ROOMS);
	void *room[MOST_ROOMS];

	if (n <= had)
		return 0;
	if (!has_room(n - had))
		return fail(FAIL_MEMORY, "no address space for OpenBLAS, %zu "
		    "MiB for each of %d threads; raise ulimit -v or give "
		    "fewer --threads", ROOM >> 20, threads);
	if (blas_memory_alloc == NULL || blas_memory_free == NULL)
		return 0;
	for (int i = 0; i < n; i++)
		room[i] = blas_memory_alloc(0);
	for (int i = 0; i < n; i++)
		blas_memory_free(room[i]);
	had = n;
	return 0;
}

void
gemm_panel(float *c, size_t ldc, const float *a, size_t lda,
    bool transpose_a, const float *b, size_t ldb, bool transpose_b, size_t m,
    size_t n, size_t k, bool accumulate)
{
	cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
	    transpose_b ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n,
	    (blasint)k, 1, a, (blasint)lda, b, (blasint)ldb,
	    accumulate ? 1 : 0, c, (blasint)ldc);
}

/* Panels of fixed size, so that sums do not depend on the thread count. */
#define PANEL_M ((size_t)128)
#define PANEL_N ((size_t)512)

struct work {
	float *c;
	const float *a, *b;
	struct product p;
	size_t panels_m, panels_n;
};

static void
panel(void *arg, size_t i, int worker)
{
	const struct work *w = arg;
	const struct product *p = &w->p;
	const size_t m0 = i / w->panels_n * PANEL_M;
	const size_t n0 = i % w->panels_n * PANEL_N;
	const size_t m = p->m - m0 < PANEL_M ? p->m - m0 : PANEL_M;
	const size_t n = p->n - n0 < PANEL_N ? p->n - n0 : PANEL_N;
	const size_t lda = p->transpose_a ? p->m : p->k;
	const size_t ldb = p->transpose_b ? p->k : p->n;

	(void)worker;
	gemm_panel(w->c + m0 * p->n + n0, p->n,
	    w->a + (p->transpose_a ? m0 : m0 * lda), lda, p->transpose_a,
	    w->b + (p->transpose_b ? n0 * ldb : n0), ldb, p->transpose_b, m,
	    n, p->k, p->accumulate);
}

void
kernel_product(struct kernel *k, float *c, const float *a, const float *b,
    struct product p)
{
	struct work w = { c, a, b, p, (p.m + PANEL_M - 1) / PANEL_M,
		(p.n + PANEL_N - 1) / PANEL_N };

	pool_each(k->pool, w.panels_m * w.panels_n, panel, &w);
}
