/* SPDX-License-Identifier: MIT */
/* Every loss of the table: its gradients, one coordinate at a time, against
 * central differences; and that nothing else has any. */
#include <math.h>

#include "losses.h"
#include "tap.h"

#define STEP 2e-3

static struct kernel *kernel;
static struct losses l;

static double
difference(float *x)
{
	const float old = *x;
	double up, down, width;

	*x = old + (float)STEP;
	width = (double)*x;
	up = losses_run(&l);
	*x = old - (float)STEP;
	width -= (double)*x;
	down = losses_run(&l);
	*x = old;
	return (up - down) / width;
}

/* CLSA's gradient is of the contrast alone for q, whose part in the
 * divergence is a constant. */
static double
slope_of(float *x, bool contrast)
{
	const float old = *x;
	double up;

	if (!contrast)
		return difference(x);
	*x = old + (float)STEP;
	losses_run(&l);
	up = l.call.part[0];
	*x = old - (float)STEP;
	losses_run(&l);
	up -= l.call.part[0];
	*x = old;
	return up / (2 * STEP);
}

static void
field(const char *name, bool contrast, const char *what)
{
	const size_t n = l.call.n * l.call.p;
	float grad[LOSSES_MOST];
	double worst = 0, scale = 1e-6;

	losses_run(&l);
	memcpy(grad, losses_grad(&l, name), n * sizeof(*grad));
	for (size_t i = 0; i < n; i++)
		scale = worse(scale, fabs((double)grad[i]));
	for (size_t i = 0; i < n; i++)
		worst = worse(worst, fabs(slope_of(losses_x(&l, name) + i,
		    contrast) - (double)grad[i]));
	if (!ok(worst < 4e-3 * scale, "%s: gradient of %s%s", l.row->name,
	    name, what))
		printf("# off by %g of %g\n", worst, scale);
}

static void
check(const struct loss *row, size_t n, size_t p, double temperature,
    bool mixed, const char *what)
{
	const bool clsa = strcmp(row->name, "clsa") == 0;

	losses_begin(&l, row, kernel, n, p, 6, mixed);
	l.call.options.temperature = temperature;
	l.call.options.strong_temperature = clsa ? 2 * temperature : 0;
	l.call.options.strong_weight = 0.7;
	for (size_t i = 0; i < row->n_fields; i++)
		if (row->fields[i].type == LOSS_EMBEDDING &&
		    row->fields[i].grad)
			field(row->fields[i].name, clsa, what);
	for (size_t i = 0; i < l.call.n_strong && clsa; i++)
		field(i == 0 ? "s0" : "s1", false, what);
	losses_end(&l);
}

/* Labels that are missing, and one with nobody beside it. */
static void
odd_labels(const char *name)
{
	losses_begin(&l, loss_find(name), kernel, 9, 4, 1, false);
	l.call.options.temperature = 0.3;
	losses_whole(&l, "label")[0] = -1;
	losses_whole(&l, "label")[5] = -1;
	losses_whole(&l, "label")[7] = 999;
	for (size_t i = 0; i < l.row->n_fields; i++)
		if (l.row->fields[i].grad)
			field(l.row->fields[i].name, false, ", odd labels");
	losses_end(&l);
}

int
main(void)
{
	struct pool *pool = pool_new(2);
	const struct loss *row;

	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL)
		return 1;
	for (size_t i = 0; (row = loss_row(i)) != NULL; i++) {
		const bool mixes = losses_at(row, "mix_index") >= 0;

		check(row, 7, 5, 0.5, false, "");
		check(row, 13, 9, 0.2, false, ", 13x9");
		check(row, 2, 3, 1, false, ", 2x3");
		if (mixes)
			check(row, 8, 5, 0.3, true, ", mixed");
	}
	odd_labels("suncet");
	odd_labels("supcon");
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
