/* SPDX-License-Identifier: MIT */
/* A step of training, once planned, takes no memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "method/method.h"
#include "nn/optim.h"
#include "tap.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define COUNTS 1

/* glibc's own, so that the names below can stand before them. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static atomic_long taken;

__attribute__((visibility("default"))) void *
malloc(size_t n)
{
	taken++;
	return __libc_malloc(n);
}

__attribute__((visibility("default"))) void *
calloc(size_t n, size_t size)
{
	taken++;
	return __libc_calloc(n, size);
}

__attribute__((visibility("default"))) void *
realloc(void *p, size_t n)
{
	taken++;
	return __libc_realloc(p, n);
}

__attribute__((visibility("default"))) void *
aligned_alloc(size_t align, size_t n)
{
	taken++;
	return __libc_memalign(align, n);
}

__attribute__((visibility("default"))) int
posix_memalign(void **p, size_t align, size_t n)
{
	taken++;
	*p = __libc_memalign(align, n);
	return *p == NULL ? ENOMEM : 0;
}
#else
#define COUNTS 0
static long taken;
#endif

static struct kernel *kernel;

/* Calls to the allocator in each of five steps. */
static void
check(const char *arch, const char *stem, int side, const char *optimizer)
{
	enum { MOST = 8 };
	struct enc_spec s = { .encoder = enc_find(arch),
		.shape = { 3, 4, stem } };
	const struct optim_config c = optim_defaults();
	struct method_batch b = { .n = MOST, .n_views = 2 };
	struct method_run run;
	struct optim optim;
	long calls[5];

	s.projector = enc_head_mlp(16, true, 8, false);
	s.predictor = enc_head_mlp(16, true, 8, false);
	if (method_init(&run, &method_byol, kernel, &s) < 0 ||
	    method_draw(&run, 1) < 0 ||
	    optim_init(&optim, optim_find(optimizer), &c, &run.online) < 0)
		abort();
	for (int v = 0; v < 2; v++)
		b.view[v] = (struct method_view){ kernel_alloc(kernel,
		    (size_t)(MOST * side * side * 3)), side, side };
	for (int i = 0; i < 5; i++) {
		const long before = taken;
		double loss;

		if (method_gradients(&run, &b, &loss) < 0)
			abort();
		optim_step(&optim, 0.1);
		method_after(&run, 0.9);
		calls[i] = taken - before;
	}
	ok(calls[0] > 0, "%s %s: the first step plans", arch, stem);
	is_int(calls[2], 0, "%s %s, %s: step 3 takes no memory", arch, stem,
	    optimizer);
	is_int(calls[4], 0, "… nor does step 5");
	for (int v = 0; v < 2; v++)
		kernel_release(kernel, (float *)(uintptr_t)b.view[v].x);
	optim_fini(&optim);
	method_fini(&run);
}

int
main(void)
{
	struct pool *pool = pool_new(2);

	if (!COUNTS) {
		printf("1..0 # SKIP the allocator cannot be counted here\n");
		return 0;
	}
	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL)
		return 1;
	check("resnet18", "cifar", 32, "sgd");
	check("resnet50", "imagenet", 64, "lars");
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
