/* SPDX-License-Identifier: MIT */
#include "method/keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/rng.h"
#include "loss/unit.h"

static int
draw(struct keys *q, uint64_t seed)
{
	float *row = malloc(q->p * sizeof(*row));

	if (row == NULL)
		return fail_memory(q->p * sizeof(*row));
	for (size_t i = 0; i < q->k; i++) {
		struct rng r = rng_at(seed, 0, i, 0, RNG_QUEUE);

		for (size_t j = 0; j < q->p; j++)
			row[j] = (float)rng_normal(&r);
		unit_rows(row, NULL, row, 1, q->p);
		kernel_upload(q->kernel, q->row + i * q->p, row, q->p);
	}
	free(row);
	return 0;
}

int
keys_init(struct keys *q, struct kernel *kernel, size_t k, size_t p,
    uint64_t seed)
{
	size_t n;
	int rc;

	memset(q, 0, sizeof(*q));
	if (k < 1 || k > KEYS_MOST)
		return fail(FAIL_USAGE, "a queue of %zu keys; 1 to %zu are "
		    "possible", k, KEYS_MOST);
	if ((rc = num_mul(k, p, &n)) < 0)
		return rc;
	q->row = kernel_alloc(kernel, n);
	if (q->row == NULL)
		return fail_note("a queue of %zu keys", k);
	q->kernel = kernel;
	q->k = k;
	q->p = p;
	return draw(q, seed);
}

void
keys_fini(struct keys *q)
{
	if (q->row != NULL)
		kernel_release(q->kernel, q->row);
	memset(q, 0, sizeof(*q));
}

int
keys_check(const struct keys *q, size_t n)
{
	if (n == 0 || q->k % n != 0 || q->head % n != 0)
		return fail(FAIL_USAGE, "a queue of %zu keys, %zu of them "
		    "taken, is not a whole number of batches of %zu; give "
		    "--queue a multiple", q->k, q->head, n);
	return 0;
}

void
keys_push(struct keys *q, float *key, size_t n)
{
	unit_rows(key, NULL, key, n, q->p);
	kernel_upload(q->kernel, q->row + q->head * q->p, key, n * q->p);
	q->head = (q->head + n) % q->k;
}
