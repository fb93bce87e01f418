/* SPDX-License-Identifier: MIT */
#include "nn/param.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/rng.h"

#define PLACE 16	/* floats: slices begin at a cache line */

bool
nn_is_buffer(enum nn_kind kind)
{
	return kind == NN_MEAN || kind == NN_VAR;
}

static int
grow(struct nn_layout *l)
{
	const size_t room = l->room == 0 ? 64 : 2 * l->room;
	struct nn_slice *more = realloc(l->slices, room * sizeof(*more));

	if (more == NULL)
		return fail_memory(room * sizeof(*more));
	l->slices = more;
	l->room = room;
	return 0;
}

int
nn_layout_add(struct nn_layout *l, const char *name, enum nn_kind kind,
    int n_dims, const size_t *shape, size_t fan)
{
	size_t *end = nn_is_buffer(kind) ? &l->n_buffers : &l->n_values;
	struct nn_slice *s;

	if (strlen(name) >= NN_NAME)
		return fail(FAIL_LIMIT, "the name %s is too long", name);
	if (l->n == l->room && grow(l) < 0)
		return fail_last();
	s = &l->slices[l->n];
	memset(s, 0, sizeof(*s));
	memcpy(s->name, name, strlen(name) + 1);
	s->kind = kind;
	s->n_dims = n_dims;
	s->fan = fan;
	s->n = 1;
	for (int i = 0; i < n_dims; i++) {
		s->shape[i] = shape[i];
		if (num_mul(s->n, shape[i], &s->n) < 0)
			return fail_note("%s", name);
	}
	s->at = *end;
	if (num_add(*end, s->n + PLACE - 1, end) < 0)
		return fail_note("%s", name);
	*end -= *end % PLACE;
	return (int)l->n++;
}

void
nn_layout_free(struct nn_layout *l)
{
	free(l->slices);
	memset(l, 0, sizeof(*l));
}

const struct nn_slice *
nn_layout_find(const struct nn_layout *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->slices[i].name, name) == 0)
			return &l->slices[i];
	return NULL;
}

size_t
nn_layout_count(const struct nn_layout *l, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (!nn_is_buffer(l->slices[i].kind))
			sum += l->slices[i].n;
	return sum;
}

/* Floats that the first n slices take in their two arrays. */
static void
measure(struct nn_params *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct nn_slice *s = &p->layout->slices[i];
		const size_t end = (s->at + s->n + PLACE - 1) / PLACE * PLACE;

		if (nn_is_buffer(s->kind))
			p->n_buffers = end;
		else
			p->n_values = end;
	}
}

int
nn_params_init(struct nn_params *p, struct kernel *k,
    const struct nn_layout *l, size_t n, bool grad)
{
	memset(p, 0, sizeof(*p));
	p->layout = l;
	p->kernel = k;
	p->n = n;
	measure(p);
	p->value = kernel_alloc(k, p->n_values + 1);
	p->buffer = kernel_alloc(k, p->n_buffers + 1);
	p->grad = grad ? kernel_alloc(k, p->n_values + 1) : NULL;
	if (p->value != NULL && p->buffer != NULL &&
	    (!grad || p->grad != NULL))
		return 0;
	nn_params_fini(p);
	return fail_last();
}

void
nn_params_fini(struct nn_params *p)
{
	if (p->kernel != NULL) {
		kernel_release(p->kernel, p->value);
		kernel_release(p->kernel, p->buffer);
		kernel_release(p->kernel, p->grad);
	}
	memset(p, 0, sizeof(*p));
}

float *
nn_param(const struct nn_params *p, int i)
{
	const struct nn_slice *s = &p->layout->slices[i];

	return (nn_is_buffer(s->kind) ? p->buffer : p->value) + s->at;
}

float *
nn_param_grad(const struct nn_params *p, int i)
{
	return p->grad + p->layout->slices[i].at;
}

static void
draw_torch(float *x, const struct nn_slice *s, struct rng r)
{
	const double bound = 1 / sqrt((double)s->fan);
	const double deviation = sqrt(2 / (double)s->fan);

	for (size_t i = 0; i < s->n; i++)
		x[i] = (float)(s->kind == NN_CONV ?
		    deviation * rng_normal(&r) :
		    rng_between(&r, -bound, bound));
}

/* The deviation of a normal number that is cut off at two of its own. */
#define CUT_DEVIATION 0.87962566103423978

static void
draw_haiku(float *x, const struct nn_slice *s, struct rng r)
{
	const double fan_in = (double)s->n / (double)s->shape[0];
	const double deviation = 1 / (sqrt(fan_in) * CUT_DEVIATION);

	for (size_t i = 0; i < s->n; i++) {
		double v = s->kind == NN_BIAS ? 0 : 3;

		while (fabs(v) > 2)
			v = rng_normal(&r);
		x[i] = (float)(deviation * v);
	}
}

static void
draw(float *x, const struct nn_slice *s, enum nn_draw how,
    float residual_scale, struct rng r)
{
	const float fixed = s->kind == NN_VAR ? 1 : s->kind != NN_SCALE ? 0 :
	    s->closing ? residual_scale : 1;

	if (s->kind != NN_CONV && s->kind != NN_LINEAR && s->kind != NN_BIAS)
		for (size_t i = 0; i < s->n; i++)
			x[i] = fixed;
	else if (how == NN_TORCH)
		draw_torch(x, s, r);
	else
		draw_haiku(x, s, r);
}

static int
draw_all(struct nn_params *p, enum nn_draw how, float residual_scale,
    uint64_t seed, uint32_t view)
{
	size_t most = 1;
	float *x;

	for (size_t i = 0; i < p->n; i++)
		if (p->layout->slices[i].n > most)
			most = p->layout->slices[i].n;
	x = malloc(most * sizeof(*x));
	if (x == NULL)
		return fail_memory(most * sizeof(*x));
	for (size_t i = 0; i < p->n; i++) {
		const struct nn_slice *s = &p->layout->slices[i];

		draw(x, s, how, residual_scale,
		    rng_at(seed, 0, i, view, RNG_INIT));
		kernel_upload(p->kernel, nn_param(p, (int)i), x, s->n);
	}
	free(x);
	return 0;
}

int
nn_params_draw(struct nn_params *p, enum nn_draw how, float residual_scale,
    uint64_t seed)
{
	return draw_all(p, how, residual_scale, seed, 0);
}

int
nn_params_draw_twin(struct nn_params *p, enum nn_draw how,
    float residual_scale, uint64_t seed)
{
	return draw_all(p, how, residual_scale, seed, 1);
}

void
nn_params_copy(struct nn_params *to, const struct nn_params *from)
{
	const size_t values = to->n_values < from->n_values ?
	    to->n_values : from->n_values;
	const size_t buffers = to->n_buffers < from->n_buffers ?
	    to->n_buffers : from->n_buffers;

	kernel_copy(to->kernel, to->value, from->value, values);
	kernel_copy(to->kernel, to->buffer, from->buffer, buffers);
}

void
nn_params_zero_grad(struct nn_params *p)
{
	kernel_zero(p->kernel, p->grad, p->n_values);
}
