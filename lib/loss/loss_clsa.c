/* SPDX-License-Identifier: MIT */
/*
 * CLSA (Wang & Qi 2021): weak views against their keys as in MoCo, with all
 * of the batch's keys as candidates; and strong views, whose distribution
 * over the candidates shall be the weak view's:
 * D = -sum_j p_j log s_j = log-sum-exp(strong) - strong . E_p[c] / T2,
 * so that of the weak view only its expected candidate E_p[c] is needed.
 * No gradient of D reaches the weak view or the keys.
 */
#include <string.h>

#include "loss/partner.h"
#include "loss/unit.h"

static const struct loss_field fields[] = {
	[LOSS_CLSA_Q] = { "q", LOSS_EMBEDDING, true, false },
	[LOSS_CLSA_K] = { "k", LOSS_EMBEDDING, false, false },
	[LOSS_CLSA_S] = { "s", LOSS_STRONG, true, false },
	[LOSS_CLSA_QUEUE] = { "queue", LOSS_QUEUE, false, false },
};

/* One view's softmax over the keys and the queue. */
static int
begin(struct partner *m, struct loss_call *c, const float *view,
    double temperature)
{
	*m = (struct partner){ .s = { .n = c->n, .p = c->p, .others = true,
	    .queue = c->in[LOSS_CLSA_QUEUE].real, .k = c->k,
	    .scale = 1 / temperature } };
	return partner_begin(m, c->work, view, c->in[LOSS_CLSA_K].real);
}

/* Number d of row i's expected candidate: its own key and the others. */
static double
expected_of(const struct softmax *s, size_t i, size_t d)
{
	const double own = (double)s->key[i * s->p + d];

	return own + s->share[i] * ((double)s->mean[i * s->p + d] - own);
}

int
loss_clsa_weak(struct loss_call *c, float *expected)
{
	const struct loss_options *o = &c->options;
	const struct loss_array *q = &c->in[LOSS_CLSA_Q];
	struct partner m;
	int rc = begin(&m, c, q->real, o->temperature);

	if (rc < 0)
		return rc;
	c->part[0] = partner_loss(&m);
	if (q->grad != NULL)
		partner_query_grad(&m, q->grad);
	if (o->strong_temperature != o->temperature &&
	    (rc = begin(&m, c, q->real, o->strong_temperature)) < 0)
		return rc;
	for (size_t i = 0; i < c->n; i++)
		for (size_t d = 0; d < c->p; d++)
			expected[i * c->p + d] +=
			    (float)expected_of(&m.s, i, d);
	return 0;
}

int
loss_clsa_strong(struct loss_call *c, size_t view, const float *expected,
    size_t n_weak)
{
	const double weak = (double)n_weak, n = (double)c->n;
	const struct loss_array *strong = &c->strong[view];
	const size_t p = c->p;
	double sum = 0;
	struct partner m;
	int rc = begin(&m, c, strong->real, c->options.strong_temperature);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < c->n; i++) {
		const float *s = m.s.query + i * p, *e = expected + i * p;

		sum += weak * softmax_all(&m.s, i) -
		    m.s.scale * unit_dot(s, e, p);
		if (strong->grad == NULL)
			continue;
		for (size_t d = 0; d < p; d++)
			m.slope[d] = c->options.strong_weight * m.s.scale / n *
			    (weak * expected_of(&m.s, i, d) - (double)e[d]);
		unit_slope(strong->grad + i * p, m.slope, s, m.query_norm[i],
		    p);
	}
	c->part[1] += sum / n;
	return 0;
}

static int
run(struct loss_call *c)
{
	float *expected = softmax_floats(c->work, c->n * c->p);
	int rc;

	if (expected == NULL)
		return fail_last();
	memset(expected, 0, c->n * c->p * sizeof(*expected));
	c->part[1] = 0;
	if ((rc = loss_clsa_weak(c, expected)) < 0)
		return rc;
	for (size_t i = 0; i < c->n_strong; i++)
		if ((rc = loss_clsa_strong(c, i, expected, 1)) < 0)
			return rc;
	c->loss = c->part[0] + c->options.strong_weight * c->part[1];
	return 0;
}

const struct loss loss_clsa = {
	.name = "clsa",
	.help = "keys as moco, and strong views that follow the weak one",
	.fields = fields,
	.n_fields = sizeof(fields) / sizeof(fields[0]),
	.parts = { "loss_contrast", "loss_ddm" },
	.temperature = 0.2,
	.run = run,
};
