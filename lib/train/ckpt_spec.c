/* SPDX-License-Identifier: MIT */
/* What a checkpoint says about its network, and the other way round. */
#include <stdio.h>
#include <string.h>

#include "train/ckpt.h"

/*
 * The layers of a head from its tensors: two dimensions are a linear layer,
 * one a batch norm, and a number without any is a ReLU.
 */
static int
read_head(const struct ckpt *c, const char *prefix, struct enc_head *h)
{
	int relus = 0;

	memset(h, 0, sizeof(*h));
	for (int i = 0; i < ENC_HEAD_LAYERS; i++) {
		struct enc_layer l = { .type = ENC_RELU };
		const struct tensor *w;
		char name[128];

		snprintf(name, sizeof(name), "%s%d.weight", prefix, i);
		w = ckpt_find(c, name);
		if (w == NULL) {
			relus++;
			continue;
		}
		if (relus > 1 || (relus > 0 && h->n == 0))
			return fail(FAIL_FORMAT, "%s: %s has nothing before "
			    "it", ckpt_path(c), name);
		if (relus == 1)
			h->layer[h->n++] = l;
		relus = 0;
		if (w->n_dims < 1 || w->n_dims > 2 || w->shape[0] < 1 ||
		    w->shape[0] > 1 << 20)
			return fail(FAIL_FORMAT, "%s: %s is neither a linear "
			    "layer nor a batch norm", ckpt_path(c), name);
		snprintf(name, sizeof(name), "%s%d.bias", prefix, i);
		l.type = w->n_dims == 2 ? ENC_LINEAR : ENC_NORM;
		l.channels = (int)w->shape[0];
		l.bias = ckpt_find(c, name) != NULL;
		h->layer[h->n++] = l;
	}
	return 0;
}

/* The stem's first convolution tells channels, width and size. */
static int
read_stem(const struct ckpt *c, struct enc_shape *s)
{
	static const char name[] = "online.encoder.conv1.weight";
	const struct value *meta = &ckpt_head(c)->meta;
	const struct tensor *w = ckpt_find(c, name);
	const char *stem;

	if (w == NULL || w->n_dims != 4 || w->shape[0] < 1 ||
	    w->shape[0] > ENC_WIDTH_MOST || w->shape[1] < 1 ||
	    w->shape[1] > 64)
		return fail(FAIL_FORMAT, "%s: no %s that could be a stem",
		    ckpt_path(c), name);
	s->channels = (int)w->shape[1];
	s->width = (int)w->shape[0];
	stem = value_get_text(meta, "stem",
	    w->shape[2] == 3 ? "cifar" : "imagenet");
	s->stem = strcmp(stem, "cifar") == 0 ? "cifar" :
	    strcmp(stem, "imagenet") == 0 ? "imagenet" : NULL;
	if (s->stem == NULL)
		return fail(FAIL_FORMAT, "%s: unknown stem %s", ckpt_path(c),
		    stem);
	return 0;
}

int
ckpt_spec(const struct ckpt *c, struct enc_spec *s)
{
	const char *arch = value_get_text(&ckpt_head(c)->meta, "arch", NULL);
	int rc;

	memset(s, 0, sizeof(*s));
	if (arch == NULL)
		return fail(FAIL_FORMAT, "%s: meta.arch is missing",
		    ckpt_path(c));
	if ((s->encoder = enc_find(arch)) == NULL)
		return fail_note("%s", ckpt_path(c));
	if ((rc = read_stem(c, &s->shape)) < 0 ||
	    (rc = read_head(c, "online.projector.", &s->projector)) < 0)
		return rc;
	return read_head(c, "online.predictor.", &s->predictor);
}

static int
set(struct head *h, const char *name, struct value v)
{
	return value_set(&h->meta, name, v, &h->arena);
}

static int
describe_head(struct head *h, const char *name, const struct enc_head *head)
{
	int sizes[ENC_HEAD_LAYERS];
	const int n = enc_head_sizes(head, sizes);
	struct value array = value_array(NULL, 0);
	int rc = 0;

	if (n == 0)
		return 0;
	for (int i = 0; i < n && rc == 0; i++)
		rc = value_push(&array, value_int(sizes[i]), &h->arena);
	return rc < 0 ? rc : set(h, name, array);
}

int
ckpt_describe(struct head *h, const struct enc_spec *s)
{
	int rc;

	if ((rc = set(h, "arch", value_text(s->encoder->name))) < 0 ||
	    (rc = set(h, "stem", value_text(s->shape.stem))) < 0 ||
	    (rc = set(h, "width", value_int(s->shape.width))) < 0 ||
	    (rc = describe_head(h, "projector", &s->projector)) < 0)
		return rc;
	return describe_head(h, "predictor", &s->predictor);
}

int
ckpt_set_floats(struct head *h, const char *name, const double *x, int n)
{
	struct value array = value_array(NULL, 0);
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++)
		rc = value_push(&array, value_float(x[i]), &h->arena);
	return rc < 0 ? rc : set(h, name, array);
}

int
ckpt_get_floats(const struct head *h, const char *name, double *x, int most)
{
	const struct value *v = value_find(&h->meta, name);

	if (v == NULL || v->type != VALUE_ARRAY ||
	    v->array.n > (size_t)most)
		return 0;
	for (size_t i = 0; i < v->array.n; i++)
		switch (v->array.items[i].type) {
		case VALUE_FLOAT:
		case VALUE_SINGLE:
			x[i] = v->array.items[i].real;
			break;
		case VALUE_INT:
			x[i] = (double)v->array.items[i].integer;
			break;
		default:
			return 0;
		}
	return (int)v->array.n;
}
