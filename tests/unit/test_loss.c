/* SPDX-License-Identifier: MIT */
/* Losses on the fixture a(i,j;s) = sin(1.1 (i + 1) + 0.7 (j + 1)^2 + s), and
 * what holds for every loss of normalised rows. */
#include <stdlib.h>

#include "base/rng.h"
#include "loss/loss.h"
#include "tap.h"

#define N 4
#define D 3

static void
fixture(float *x, double s)
{
	for (int i = 0; i < N; i++)
		for (int j = 0; j < D; j++)
			x[i * D + j] = (float)sin(1.1 * (i + 1) +
			    0.7 * (j + 1) * (j + 1) + s);
}

/* All of BYOL's fields on the fixture. */
struct byol {
	float p[2][N * D], z[2][N * D], grad[2][N * D];
	int64_t index[N];
	float lambda[N];
	struct loss_call call;
};

static void
byol_init(struct byol *b)
{
	memset(b, 0, sizeof(*b));
	fixture(b->p[0], 0);
	fixture(b->p[1], 0.5);
	fixture(b->z[0], 1);
	fixture(b->z[1], 1.5);
	for (int i = 0; i < N; i++) {
		b->index[i] = (i + 1) % N;
		b->lambda[i] = 0.9f - 0.1f * (float)i;
	}
	b->call.n = N;
	b->call.p = D;
	for (int v = 0; v < 2; v++) {
		b->call.in[v].real = b->p[v];
		b->call.in[v].grad = b->grad[v];
		b->call.in[2 + v].real = b->z[v];
	}
}

static double
byol_run(struct byol *b)
{
	return loss_run(&loss_byol, &b->call) < 0 ? NAN : b->call.loss;
}

static void
byol(void)
{
	struct byol b;
	double along = 0;

	byol_init(&b);
	is_near(byol_run(&b), 1.858351853, 3e-7, "byol: the loss");
	is_near(b.grad[0][0], 0.186210612, 1e-7, "byol: gradient of p0");
	is_near(b.grad[0][1], 0.185388710, 1e-7, "… second");
	is_near(b.grad[0][2], -0.059904526, 1e-7, "… third");
	for (int j = 0; j < D; j++)
		along += (double)b.grad[1][j] * b.p[1][j];
	is_near(along, 0, 1e-7, "byol: the gradient is across the row");
	is_near(loss_byol_direction(N, D, b.p[0], b.z[0], b.index, b.lambda,
	    NULL), 1.385647200, 3e-7, "byol: mixed, one direction");
}

/* lambda 1 is no mixing; scaling a row changes only its gradient. */
static void
invariants(void)
{
	struct byol b, c;
	double loss;

	byol_init(&b);
	loss = byol_run(&b);
	byol_init(&c);
	c.call.in[4].whole = c.index;
	c.call.in[5].real = c.lambda;
	for (int i = 0; i < N; i++)
		c.lambda[i] = 1;
	is_near(byol_run(&c), loss, 0, "byol: lambda 1 is no mixing");
	ok(memcmp(b.grad, c.grad, sizeof(b.grad)) == 0, "… in gradients too");
	byol_init(&c);
	for (int j = 0; j < D; j++) {
		c.p[0][D + j] *= 1024;
		c.z[1][j] *= 0.0009765625f;
	}
	is_near(byol_run(&c), loss, 1e-9, "byol: norms do not matter");
	is_near(c.grad[0][D] * 1024 - b.grad[0][D], 0, 1e-8, "… but divide "
	    "their rows' gradients");
	memcpy(c.z[1], c.p[0], sizeof(c.p[0]));
	memcpy(c.z[0], c.p[1], sizeof(c.p[1]));
	is_near(byol_run(&c), 0, 1e-6, "byol: 0 when all agree");
	for (int i = 0; i < N * D; i++) {
		c.z[0][i] *= -1;
		c.z[1][i] *= -1;
	}
	is_near(byol_run(&c), 8, 1e-6, "byol: 8 when all are opposite");
}

/* Random rows: 4, as a loss that has learnt nothing. */
static void
chance(void)
{
	enum { ROWS = 500, COLUMNS = 64, ALL = ROWS * COLUMNS };
	struct rng r = rng_at(1, 1, 1, 1, 1);
	float *x = malloc(2 * ALL * sizeof(*x));

	if (x == NULL)
		abort();
	for (int i = 0; i < 2 * ALL; i++)
		x[i] = (float)rng_normal(&r);
	is_near(2 * loss_byol_direction(ROWS, COLUMNS, x, x + ALL, NULL, NULL,
	    NULL), 4, 0.05, "byol: 4 by chance");
	free(x);
}

/* Rows of norm 1e-20, 0 and 1e18 give numbers. */
static void
extremes(void)
{
	struct byol b;
	bool finite = true;

	byol_init(&b);
	for (int j = 0; j < D; j++) {
		b.p[0][j] *= 1e-20f;
		b.p[0][D + j] = 0;
		b.p[0][2 * D + j] *= 1e18f;
		b.z[1][3 * D + j] = 0;
	}
	ok(isfinite(byol_run(&b)), "byol: extreme rows have a loss");
	for (int i = 0; i < N * D; i++)
		finite &= isfinite(b.grad[0][i]) && isfinite(b.grad[1][i]);
	ok(finite, "… and gradients");
}

static void
refusals(void)
{
	struct byol b;

	byol_init(&b);
	b.call.in[4].whole = b.index;
	is_int(loss_run(&loss_byol, &b.call), FAIL_FORMAT, "mix_index "
	    "without mix_lambda");
	b.call.in[5].real = b.lambda;
	b.index[2] = N;
	is_int(loss_run(&loss_byol, &b.call), FAIL_FORMAT, "a partner "
	    "outside the record");
	b.index[2] = 0;
	b.lambda[1] = NAN;
	is_int(loss_run(&loss_byol, &b.call), FAIL_FORMAT, "a share that is "
	    "not a number");
	ok(loss_find("byol") == &loss_byol, "a loss by name");
	ok(loss_find("boyl") == NULL, "an unknown name");
}

int
main(void)
{
	byol();
	invariants();
	chance();
	extremes();
	refusals();
	return tap_done();
}
