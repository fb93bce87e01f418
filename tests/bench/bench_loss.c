/* SPDX-License-Identifier: MIT */
/*
 * bench_loss [THREADS [SECONDS]]: what a loss with its gradients takes, at a
 * batch of 256, 128 numbers a row, 65536 keys; a step's other work is the
 * network's.
 */
#include <stdio.h>

#include "bench.h"
#include "losses.h"

enum { N = 256, P = 128, K = 65536 };

static float *
numbers(size_t n)
{
	struct rng r = rng_at(1, 2, 3, 4, 5);
	float *x = malloc(n * sizeof(*x));

	if (x == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		x[i] = (float)rng_normal(&r);
	return x;
}

static void
measure(const struct loss *row, struct loss_work *work, float *queue,
    double seconds)
{
	struct loss_call c = { .n = N, .p = P, .k = K, .work = work,
		.n_strong = 1, .options = { .strong_weight = 1 } };
	float *x[LOSS_FIELDS], *grad = numbers(N * P);
	int64_t label[N];
	struct bench b = bench_new(seconds);

	for (int i = 0; i < N; i++)
		label[i] = i % 10;
	for (size_t i = 0; i < row->n_fields; i++) {
		const struct loss_field *f = &row->fields[i];

		x[i] = numbers(N * P);
		c.in[i].real = f->type == LOSS_QUEUE ? queue :
		    f->optional ? NULL : x[i];
		c.in[i].grad = f->grad ? grad : NULL;
		c.in[i].whole = f->type == LOSS_LABEL ? label : NULL;
		if (f->type == LOSS_STRONG)
			c.strong[0] = c.in[i];
	}
	while (bench_more(&b))
		if (loss_run(row, &c) < 0)
			abort();
	printf("%s\t%.2f\t%.2f\n", row->name, 1e3 * bench_fastest(&b),
	    1e3 * bench_median(&b));
	for (size_t i = 0; i < row->n_fields; i++)
		free(x[i]);
	free(grad);
}

int
main(int argc, char **argv)
{
	struct pool *pool = pool_new(argc > 1 ? atoi(argv[1]) :
	    pool_default_threads());
	struct kernel *k = pool == NULL ? NULL : kernel_new(pool);
	const struct loss *row;
	struct loss_work work;
	float *queue, *x = numbers(K * P);

	if (k == NULL || (queue = kernel_alloc(k, K * P)) == NULL)
		return 1;
	for (size_t i = 0; i < K * P; i++)
		x[i] *= 0.09f;
	kernel_upload(k, queue, x, K * P);
	loss_work_init(&work, k);
	printf("# %s, %d threads, %d rows of %d, %d keys\nloss\tfastest ms\t"
	    "median ms\n", kernel_simd(k), pool_threads(pool), N, P, K);
	for (size_t i = 0; (row = loss_row(i)) != NULL; i++)
		measure(row, &work, queue, argc > 2 ? atof(argv[2]) : 0.5);
	loss_work_fini(&work);
	kernel_release(k, queue);
	kernel_free(k);
	pool_free(pool);
	free(x);
	return 0;
}
