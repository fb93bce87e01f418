/* SPDX-License-Identifier: MIT */
/*
 * BYOL: predictions of one view against targets of the other, both ways
 * (Grill et al. 2020).  Targets are constants.
 */
#include "loss/loss.h"
#include "loss/unit.h"

static const struct loss_field fields[] = {
	[LOSS_BYOL_P0] = { "p0", LOSS_EMBEDDING, true, false },
	[LOSS_BYOL_P1] = { "p1", LOSS_EMBEDDING, true, false },
	[LOSS_BYOL_Z0] = { "z0", LOSS_EMBEDDING, false, false },
	[LOSS_BYOL_Z1] = { "z1", LOSS_EMBEDDING, false, false },
	[LOSS_BYOL_INDEX] = { "mix_index", LOSS_PLACE, false, true },
	[LOSS_BYOL_LAMBDA] = { "mix_lambda", LOSS_SHARE, false, true },
};

/* A target row and its share. */
struct goal {
	const float *z;
	double share;		/* 0: not there */
	double norm, cosine;	/* filled in by look */
};

static void
look(struct goal *goal, const float *u, double u_norm, size_t p)
{
	if (goal->share == 0)
		return;
	goal->norm = unit_norm(goal->z, p);
	goal->cosine = unit_dot(u, goal->z, p) / u_norm / goal->norm;
}

/* grad [P] = weight times the gradient of the shared cosines by u.  At the
 * floor the norm is a constant and only the first part remains. */
static void
write_grad(float *grad, const float *u, double u_norm, const struct goal *a,
    const struct goal *b, double weight, size_t p)
{
	const double along = u_norm > LOSS_NORM_FLOOR ?
	    a->share * a->cosine + b->share * b->cosine : 0;

	for (size_t j = 0; j < p; j++) {
		double to = 0;

		if (a->share != 0)
			to += a->share * a->z[j] / a->norm;
		if (b->share != 0)
			to += b->share * b->z[j] / b->norm;
		grad[j] = (float)(weight * (to - along * u[j] / u_norm) /
		    u_norm);
	}
}

double
loss_byol_direction(size_t n, size_t p, const float *prediction,
    const float *target, const int64_t *index, const float *lambda,
    float *grad)
{
	double loss = 0;

	for (size_t i = 0; i < n; i++) {
		const float *u = prediction + i * p;
		const double norm = unit_norm(u, p);
		struct goal own = { .z = target + i * p, .share = 1 };
		struct goal other = { .share = 0 };

		if (index != NULL) {
			own.share = (double)lambda[i];
			other.z = target + (size_t)index[i] * p;
			other.share = 1 - own.share;
		}
		look(&own, u, norm, p);
		look(&other, u, norm, p);
		loss += 2 - 2 * (own.share * own.cosine +
		    other.share * other.cosine);
		if (grad != NULL)
			write_grad(grad + i * p, u, norm, &own, &other,
			    -2.0 / (double)n, p);
	}
	return loss / (double)n;
}

static int
run(struct loss_call *c)
{
	const int64_t *index = c->in[LOSS_BYOL_INDEX].whole;
	const float *lambda = c->in[LOSS_BYOL_LAMBDA].real;

	if ((index == NULL) != (lambda == NULL))
		return fail(FAIL_FORMAT, "mix_index and mix_lambda come "
		    "together or not at all");
	c->loss = 0;
	for (int v = 0; v < 2; v++) {
		const struct loss_array *p = &c->in[LOSS_BYOL_P0 + v];

		c->loss += loss_byol_direction(c->n, c->p, p->real,
		    c->in[LOSS_BYOL_Z1 - v].real, index, lambda, p->grad);
	}
	return 0;
}

const struct loss loss_byol = {
	.name = "byol",
	.help = "2 - 2 cos of predictions and targets, both ways",
	.fields = fields,
	.n_fields = sizeof(fields) / sizeof(fields[0]),
	.run = run,
};
