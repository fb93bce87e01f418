/* SPDX-License-Identifier: MIT */
/*
 * SuNCEt (Assran et al. 2020): each labelled row against all others, the
 * logarithm of what its class holds of the softmax together.  Mean over the
 * anchors that are not alone in their class; those that are stay negatives.
 * Rows lie on the device by class, so that a class is one piece and what it
 * competes with are two.
 */
#include <math.h>
#include <string.h>

#include "loss/groups.h"
#include "loss/unit.h"
#include "loss/softmax.h"

static const struct loss_field fields[] = {
	[LOSS_SUNCET_Z] = { "z", LOSS_EMBEDDING, true, false },
	[LOSS_SUNCET_LABEL] = { "label", LOSS_LABEL, false, false },
};

/* Everything by row of the order. */
struct rows {
	size_t m, p;
	double scale;
	size_t *order;
	const int64_t *label;
	float *unit, *positive, *negative, *back, *own_back;	/* [m,p] */
	double *norm, *same, *rest, *all, *inner;	/* [m] */
	double *slope;					/* [p] */
	float *device[3];	/* unit rows, two results */
};

static int
take_memory(struct rows *r, struct loss_work *w)
{
	const size_t size = r->m * r->p;
	float **const floats[] = { &r->unit, &r->positive, &r->negative,
		&r->back, &r->own_back };
	double **const doubles[] = { &r->norm, &r->same, &r->rest, &r->all,
		&r->inner };
	const struct attend most = { .n = r->m, .m = r->m, .p = r->p };

	for (size_t i = 0; i < 5; i++)
		if ((*floats[i] = softmax_floats(w, size)) == NULL ||
		    (*doubles[i] = softmax_doubles(w, r->m)) == NULL)
			return fail_last();
	r->slope = softmax_doubles(w, r->p);
	r->device[0] = softmax_device(w, 3 * size);
	if (r->slope == NULL || r->device[0] == NULL)
		return fail_last();
	for (int i = 1; i < 3; i++)
		r->device[i] = r->device[i - 1] + size;
	return kernel_attend_reserve(w->kernel, &most);
}

/* The softmax of a class's rows, first to end, over themselves and over all
 * others. */
static void
attend_class(struct rows *r, struct kernel *k, size_t first, size_t end)
{
	const size_t p = r->p;
	const float *unit = r->device[0];
	struct attend a = { .n = end - first, .m = end - first, .p = p,
		.scale = (float)r->scale, .period = end - first };

	kernel_attend(k, r->same + first, r->device[1] + first * p,
	    unit + first * p, unit + first * p, &a);
	a.period = 0;
	a.m = first;
	kernel_attend(k, r->rest + first, r->device[2] + first * p,
	    unit + first * p, unit, &a);
	a.accumulate = true;
	a.m = r->m - end;
	kernel_attend(k, r->rest + first, r->device[2] + first * p,
	    unit + first * p, unit + end * p, &a);
}

/*
 * `all` is the log-sum-exp over everything, infinite for those alone in their
 * class, who are no anchors; `inner` makes exp(s - inner) the weight that an
 * anchor takes from its own class: softmax within it times the others' share.
 */
static size_t
find_anchors(struct rows *r, double *loss)
{
	size_t anchors = 0;
	double sum = 0;

	for (size_t i = 0; i < r->m; i++) {
		const double all = softmax_join(r->same[i], r->rest[i]);

		r->all[i] = r->inner[i] = INFINITY;
		if (r->same[i] == -INFINITY)	/* NaN is no such row */
			continue;
		r->all[i] = all;
		r->inner[i] = r->same[i] - (r->rest[i] - all);
		sum += log1p(exp(r->rest[i] - r->same[i]));
		anchors++;
	}
	*loss = anchors > 0 ? sum / (double)anchors : 0;
	return anchors;
}

/* What a class's rows get from anchors elsewhere and from their own. */
static void
back_class(struct rows *r, struct kernel *k, size_t first, size_t end)
{
	const size_t p = r->p;
	const float *unit = r->device[0];
	struct attend a = { .n = end - first, .m = end - first, .p = p,
		.scale = (float)r->scale, .period = end - first };

	kernel_attend_back(k, r->device[2] + first * p, r->inner + first,
	    unit + first * p, unit + first * p, &a);
	a.period = 0;
	a.n = first;
	kernel_attend_back(k, r->device[1] + first * p, r->all, unit,
	    unit + first * p, &a);
	a.accumulate = true;
	a.n = r->m - end;
	kernel_attend_back(k, r->device[1] + first * p, r->all + end,
	    unit + end * p, unit + first * p, &a);
}

/* As an anchor; and what others' softmax gives the row, unless it counts as a
 * constant there. */
static void
write_grad(struct rows *r, size_t anchors, bool anchor_only, float *grad)
{
	const size_t p = r->p;

	for (size_t i = 0; i < r->m; i++) {
		const bool anchor = r->all[i] < INFINITY;
		const double share = anchor ? exp(r->rest[i] - r->all[i]) : 0;

		for (size_t d = 0; d < p; d++) {
			const size_t at = i * p + d;
			const double back = anchor_only ? 0 :
			    (double)r->back[at];
			const double own = anchor_only ? 0 :
			    (double)r->own_back[at];

			r->slope[d] = r->scale / (double)anchors * (share *
			    ((double)r->negative[at] -
				(double)r->positive[at]) + back - own);
		}
		unit_slope(grad + r->order[i] * p, r->slope, r->unit + i * p,
		    r->norm[i], p);
	}
}

static void
each_class(struct rows *r, struct kernel *k,
    void (*act)(struct rows *, struct kernel *, size_t, size_t))
{
	for (size_t first = 0, end; first < r->m; first = end) {
		end = groups_end(r->order, r->label, r->m, first);
		act(r, k, first, end);
	}
}

static void
evaluate(struct rows *r, struct kernel *k, struct loss_call *c)
{
	const struct loss_array *z = &c->in[LOSS_SUNCET_Z];
	const bool anchor_only = c->options.anchor_only;
	const size_t size = r->m * r->p;
	size_t anchors;

	for (size_t i = 0; i < r->m; i++)
		unit_rows(r->unit + i * r->p, &r->norm[i],
		    z->real + r->order[i] * r->p, 1, r->p);
	kernel_upload(k, r->device[0], r->unit, size);
	each_class(r, k, attend_class);
	kernel_download(k, r->positive, r->device[1], size);
	kernel_download(k, r->negative, r->device[2], size);
	anchors = find_anchors(r, &c->loss);
	if (z->grad == NULL || anchors == 0)
		return;
	if (!anchor_only) {
		each_class(r, k, back_class);
		kernel_download(k, r->back, r->device[1], size);
		kernel_download(k, r->own_back, r->device[2], size);
	}
	write_grad(r, anchors, anchor_only, z->grad);
}

static int
run(struct loss_call *c)
{
	const int64_t *label = c->in[LOSS_SUNCET_LABEL].whole;
	struct rows r = { .p = c->p, .label = label,
		.scale = 1 / c->options.temperature };
	int rc;

	c->loss = 0;
	if (c->in[LOSS_SUNCET_Z].grad != NULL)
		memset(c->in[LOSS_SUNCET_Z].grad, 0,
		    c->n * c->p * sizeof(float));
	r.order = arena_get(&c->work->host, (c->n + 1) * sizeof(*r.order));
	if (r.order == NULL)
		return fail_last();
	r.m = groups_order(r.order, label, c->n);
	if (r.m == 0)
		return 0;
	if ((rc = take_memory(&r, c->work)) < 0)
		return rc;
	evaluate(&r, c->work->kernel, c);
	return 0;
}

const struct loss loss_suncet = {
	.name = "suncet",
	.help = "labelled rows, by what their class holds together",
	.fields = fields,
	.n_fields = sizeof(fields) / sizeof(fields[0]),
	.temperature = 0.1,
	.anchors = true,
	.run = run,
};
