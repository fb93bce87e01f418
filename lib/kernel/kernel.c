/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE		/* madvise */
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/num.h"
#include "kernel/cpu.h"
#include "kernel/gemm.h"

#define HUGE_PAGE ((size_t)2 << 20)

static const char *const names[SIMD_SETS] = {
	[SIMD_GENERIC] = "generic",
	[SIMD_AVX2] = "avx2",
	[SIMD_AVX512] = "avx512",
	[SIMD_NEON] = "neon",
};

/* Whether this processor has what the set, compiled for it, needs. */
static bool
runs_here(enum simd_set set)
{
#if defined(__x86_64__)
	if (set == SIMD_AVX512)
		return __builtin_cpu_supports("avx512f")
		    && __builtin_cpu_supports("avx512vl")
		    && __builtin_cpu_supports("avx512dq")
		    && __builtin_cpu_supports("avx512bw");
	if (set == SIMD_AVX2)
		return __builtin_cpu_supports("avx2")
		    && __builtin_cpu_supports("fma");
#endif
	return simd_sets[set] != NULL;
}

static const struct simd *
choose_simd(void)
{
	const char *name = getenv("SELF_SIMD");

	for (int set = SIMD_SETS - 1; set >= 0; set--) {
		const bool any = name == NULL || *name == '\0';

		if (!any && strcmp(name, names[set]) != 0)
			continue;
		if (runs_here((enum simd_set)set))
			return simd_sets[set];
		if (any)
			continue;
		fail(FAIL_USAGE, "SELF_SIMD=%s: this processor cannot; "
		    "unset it", name);
		return NULL;
	}
	fail(FAIL_USAGE, "SELF_SIMD=%s: not one of generic, avx2, avx512, "
	    "neon", name);
	return NULL;
}

/* Activations are read from end to end again and again: with pages of 4 KiB
 * each of them costs a walk through the page table.  Advice only. */
static void
want_huge_pages(void *x, size_t bytes)
{
#ifdef MADV_HUGEPAGE
	(void)madvise(x, bytes, MADV_HUGEPAGE);
#else
	(void)x;
	(void)bytes;
#endif
}

static void *
aligned_floats(size_t n, size_t size)
{
	size_t bytes, unit;
	void *x;

	if (num_mul(n > 0 ? n : 1, size, &bytes) < 0)
		return NULL;
	unit = bytes >= HUGE_PAGE ? HUGE_PAGE : 64;
	if (num_add(bytes, unit - 1, &bytes) < 0)
		return NULL;
	bytes = bytes / unit * unit;
	x = aligned_alloc(unit, bytes);
	if (x == NULL)
		fail_memory(bytes);
	else if (unit == HUGE_PAGE)
		want_huge_pages(x, bytes);
	return x;
}

struct kernel *
kernel_new(struct pool *pool)
{
	const struct simd *simd = choose_simd();
	const int workers = pool_threads(pool);
	struct kernel *k;

	if (simd == NULL || gemm_reserve(workers) < 0)
		return NULL;
	k = calloc(1, sizeof(*k));
	if (k == NULL) {
		fail_memory(sizeof(*k));
		return NULL;
	}
	k->pool = pool;
	k->simd = simd;
	k->tiles = calloc((size_t)workers, sizeof(*k->tiles));
	if (k->tiles == NULL) {
		fail_memory((size_t)workers * sizeof(*k->tiles));
		kernel_free(k);
		return NULL;
	}
	for (int i = 0; i < workers; i++) {
		k->tiles[i] = aligned_floats(TILE_FLOATS, sizeof(float));
		if (k->tiles[i] == NULL) {
			kernel_free(k);
			return NULL;
		}
		memset(k->tiles[i], 0, TILE_FLOATS * sizeof(float));
	}
	return k;
}

void
kernel_free(struct kernel *k)
{
	if (k == NULL)
		return;
	for (int i = 0; k->tiles != NULL && i < pool_threads(k->pool); i++)
		free(k->tiles[i]);
	free(k->tiles);
	free(k->zeros);
	free(k->packed);
	free(k->partial);
	free(k->sums);
	free(k);
}

const char *
kernel_simd(const struct kernel *k)
{
	return names[k->simd->set];
}

static int
grow(void **x, size_t *size, size_t n, size_t each)
{
	void *bigger;

	if (n <= *size)
		return 0;
	bigger = aligned_floats(n, each);
	if (bigger == NULL)
		return fail_last();
	free(*x);
	*x = bigger;
	*size = n;
	return 0;
}

static int
grow_floats(float **x, size_t *size, size_t n)
{
	void *same = *x;
	const int rc = grow(&same, size, n, sizeof(float));

	*x = same;
	return rc;
}

int
cpu_reserve_sums(struct kernel *k, size_t n)
{
	void *same = k->sums;
	const int rc = grow(&same, &k->sums_size, n, sizeof(double));

	k->sums = same;
	return rc;
}

int
cpu_reserve_zeros(struct kernel *k, size_t n)
{
	if (n <= k->zeros_size)
		return 0;
	if (grow_floats(&k->zeros, &k->zeros_size, n) < 0)
		return fail_last();
	memset(k->zeros, 0, n * sizeof(*k->zeros));
	return 0;
}

int
cpu_reserve(struct kernel *k, size_t packed, size_t partial)
{
	if (grow_floats(&k->packed, &k->packed_size, packed) < 0)
		return fail_last();
	return grow_floats(&k->partial, &k->partial_size, partial);
}

struct pieces {
	size_t n, grain;
	void (*body)(void *, size_t, size_t, int);
	void *arg;
};

static void
one_piece(void *arg, size_t i, int worker)
{
	const struct pieces *p = arg;
	const size_t first = i * p->grain;
	const size_t end = p->n - first < p->grain ? p->n : first + p->grain;

	p->body(p->arg, first, end, worker);
}

void
cpu_pieces(struct kernel *k, size_t n, size_t grain,
    void (*body)(void *, size_t, size_t, int), void *arg)
{
	struct pieces p = { n, grain, body, arg };

	pool_each(k->pool, (n + grain - 1) / grain, one_piece, &p);
}

float *
kernel_alloc(struct kernel *k, size_t n)
{
	float *x = aligned_floats(n, sizeof(*x));

	(void)k;
	if (x != NULL)
		memset(x, 0, n * sizeof(*x));
	return x;
}

const float *
kernel_share(struct kernel *k, const float *host, size_t n)
{
	(void)k;
	(void)n;
	return host;
}

void
kernel_unshare(struct kernel *k, const float *shared)
{
	(void)k;
	(void)shared;
}

void
kernel_release(struct kernel *k, float *x)
{
	(void)k;
	free(x);
}
