/* SPDX-License-Identifier: MIT */
#include "train/monitor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "eval/probe.h"

struct monitor {
	struct infer *infer;
	struct pool *pool;
	const char *test;	/* in `train`, behind its end */
	char train[];
};

/* A stream under way. */
struct source {
	struct stream_in *in;
	struct rec rec;
	struct labels *names;
	bool add;		/* its names may join them */
	struct renumber renumber;
	uint64_t streams;	/* headers looked at */
};

static int
check_file(const char *path)
{
	struct stat s;

	if (stat(path, &s) != 0)
		return fail_errno("%s", path);
	if (!S_ISREG(s.st_mode))
		return fail(FAIL_USAGE, "%s: not a file; it is read again "
		    "and again", path);
	return 0;
}

static int
init(struct monitor *m, const char *streams)
{
	char *comma;

	memcpy(m->train, streams, strlen(streams) + 1);
	comma = strchr(m->train, ',');
	if (comma == NULL || comma == m->train || comma[1] == '\0' ||
	    strchr(comma + 1, ',') != NULL)
		return fail(FAIL_USAGE, "'%s': two streams of labelled "
		    "pictures are wanted, TRAIN,TEST", streams);
	*comma = '\0';
	m->test = comma + 1;
	return check_file(m->train) < 0 || check_file(m->test) < 0 ?
	    fail_last() : 0;
}

struct monitor *
monitor_new(const char *streams, struct kernel *k, const struct enc_spec *s,
    const struct nn_params *params, const struct batch_norm *norm,
    struct pool *pool)
{
	const size_t size = sizeof(struct monitor) + strlen(streams) + 1;
	struct monitor *m = calloc(1, size);

	if (m == NULL) {
		fail_memory(size);
		return NULL;
	}
	m->pool = pool;
	if (init(m, streams) == 0 &&
	    (m->infer = infer_live(k, s, params, norm)) != NULL)
		return m;
	monitor_free(m);
	return NULL;
}

void
monitor_free(struct monitor *m)
{
	if (m == NULL)
		return;
	infer_free(m->infer);
	free(m);
}

/* Features of all the record's pictures behind those that are there. */
static int
encode(const struct monitor *m, const struct tensor *pixels,
    struct features *to)
{
	struct infer_part p = { .pixels = pixels };
	const size_t n = pixels->shape[0];
	int rc = features_reserve(to, to->n + n);

	for (; p.first < n && rc == 0; p.first += p.n) {
		p.n = n - p.first < INFER_BATCH ? n - p.first : INFER_BATCH;
		p.feature = to->x + (to->n + p.first) * to->dim;
		rc = infer_run(m->infer, &p, 1);
	}
	return rc;
}

/* Rows of the record that have a label, close together. */
static int
keep_labelled(const struct source *s, const int64_t *label, size_t n,
    struct features *to)
{
	const float *x = to->x + to->n * to->dim;

	for (size_t i = 0; i < n; i++) {
		float *row = to->x + to->n * to->dim;

		if (label[i] < 0)
			continue;
		if (renumber_label(&s->renumber, label[i],
		    &to->label[to->n]) < 0)
			return fail_last();
		memmove(row, x + i * to->dim, to->dim * sizeof(*row));
		to->n++;
	}
	return 0;
}

static int
take_record(const struct monitor *m, struct source *s, struct features *to)
{
	const struct tensor *pixels, *label;
	int rc;

	if ((rc = batch_check_pixels(&s->rec, "image",
	    infer_channels(m->infer), &pixels)) < 0 ||
	    (rc = rec_tensor(&s->rec, "label", DTYPE_I8, "n", &label)) < 0)
		return rc;
	if (label->shape[0] != pixels->shape[0])
		return fail(FAIL_FORMAT, "%zu labels for %zu pictures",
		    label->shape[0], pixels->shape[0]);
	if (s->streams != stream_streams(s->in) && (rc = labels_join(s->names,
	    stream_head(s->in), s->add, &s->renumber)) < 0)
		return rc;
	s->streams = stream_streams(s->in);
	if ((rc = encode(m, pixels, to)) < 0)
		return rc;
	return keep_labelled(s, label->data, label->shape[0], to);
}

/* All labelled pictures of a stream as features, into `to`, which was
 * empty. */
static int
load(const struct monitor *m, const char *path, struct labels *names,
    bool add, struct features *to)
{
	struct source s = { .in = stream_open(path), .names = names,
		.add = add };
	int rc = s.in == NULL ? fail_last() : 0, got = 0;

	to->dim = (size_t)infer_features(m->infer);
	while (rc == 0 && (got = stream_read_any(s.in, &s.rec)) > 0)
		if ((rc = take_record(m, &s, to)) < 0)
			rc = fail_note("record %" PRIu64,
			    stream_records(s.in) - 1);
	rc = rc < 0 ? rc : got;
	if (rc == 0 && to->n == 0)
		rc = fail(FAIL_FORMAT, "no picture has a label");
	if (s.in != NULL)
		stream_close(s.in);
	rec_free(&s.rec);
	renumber_free(&s.renumber);
	return rc < 0 ? fail_note("%s", path) : 0;
}

static int
check_classes(const struct monitor *m, const struct features *test)
{
	for (size_t i = 0; i < test->n; i++)
		if (test->label[i] != LABELS_UNKNOWN)
			return 0;
	return fail(FAIL_FORMAT, "%s: all pictures are of classes that %s "
	    "does not name", m->test, m->train);
}

int
monitor_look(struct monitor *m, double *knn, double *linear)
{
	struct features train = { 0 }, test = { 0 };
	struct labels names = { 0 };
	int rc;

	if ((rc = load(m, m->train, &names, true, &train)) == 0 &&
	    (rc = load(m, m->test, &names, false, &test)) == 0 &&
	    (rc = check_classes(m, &test)) == 0 &&
	    (rc = probe_knn(&train, &test, m->pool, knn)) == 0 &&
	    (rc = probe_linear(&train, &test, m->pool, linear)) < 0)
		rc = fail_note("%s", m->train);
	features_free(&train);
	features_free(&test);
	labels_free(&names);
	return rc;
}
