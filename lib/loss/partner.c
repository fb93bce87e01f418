/* SPDX-License-Identifier: MIT */
#include "loss/partner.h"

#include "loss/unit.h"

int
partner_begin(struct partner *m, struct loss_work *w, const float *query,
    const float *key)
{
	const size_t n = m->s.n, p = m->s.p;
	float *q = softmax_floats(w, n * p), *k = softmax_floats(w, n * p);

	if ((m->index == NULL) != (m->lambda == NULL))
		return fail(FAIL_FORMAT, "mix_index and mix_lambda come "
		    "together or not at all");
	m->query_norm = softmax_doubles(w, n);
	m->key_norm = softmax_doubles(w, n);
	m->slope = softmax_doubles(w, n > p ? n : p);
	if (q == NULL || k == NULL || m->query_norm == NULL ||
	    m->key_norm == NULL || m->slope == NULL)
		return fail_last();
	unit_rows(q, m->query_norm, query, n, p);
	unit_rows(k, m->key_norm, key, n, p);
	m->s.query = q;
	m->s.key = k;
	return softmax_run(&m->s, w);
}

/* Row i's partner and the share that belongs to it. */
static double
partner(const struct partner *m, size_t i, size_t *j)
{
	*j = m->index == NULL ? i : (size_t)m->index[i];
	return m->index == NULL ? 0 : 1 - (double)m->lambda[i];
}

/* log(all) - own + (1 - lambda) (own - the partner's). */
double
partner_loss(const struct partner *m)
{
	const struct softmax *s = &m->s;
	double sum = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t j;
		const double share = partner(m, i, &j);

		sum += softmax_loss(s, i);
		if (share > 0)
			sum += share * (s->own[i] - s->scale *
			    unit_dot(s->query + i * s->p, s->key + j * s->p,
				s->p));
	}
	return sum / (double)s->n;
}

/* share_i (mean_i - k_i) + (1 - lambda) (k_i - k_j), times scale / n. */
void
partner_query_grad(const struct partner *m, float *grad)
{
	const struct softmax *s = &m->s;
	const size_t p = s->p;

	for (size_t i = 0; i < s->n; i++) {
		size_t j;
		const double part = partner(m, i, &j);
		const float *mean = s->mean + i * p, *own = s->key + i * p;
		const float *other = s->key + j * p;

		for (size_t d = 0; d < p; d++)
			m->slope[d] = s->scale / (double)s->n *
			    (s->share[i] * ((double)mean[d] - (double)own[d]) +
			    part * ((double)own[d] - (double)other[d]));
		unit_slope(grad + i * p, m->slope, s->query + i * p,
		    m->query_norm[i], p);
	}
}

/*
 * By key j: what other queries' softmax gives it, - share_j q_j, and the
 * parts of mixing: + (1 - lambda_j) q_j - sum over i with partner j of
 * (1 - lambda_i) q_i.
 */
int
partner_key_grad(const struct partner *m, struct loss_work *w, float *grad)
{
	const struct softmax *s = &m->s;
	const size_t n = s->n, p = s->p;
	float *back = softmax_floats(w, n * p);
	int rc;

	if (back == NULL)
		return fail_last();
	if ((rc = softmax_back(s, w, back)) < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		const float *q = s->query + i * p;
		size_t j;
		const double part = partner(m, i, &j);

		for (size_t d = 0; d < p; d++) {
			back[i * p + d] += (float)((part - s->share[i]) *
			    (double)q[d]);
			back[j * p + d] -= (float)(part * (double)q[d]);
		}
	}
	for (size_t j = 0; j < n; j++) {
		for (size_t d = 0; d < p; d++)
			m->slope[d] = s->scale / (double)n *
			    (double)back[j * p + d];
		unit_slope(grad + j * p, m->slope, s->key + j * p,
		    m->key_norm[j], p);
	}
	return 0;
}
