/*
 * losses: a call of any loss on numbers of one's own, for tests in C.
 *
 * Fields are found by name; labels, shares and places are filled in for all
 * losses that read them.
 */
#ifndef SELF_LOSSES_H
#define SELF_LOSSES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "loss/loss.h"

#define LOSSES_MOST 4096	/* numbers of a field */

/* All that a call borrows, by field; strong views behind the fields. */
struct losses {
	const struct loss *row;
	struct loss_call call;
	struct loss_work work;
	float x[LOSS_FIELDS + 4][LOSSES_MOST];
	float grad[LOSS_FIELDS + 4][LOSSES_MOST];
	int64_t whole[LOSS_FIELDS][LOSSES_MOST];
	float *queue;		/* device */
};

/* The field's place, or -1. */
__attribute__((unused)) static int
losses_at(const struct loss *row, const char *name)
{
	for (size_t i = 0; i < row->n_fields; i++)
		if (strcmp(row->fields[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* The numbers of field `name` ("s0", "s1" too). */
__attribute__((unused)) static float *
losses_x(struct losses *l, const char *name)
{
	if (name[0] == 's' && name[1] != '\0')
		return l->x[LOSS_FIELDS + name[1] - '0'];
	return l->x[losses_at(l->row, name)];
}

__attribute__((unused)) static float *
losses_grad(struct losses *l, const char *name)
{
	if (name[0] == 's' && name[1] != '\0')
		return l->grad[LOSS_FIELDS + name[1] - '0'];
	return l->grad[losses_at(l->row, name)];
}

__attribute__((unused)) static int64_t *
losses_whole(struct losses *l, const char *name)
{
	return l->whole[losses_at(l->row, name)];
}

__attribute__((unused)) static void
losses_field(struct losses *l, size_t i, bool mixed)
{
	const struct loss_field *f = &l->row->fields[i];
	struct loss_array *a = &l->call.in[i];

	switch (f->type) {
	case LOSS_EMBEDDING:
		*a = (struct loss_array){ .real = l->x[i],
			.grad = f->grad ? l->grad[i] : NULL };
		break;
	case LOSS_STRONG:
		for (size_t j = 0; j < l->call.n_strong; j++)
			l->call.strong[j] = (struct loss_array){
				.real = l->x[LOSS_FIELDS + j],
				.grad = l->grad[LOSS_FIELDS + j] };
		break;
	case LOSS_QUEUE:
		a->real = l->queue;
		break;
	case LOSS_SHARE:
		a->real = mixed ? l->x[i] : NULL;
		break;
	case LOSS_PLACE:
		a->whole = mixed ? l->whole[i] : NULL;
		break;
	case LOSS_LABEL:
		a->whole = l->whole[i];
		break;
	}
}

/* Random rows, N of P numbers, K keys; partners i+1; labels of three kinds,
 * `unlabelled` of them -1. */
__attribute__((unused)) static void
losses_begin(struct losses *l, const struct loss *row, struct kernel *k,
    size_t n, size_t p, size_t keys, bool mixed)
{
	struct rng r = rng_at(7, n, p, 0, 1);

	memset(l, 0, sizeof(*l));
	l->row = row;
	loss_work_init(&l->work, k);
	l->queue = kernel_alloc(k, keys * p + 1);
	if (l->queue == NULL || n * p > LOSSES_MOST || keys * p > LOSSES_MOST)
		abort();
	l->call = (struct loss_call){ .n = n, .p = p, .k = keys,
		.n_strong = 2, .work = &l->work,
		.options = { .strong_weight = 1 } };
	for (size_t i = 0; i < LOSS_FIELDS + 4; i++)
		for (size_t j = 0; j < LOSSES_MOST; j++)
			l->x[i][j] = (float)rng_normal(&r);
	for (size_t i = 0; i < row->n_fields; i++) {
		for (size_t j = 0; j < n; j++) {
			l->whole[i][j] = (int64_t)((j + 1) % n);
			if (row->fields[i].type == LOSS_LABEL)
				l->whole[i][j] = (int64_t)(j % 3);
			if (row->fields[i].type == LOSS_SHARE)
				l->x[i][j] = 0.5f + 0.04f * (float)(j % 12);
		}
		losses_field(l, i, mixed);
	}
}

/* The queue's rows go to the device, normalised; NAN after a failure. */
__attribute__((unused)) static double
losses_run(struct losses *l)
{
	const int at = losses_at(l->row, "queue");
	const size_t p = l->call.p;

	for (size_t i = 0; at >= 0 && i < l->call.k; i++) {
		float *x = &l->x[at][i * p];
		double square = 0;

		for (size_t j = 0; j < p; j++)
			square += (double)x[j] * (double)x[j];
		for (size_t j = 0; j < p; j++)
			x[j] = (float)((double)x[j] / sqrt(square));
	}
	if (at >= 0)
		kernel_upload(l->work.kernel, l->queue, l->x[at],
		    l->call.k * p);
	return loss_run(l->row, &l->call) < 0 ? NAN : l->call.loss;
}

__attribute__((unused)) static void
losses_end(struct losses *l)
{
	kernel_release(l->work.kernel, l->queue);
	loss_work_fini(&l->work);
}

#endif
