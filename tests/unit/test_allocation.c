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

/* A ring of MOST keys, since OpenBLAS has small products of some shapes that
 * take memory of their own. */
enum { MOST = 8, VIEWS = 3 };

/* A method's network, with a batch behind it. */
static void
begin(struct method_run *run, struct method_batch *b, const char *method,
    const char *arch, const char *stem, int side)
{
	static const int64_t label[MOST] = { 0, 1, 0, 1, 2, 2, -1, 0 };
	const struct method *m = method_find(method);
	struct enc_spec s = { .encoder = enc_find(arch),
		.shape = { 3, 4, stem } };
	const size_t n = (size_t)(MOST * side * side * 3);
	float *x = kernel_alloc(kernel, VIEWS * n);

	s.projector = enc_head_mlp(16, true, 8, false);
	s.predictor = enc_head_mlp(16, true, 8, false);
	if (!m->predictor)
		s.predictor.n = 0;
	if (x == NULL || method_init(run, m, kernel, &s) < 0 ||
	    method_draw(run, 1) < 0 || (m->queue &&
	    keys_init(&run->keys, kernel, MOST, 8, 1) < 0))
		abort();
	run->options.groups = m->queue ? 2 : 1;
	*b = (struct method_batch){ .n = MOST, .n_views = m->n_views,
		.label = label };
	for (int v = 0; v < VIEWS; v++)
		b->view[v] = (struct method_view){ x + (size_t)v * n, side,
			side, v == 2 };
	if (m->support) {
		b->n_support = MOST;
		b->support = b->view[2];
		b->support_label = label;
	}
}

/* Calls to the allocator in each of five steps. */
static void
check(const char *method, const char *arch, const char *stem, int side,
    const char *optimizer)
{
	struct optim_config c = optim_defaults();
	struct method_batch b;
	struct method_run run;
	struct optim optim;
	long calls[5];

	begin(&run, &b, method, arch, stem, side);
	c.clip_norm = 1;
	if (optim_init(&optim, optim_find(optimizer), &c, &run.online) < 0)
		abort();
	for (int i = 0; i < 5; i++) {
		const long before = taken;
		double loss;

		method_before(&run, 0.9);
		if (method_gradients(&run, &b, &loss) < 0)
			abort();
		optim_step(&optim, 0.1);
		method_after(&run, 0.9);
		calls[i] = taken - before;
	}
	ok(calls[0] > 0, "%s, %s %s: the first step plans", method, arch,
	    stem);
	is_int(calls[2], 0, "%s, %s %s, %s: step 3 takes no memory", method,
	    arch, stem, optimizer);
	is_int(calls[4], 0, "… nor does step 5");
	kernel_release(kernel, (float *)(uintptr_t)b.view[0].x);
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
	check("byol", "resnet18", "cifar", 32, "sgd");
	check("byol", "resnet50", "imagenet", 64, "lars");
	for (size_t i = 0; method_row(i) != NULL; i++)
		check(method_row(i)->name, "resnet18", "cifar", 16, "adamw");
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
