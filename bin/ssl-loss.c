/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "loss/loss.h"

struct args {
	struct cli_common common;
	const char *method;
	double temperature, strong_temperature, strong_weight;
	bool anchor_only;
};

#define AT(field) offsetof(struct args, field)
static const struct opt opts[] = {
	{ "method", 'm', OPT_TEXT, AT(method), "NAME", NULL, 0, 0,
	    "the loss: byol, clsa, moco, npair, simclr, suncet or supcon",
	    false },
	{ "temperature", 't', OPT_FLOAT, AT(temperature), "TAU", "0", 0, 1e6,
	    "similarities are divided by TAU; 0: the method's", false },
	{ "strong-temperature", 0, OPT_FLOAT, AT(strong_temperature), "TAU",
	    "0", 0, 1e6, "of strong views; 0: as --temperature", false },
	{ "strong-weight", 0, OPT_FLOAT, AT(strong_weight), "W", "1", 0, 1e6,
	    "of the strong views' part of the loss", false },
	{ "anchor-grad-only", 0, OPT_FLAG, AT(anchor_only), NULL, NULL, 0, 0,
	    "rows that anchors are held against are constants", false },
	CLI_COMMON
};

static const struct cli_tool tool = {
	.name = "ssl-loss",
	.operands = "[INPUT]",
	.summary = "a loss and its gradients, from a record of embeddings",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* Rows and columns of the embeddings: the first field says, all agree. */
static int
agree(struct loss_call *c, const char *name, const struct tensor *t,
    const struct loss_field *f)
{
	size_t *rows = f->type == LOSS_QUEUE ? &c->k : &c->n;

	if (t->shape[0] == 0 || t->shape[t->n_dims - 1] == 0)
		return fail(FAIL_FORMAT, "%s: empty", name);
	if (*rows == 0)
		*rows = t->shape[0];
	if (t->n_dims == 2 && c->p == 0)
		c->p = t->shape[1];
	if (t->shape[0] != *rows || (t->n_dims == 2 && t->shape[1] != c->p))
		return fail(FAIL_FORMAT, "%s: of another size than the "
		    "fields before it (%zux%zu)", name, *rows, c->p);
	return 0;
}

/* One tensor of the record as the loss wants it. */
static int
take(struct loss_call *c, struct loss_array *a, const struct rec *rec,
    struct rec *out, const char *name, const struct loss_field *f)
{
	const bool whole = f->type == LOSS_PLACE || f->type == LOSS_LABEL;
	const bool flat = whole || f->type == LOSS_SHARE;
	const struct tensor *t;
	char grad[280];
	void *data;
	int rc;

	rc = rec_tensor(rec, name, whole ? DTYPE_I8 : DTYPE_F4,
	    flat ? "n" : "np", &t);
	if (rc < 0 || (rc = agree(c, name, t, f)) < 0)
		return rc;
	a->whole = whole ? t->data : NULL;
	a->real = whole ? NULL : t->data;
	if (!f->grad)
		return 0;
	snprintf(grad, sizeof(grad), "grad_%s", name);
	rc = rec_add_tensor(out, grad, DTYPE_F4, 2, t->shape, &data);
	a->grad = rc < 0 ? NULL : data;
	return rc;
}

/* The queue lies on the device, where nothing comes back from. */
static int
upload_queue(struct loss_call *c, const struct loss *l, float **queue)
{
	const size_t n = c->k * c->p;

	for (size_t i = 0; i < l->n_fields; i++) {
		if (l->fields[i].type != LOSS_QUEUE)
			continue;
		if ((*queue = kernel_alloc(c->work->kernel, n)) == NULL)
			return fail_last();
		kernel_upload(c->work->kernel, *queue, c->in[i].real, n);
		c->in[i].real = *queue;
	}
	return 0;
}

/* name0, name1, … as far as they go. */
static int
take_series(struct loss_call *c, const struct rec *rec, struct rec *out,
    const struct loss_field *f)
{
	for (c->n_strong = 0; ; c->n_strong++) {
		char name[64];
		int rc;

		snprintf(name, sizeof(name), "%s%zu", f->name, c->n_strong);
		if (rec_find(rec, name) == NULL)
			break;
		if (c->n_strong == LOSS_SERIES)
			return fail(FAIL_LIMIT, "%s: more than %d of them",
			    name, LOSS_SERIES);
		rc = take(c, &c->strong[c->n_strong], rec, out, name, f);
		if (rc < 0)
			return rc;
	}
	if (c->n_strong == 0 && !f->optional)
		return fail(FAIL_FORMAT, "%s0: missing", f->name);
	return 0;
}

/* Everything the loss reads, and room for what it writes. */
static int
take_fields(struct loss_call *c, const struct loss *l, const struct rec *rec,
    struct rec *out)
{
	int rc = 0;

	for (size_t i = 0; i < l->n_fields && rc == 0; i++) {
		const struct loss_field *f = &l->fields[i];

		if (f->type == LOSS_STRONG)
			rc = take_series(c, rec, out, f);
		else if (!f->optional || rec_find(rec, f->name) != NULL)
			rc = take(c, &c->in[i], rec, out, f->name, f);
	}
	return rc;
}

static int
put_number(struct rec *out, const char *name, double x)
{
	const size_t one = 1;
	void *data;
	const int rc = rec_add_tensor(out, name, DTYPE_F4, 1, &one, &data);

	if (rc == 0)
		*(float *)data = (float)x;
	return rc;
}

static int
evaluate(const struct loss *l, const struct args *a, const struct rec *rec,
    struct rec *out, struct loss_work *work)
{
	struct loss_call c = { .options = { a->temperature,
		a->strong_temperature, a->strong_weight, a->anchor_only },
		.work = work };
	float *queue = NULL;
	int rc;

	rec_clear(out);
	if ((rc = put_number(out, "loss", 0)) < 0)
		return rc;
	for (size_t i = 0; i < LOSS_PARTS && l->parts[i] != NULL; i++)
		if ((rc = put_number(out, l->parts[i], 0)) < 0)
			return rc;
	if ((rc = take_fields(&c, l, rec, out)) < 0)
		return rc;
	rc = upload_queue(&c, l, &queue);
	if (rc == 0)
		rc = loss_run(l, &c);
	kernel_release(work->kernel, queue);
	for (size_t i = 0; rc == 0 && i < LOSS_PARTS && l->parts[i] != NULL;
	    i++)
		rc = put_number(out, l->parts[i], c.part[i]);
	return rc < 0 ? rc : put_number(out, "loss", c.loss);
}

/* The input's history; nothing of its meta says anything of losses. */
static void
describe(struct head *h, const struct stream_in *in, const struct loss *l)
{
	if (head_copy(h, stream_head(in)) < 0)
		cli_die("%s", stream_path(in));
	h->meta = value_map(NULL, 0);
	if (value_set(&h->meta, "method", value_text(l->name), &h->arena) < 0)
		cli_die("%s", "");
}

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	struct rec rec = { 0 }, result = { 0 };
	struct loss_work work;
	struct head head = { 0 };
	const struct loss *loss;
	struct stream_in *in;
	struct stream_out *out;
	struct pool *pool;
	struct kernel *kernel;
	int got;

	cli_start(&cli, &tool, &a, argc, argv);
	if (a.method == NULL)
		cli_usage("--method is missing; say which loss");
	if ((loss = loss_find(a.method)) == NULL)
		cli_die("--method");
	pool = cli_pool(&cli);
	if ((kernel = kernel_new(pool)) == NULL)
		cli_die("%s", "");
	loss_work_init(&work, kernel);
	in = cli_open(&cli, cli_input(&cli));
	describe(&head, in, loss);
	out = cli_create(&cli, &head);
	while ((got = stream_read(in, &rec)) > 0) {
		if (evaluate(loss, &a, &rec, &result, &work) < 0)
			cli_die("%s: record %" PRIu64, stream_path(in),
			    stream_records(in) - 1);
		if (stream_write(out, &result) < 0)
			cli_die("%s", cli_out(&cli));
	}
	if (got < 0)
		cli_die("%s", stream_path(in));
	if (stream_finish(out) < 0)
		cli_die("%s", cli_out(&cli));
	stream_close(in);
	rec_free(&rec);
	rec_free(&result);
	head_free(&head);
	loss_work_fini(&work);
	kernel_free(kernel);
	pool_free(pool);
	return CLI_DONE;
}
