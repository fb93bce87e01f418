/* SPDX-License-Identifier: MIT */
/* Numbers that no checkpoint of a sound run holds. */
#include <math.h>
#include <string.h>

#include "train/ckpt.h"

#define KEY_NORM 1e-3		/* what a key's norm may be above 1 */

/* A running variance, or Adam's mean of squares. */
static bool
is_square(const char *name)
{
	static const char end[] = ".running_var";
	const size_t n = strlen(name), m = sizeof(end) - 1;

	return strncmp(name, "optimizer.v.", 12) == 0 ||
	    (n >= m && strcmp(name + n - m, end) == 0);
}

static int
check_queue(const char *name, const struct tensor *t)
{
	const size_t p = t->shape[1];

	for (size_t i = 0; i < t->shape[0]; i++) {
		const float *row = (const float *)t->data + i * p;
		double sum = 0;

		for (size_t j = 0; j < p; j++)
			sum += (double)row[j] * (double)row[j];
		if (sqrt(sum) > 1 + KEY_NORM)
			return fail(FAIL_FORMAT, "%s: row %zu has norm %g; "
			    "keys have norm 1", name, i, sqrt(sum));
	}
	return 0;
}

int
ckpt_check_values(const char *name, const struct tensor *t)
{
	const float *x = t->data;
	const size_t n = t->bytes / sizeof(*x);
	const bool square = is_square(name);

	if (t->dtype != DTYPE_F4)
		return 0;	/* of a shape that nothing loads */
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			return fail(FAIL_FORMAT, "%s: %s; the file is "
			    "damaged, or its run diverged", name,
			    isnan(x[i]) ? "NaN" : "infinity");
		if (square && x[i] < 0)
			return fail(FAIL_FORMAT, "%s: %g; a mean of squares "
			    "is never negative", name, (double)x[i]);
	}
	return strcmp(name, "queue") == 0 && t->n_dims == 2 ?
	    check_queue(name, t) : 0;
}
