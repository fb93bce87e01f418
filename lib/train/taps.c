/* SPDX-License-Identifier: MIT */
#include "train/taps.h"

#include <stdio.h>
#include <string.h>

#include "method/logits.h"
#include "stream/rec.h"

/* A tensor of the run: where it lies and how it is shaped. */
struct thing {
	char name[NN_NAME + 32];
	const float *device, *host;	/* one of them, or neither: not there */
	int n_dims;
	size_t shape[4];
	int value;		/* of the network, or 0 */
	bool logits;		/* lies nowhere, and is made when asked for */
};

/* Layer i's name: its parameters', or its number. */
static void
layer_name(const struct nn_net *net, int i, struct thing *t)
{
	const int slice = net->nodes[i].param;
	const char *full = slice < 0 ? "" : net->layout.slices[slice].name;
	const char *dot = strrchr(full, '.');

	if (dot != NULL)
		snprintf(t->name, sizeof(t->name), "activation.%.*s",
		    (int)(dot - full), full);
	else
		snprintf(t->name, sizeof(t->name), "activation.%d", i + 1);
}

static void
layer(const struct method_run *r, int i, struct thing *t)
{
	size_t n;
	const struct nn_plan *p = method_last(r, &n);
	struct nn_shape s;

	layer_name(&r->model.net, i, t);
	t->value = i + 1;
	if (p == NULL)
		return;
	s = nn_plan_shape(p, i + 1);
	t->device = nn_value(p, r->memory, i + 1);
	t->n_dims = 4;
	t->shape[0] = n;
	t->shape[1] = (size_t)s.h;
	t->shape[2] = (size_t)s.w;
	t->shape[3] = (size_t)s.c;
}

static void
slice(const struct nn_params *p, const char *prefix, size_t i, bool grad,
    struct thing *t)
{
	const struct nn_slice *s = &p->layout->slices[i];

	snprintf(t->name, sizeof(t->name), "%s%s", prefix, s->name);
	t->device = grad ? nn_param_grad(p, (int)i) : nn_param(p, (int)i);
	t->n_dims = s->n_dims;
	memcpy(t->shape, s->shape, sizeof(t->shape));
}

static void
embedding(const struct method_run *r, int v, struct thing *t)
{
	snprintf(t->name, sizeof(t->name), "embedding%d", v);
	t->host = r->seen[v];
	t->n_dims = 2;
	t->shape[0] = (size_t)r->planned.n;
	t->shape[1] = method_columns(r);
}

static void
logits(const struct method_run *r, struct thing *t)
{
	if (r->row->logits == NULL)
		return;		/* has none, and no name */
	snprintf(t->name, sizeof(t->name), "logits");
	t->n_dims = 2;
	t->logits = logits_shape(r, &t->shape[0], &t->shape[1]);
}

/* Thing number i of the run; false behind the last. */
static bool
thing(const struct method_run *r, size_t i, struct thing *t)
{
	const size_t layers = (size_t)r->model.net.n_nodes;
	const size_t online = r->online.n, target = r->target.n;

	memset(t, 0, sizeof(*t));
	if (i < 2) {
		embedding(r, (int)i, t);
	} else if (i == 2) {
		logits(r, t);
	} else if ((i -= 3) < layers) {
		layer(r, (int)i, t);
	} else if ((i -= layers) < online) {
		slice(&r->online, "online.", i, false, t);
	} else if ((i -= online) < online) {
		if (nn_is_buffer(r->online.layout->slices[i].kind))
			return true;	/* has none, and no name */
		slice(&r->online, "grad.", i, true, t);
	} else if ((i -= online) < target) {
		slice(&r->target, "target.", i, false, t);
	} else if (i == target && r->keys.row != NULL) {
		snprintf(t->name, sizeof(t->name), "queue");
		t->device = r->keys.row;
		t->n_dims = 2;
		t->shape[0] = r->keys.k;
		t->shape[1] = r->keys.p;
	} else {
		return false;
	}
	return true;
}

/* The thing of that name. */
static bool
find(const struct method_run *r, const char *name, size_t size,
    struct thing *t)
{
	for (size_t i = 0; thing(r, i, t); i++)
		if (strlen(t->name) == size && memcmp(t->name, name,
		    size) == 0)
			return true;
	return false;
}

int
tap_parse(struct tap *tap, const char *text, struct method_run *r)
{
	const char *end = strrchr(text, '=');
	struct thing t;

	memset(tap, 0, sizeof(*tap));
	r->options.n_keep = 0;
	if (end == NULL || end[1] == '\0')
		return fail(FAIL_USAGE, "%s: not NAME,NAME=FILE", text);
	tap->path = end + 1;
	for (const char *at = text; at < end;) {
		size_t size = strcspn(at, ",");

		if (at + size > end)
			size = (size_t)(end - at);
		if (tap->n == TAP_MOST)
			return fail(FAIL_USAGE, "more than %d names",
			    TAP_MOST);
		if (size == 0 || !find(r, at, size, &t))
			return fail(FAIL_USAGE, "there is no tensor %.*s; "
			    "--list-taps prints their names", (int)size,
			    at);
		if (t.value > 0)
			r->options.keep[r->options.n_keep++] = t.value;
		tap->name[tap->n] = at;
		tap->size[tap->n++] = size;
		at += size + 1;
	}
	return tap->n > 0 ? 0 : fail(FAIL_USAGE, "%s: names nothing", text);
}

static int
write_one(const struct tap *tap, struct rec *rec, const struct method_run *r,
    const struct thing *t, uint64_t step)
{
	size_t n = 1;
	void *data;
	int rc;

	for (int i = 0; i < t->n_dims; i++)
		n *= t->shape[i];
	rec_clear(rec);
	if ((rc = rec_add(rec, "step", value_int((int64_t)step))) < 0 ||
	    (rc = rec_add(rec, "name", value_text(t->name))) < 0 ||
	    (rc = rec_add_tensor(rec, "value", DTYPE_F4, t->n_dims, t->shape,
		&data)) < 0)
		return rc;
	if (t->logits)
		rc = logits_write(r, data);
	else if (t->host != NULL)
		memcpy(data, t->host, n * sizeof(float));
	else
		kernel_download(r->kernel, data, t->device, n);
	return rc < 0 ? rc : stream_write(tap->out, rec);
}

int
tap_write(const struct tap *tap, const struct method_run *r, uint64_t step)
{
	struct rec rec = { 0 };
	int rc = 0;

	for (size_t i = 0; i < tap->n && rc == 0; i++) {
		struct thing t;

		if (find(r, tap->name[i], tap->size[i], &t) &&
		    (t.device != NULL || t.host != NULL || t.logits))
			rc = write_one(tap, &rec, r, &t, step);
	}
	rec_free(&rec);
	return rc < 0 ? fail_note("%s", tap->path) : 0;
}

int
tap_list(const struct method_run *r, struct buf *b)
{
	struct thing t;
	int rc = 0;

	for (size_t i = 0; rc == 0 && thing(r, i, &t); i++)
		if (t.name[0] != '\0')
			rc = buf_printf(b, "%s\n", t.name);
	return rc;
}

int
tap_head(struct head *to, const struct head *from)
{
	if (head_copy(to, from) < 0)
		return fail_last();
	to->meta = value_map(NULL, 0);
	return value_set(&to->meta, "kind", value_text("taps"), &to->arena);
}
