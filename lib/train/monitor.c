/* SPDX-License-Identifier: MIT */
#include "train/monitor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "eval/numbering.h"
#include "eval/probe.h"
#include "eval/rank.h"

struct monitor {
	struct infer *infer;
	struct pool *pool;
	bool looked;		/* remarks are made at the first look */
	const char *test;	/* in `train`, behind its end */
	char train[];
};

/* A stream under way. */
struct source {
	struct stream_in *in;
	struct rec rec;
	struct labels *names;
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
		    "images are wanted, TRAIN,TEST", streams);
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

/* Features of all of the record's images after those that are there. */
static int
encode(const struct monitor *m, const struct tensor *pixels,
    struct features *to)
{
	struct infer_part p = { .pixels = pixels, .field = "image",
		.n = pixels->shape[0] };
	int unused, rc = features_reserve(to, to->n + p.n);

	if (rc < 0)
		return rc;
	p.feature = to->x + to->n * to->dim;
	return infer_run(m->infer, &p, 1, &unused);
}

/* Rows of the record that have a label, close together. */
static int
keep_labelled(struct source *s, const int64_t *label, size_t n,
    struct features *to)
{
	const float *x = to->x + to->n * to->dim;

	for (size_t i = 0; i < n; i++, x += to->dim) {
		int64_t *mine = &to->label[to->n];

		if (renumber_label(&s->renumber, label[i], mine) < 0)
			return fail_note("sample %zu", i);
		if (*mine == -1) {
			to->skipped++;
			continue;
		}
		if (!rank_finite(x, to->dim))
			return fail(FAIL_DIVERGED, "sample %zu: feature[%zu] "
			    "is not finite", i, rank_first_odd(x, to->dim));
		memmove(to->x + to->n * to->dim, x, to->dim * sizeof(*x));
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
		return fail(FAIL_FORMAT, "%zu labels for %zu images",
		    label->shape[0], pixels->shape[0]);
	if (s->streams != stream_streams(s->in) &&
	    (rc = labels_join(s->names, s->in, &s->renumber)) < 0)
		return rc;
	s->streams = stream_streams(s->in);
	if ((rc = encode(m, pixels, to)) < 0)
		return rc;
	return keep_labelled(s, label->data, label->shape[0], to);
}

/* All labelled images of a stream as features, into `to`, which was empty. */
static int
load(const struct monitor *m, const char *path, struct labels *names,
    struct features *to)
{
	struct source s = { .in = stream_open(path), .names = names };
	int rc = s.in == NULL ? fail_last() : 0, got = 0;

	to->dim = (size_t)infer_features(m->infer);
	while (rc == 0 && (got = stream_read_any(s.in, &s.rec)) > 0)
		if ((rc = take_record(m, &s, to)) < 0)
			rc = fail_note("record %" PRIu64,
			    stream_records(s.in) - 1);
	rc = rc < 0 ? rc : got;
	if (rc == 0 && to->n == 0)
		rc = to->skipped == 0 ? fail(FAIL_FORMAT, "no images") :
		    fail(FAIL_FORMAT, "none of the %zu images has a label",
		    to->skipped);
	if (s.in != NULL)
		stream_close(s.in);
	rec_free(&s.rec);
	renumber_free(&s.renumber);
	if (rc == 0 && to->skipped > 0 && !m->looked)
		log_line(LOG_LOST, "%s: %zu image%s without a label skipped",
		    path, to->skipped, text_s(to->skipped));
	return rc < 0 ? fail_note("%s", path) : 0;
}

/* Counts images of classes that training does not have: all, and the streams
 * cannot be judged; some, and it is said at the first look. */
static int
check_classes(const struct monitor *m, const struct features *train,
    const struct features *test, const struct labels *names)
{
	struct numbering known = { 0 };
	int rc = numbering_init(&known, train->label, train->n);
	size_t n = 0;
	char first[64] = "";

	for (size_t i = 0; rc == 0 && i < test->n; i++) {
		if (numbering_place(&known, test->label[i]) >= 0)
			continue;
		if (n++ == 0)
			labels_name(names, test->label[i], first,
			    sizeof(first));
	}
	numbering_free(&known);
	if (rc == 0 && n == test->n)
		return fail(FAIL_FORMAT, "%s: all %zu images are of classes "
		    "that %s does not have, as '%s'", m->test, n, m->train,
		    first);
	if (n > 0 && !m->looked)
		log_line(LOG_WARNING, "%s: %zu image%s of classes that %s does "
		    "not have, as '%s', count%s as wrong", m->test, n,
		    text_s(n), m->train, first, n == 1 ? "s" : "");
	return rc;
}

int
monitor_look(struct monitor *m, double *knn, double *linear)
{
	struct features train = { 0 }, test = { 0 };
	struct labels names = { .quiet = m->looked };
	int rc;

	if ((rc = load(m, m->train, &names, &train)) == 0 &&
	    (rc = labels_trained(&names)) == 0 &&
	    (rc = load(m, m->test, &names, &test)) == 0 &&
	    (rc = check_classes(m, &train, &test, &names)) == 0 &&
	    (rc = probe_knn(&train, &test, m->pool, knn)) == 0 &&
	    (rc = probe_linear(&train, &test, m->pool, linear)) < 0)
		rc = fail_note("%s", m->train);
	m->looked = true;
	features_free(&train);
	features_free(&test);
	labels_free(&names);
	return rc;
}
