/* SPDX-License-Identifier: MIT */
#include "eval/dot.h"
#include "eval/lbfgs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define PAIRS 10		/* steps that the curvature is taken from */
#define SHORTER 20		/* times a step is shortened before we give up */

/* Part of a value that float products may get wrong, and steps in a row that
 * gain nothing beyond it before we stop. */
#define ROUNDING 1e-9
#define LEVEL 4

struct state {
	size_t n, pairs;		/* pairs kept so far */
	double *s[PAIRS], *y[PAIRS];	/* [n] steps and what the gradient
					 * changed by, oldest first */
	double rho[PAIRS];		/* 1 / s y */
	double *gradient, *direction;	/* [n] */
	double *next, *next_gradient;	/* [n] at the end of the step tried */
	double *all;			/* what they lie in */
};

/* y += a x */
static void
add(double *y, double a, const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += a * x[i];
}

static int
reserve(struct state *t, size_t n)
{
	size_t size;
	double *at;

	if (num_mul(n, (2 * PAIRS + 4) * sizeof(double), &size) < 0)
		return fail_last();
	t->n = n;
	t->all = at = malloc(size);
	if (at == NULL)
		return fail_memory(size);
	for (size_t i = 0; i < PAIRS; i++) {
		t->s[i] = at + 2 * i * n;
		t->y[i] = t->s[i] + n;
	}
	t->gradient = at + 2 * PAIRS * n;
	t->direction = t->gradient + n;
	t->next = t->direction + n;
	t->next_gradient = t->next + n;
	return 0;
}

/* direction = -H gradient, by the two loops over the pairs. */
static void
aim(struct state *t)
{
	const size_t n = t->n;
	double *d = t->direction, alpha[PAIRS];

	for (size_t i = 0; i < n; i++)
		d[i] = -t->gradient[i];
	for (size_t i = t->pairs; i-- > 0;) {
		alpha[i] = t->rho[i] * eval_dot(t->s[i], d, n);
		add(d, -alpha[i], t->y[i], n);
	}
	if (t->pairs > 0) {
		const double *y = t->y[t->pairs - 1];
		const double scale = 1 / (t->rho[t->pairs - 1] * eval_dot(y, y, n));

		for (size_t i = 0; i < n; i++)
			d[i] *= scale;
	}
	for (size_t i = 0; i < t->pairs; i++)
		add(d, alpha[i] - t->rho[i] * eval_dot(t->y[i], d, n), t->s[i], n);
}

/* Keeps the step just taken from x, unless the curvature along it drowns in
 * rounding; next and next_gradient are what it led to. */
static void
remember(struct state *t, const double *x)
{
	const size_t n = t->n;
	double *s, *y, sy;

	if (t->pairs == PAIRS) {
		s = t->s[0];
		y = t->y[0];
		memmove(t->s, t->s + 1, (PAIRS - 1) * sizeof(*t->s));
		memmove(t->y, t->y + 1, (PAIRS - 1) * sizeof(*t->y));
		memmove(t->rho, t->rho + 1, (PAIRS - 1) * sizeof(*t->rho));
		t->pairs--;
		t->s[PAIRS - 1] = s;
		t->y[PAIRS - 1] = y;
	}
	s = t->s[t->pairs];
	y = t->y[t->pairs];
	for (size_t i = 0; i < n; i++) {
		s[i] = t->next[i] - x[i];
		y[i] = t->next_gradient[i] - t->gradient[i];
	}
	sy = eval_dot(s, y, n);
	if (sy > 1e-12 * sqrt(eval_dot(s, s, n) * eval_dot(y, y, n)))
		t->rho[t->pairs++] = 1 / sy;
}

/* Goes along the direction as far as the value falls enough: 1, 2 when all
 * that can be told is that it does not rise, or 0 when it does not fall. */
static int
search(struct state *t, const struct lbfgs_problem *p, const double *x,
    double slope, struct lbfgs_end *end)
{
	double length = 1;

	for (int i = 0; i < SHORTER; i++) {
		double value, enough, least;

		memcpy(t->next, x, t->n * sizeof(*x));
		add(t->next, length, t->direction, t->n);
		value = p->value(p->arg, t->next, t->next_gradient);
		end->values++;
		enough = end->value + 1e-4 * length * slope;
		if (value <= enough + ROUNDING * fabs(end->value)) {
			end->value = value;
			return value <= enough ? 1 : 2;
		}
		/* The parabola through what is known has its least here. */
		least = -slope * length * length
		    / (2 * (value - end->value - slope * length));
		length = !(least > 0.1 * length) ? 0.1 * length
		    : least > 0.5 * length ? 0.5 * length : least;
	}
	return 0;
}

/* Small values are told as exactly as large ones; those that go to nought
 * would never be. */
static double
share(double value)
{
	return value < 1e-3 ? 1e-3 : value > 1 ? 1 : value;
}

static void
descend(struct state *t, double *x, const struct lbfgs_problem *p,
    struct lbfgs_end *end)
{
	for (int level = 0, found;;) {
		double *swap, slope;

		aim(t);
		slope = eval_dot(t->gradient, t->direction, t->n);
		/* Half of it is what a parabola would still fall. */
		end->gap = -slope / 2;
		if (end->gap <= p->gap * share(end->value) || level == LEVEL) {
			end->settled = true;
			return;
		}
		if (end->steps == p->most)
			return;
		found = search(t, p, x, slope, end);
		level = found == 2 ? level + 1 : 0;
		if (found == 0) {
			end->settled = t->pairs == 0;
			if (end->settled)
				return;
			t->pairs = 0;	/* once more, straight down */
			continue;
		}
		end->steps++;
		remember(t, x);
		memcpy(x, t->next, t->n * sizeof(*x));
		swap = t->gradient;
		t->gradient = t->next_gradient;
		t->next_gradient = swap;
	}
}

int
lbfgs_run(double *x, const struct lbfgs_problem *p, struct lbfgs_end *end)
{
	struct state t = { 0 };
	int rc = reserve(&t, p->n);

	*end = (struct lbfgs_end){ 0 };
	if (rc == 0) {
		end->value = p->value(p->arg, x, t.gradient);
		end->values = 1;
		if (!isfinite(end->value))
			rc = fail(FAIL_DIVERGED, "the loss is not finite at "
			    "the first step: features too large; --scale "
			    "standard brings them into range");
		else
			descend(&t, x, p, end);
	}
	free(t.all);
	return rc;
}
