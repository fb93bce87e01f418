/* SPDX-License-Identifier: MIT */
#include "train/resume.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "train/restore.h"

static int
check_options(const struct train_config *c, bool pipe)
{
	if (c->init != NULL && c->resume != NULL)
		return fail(FAIL_USAGE, "--init and --resume exclude each "
		    "other");
	if (c->resume_anyway && c->resume == NULL)
		return fail(FAIL_USAGE, "--resume-anyway goes with --resume");
	if ((c->save_every > 0 || c->save_minutes > 0) && pipe)
		return fail(FAIL_USAGE, "checkpoints need a file to write: "
		    "give -o");
	return 0;
}

int
resume_open(const struct train_config *c, const char *out, struct ckpt **ckpt)
{
	const char *path = c->resume != NULL ? c->resume : c->init;
	const int rc = check_options(c, strcmp(out, "-") == 0);

	if (rc < 0)
		return rc;
	*ckpt = path == NULL ? NULL : ckpt_read(path);
	return path == NULL || *ckpt != NULL ? 0 : fail_note("--%s",
	    c->resume != NULL ? "resume" : "init");
}

static int
check(const struct ckpt *ckpt, const struct agree_line *line,
    const struct head *stream, bool anyway)
{
	struct agree a = { .ckpt = ckpt };
	int rc;

	if ((rc = agree_network(&a, line, true)) == 0 &&
	    (rc = agree_options(&a, line)) == 0 &&
	    (rc = agree_stream(&a, stream)) == 0)
		return agree_end(&a, anyway);
	buf_free(&a.clauses);
	return rc;
}

/* A head that the run did without is not to be made now. */
static void
take_heads(const struct ckpt *ckpt, struct train_config *c)
{
	if (!ckpt_has(ckpt, "online.projector."))
		c->projector = "none";
	if (!ckpt_has(ckpt, "online.predictor."))
		c->predictor = "none";
}

static const char *
unless_empty(const char *text)
{
	return text == NULL || *text == '\0' ? NULL : text;
}

static int
begin(const struct ckpt *ckpt, const struct agree_line *line,
    const struct head *stream, void *args, struct train_config *c,
    const char *out)
{
	int rc = check(ckpt, line, stream, c->resume_anyway);

	if (rc == 0)
		rc = restore_load(ckpt_head(ckpt), line->rows, line->n,
		    line->said, args);
	if (rc < 0)
		return rc;
	take_heads(ckpt, c);
	c->log = unless_empty(c->log);
	c->monitor = unless_empty(c->monitor);
	if (strcmp(out, "-") == 0) {
		c->save_every = 0;
		c->save_minutes = 0;
	}
	return 0;
}

int
resume_begin(const struct ckpt *ckpt, const struct agree_line *line,
    const struct head *stream, void *args, struct train_config *c,
    const char *out)
{
	const bool resume = c->resume != NULL;
	struct agree a = { .ckpt = ckpt };
	int rc;

	if (resume)
		rc = begin(ckpt, line, stream, args, c, out);
	else if ((rc = agree_network(&a, line, false)) == 0)
		rc = agree_end(&a, false);
	buf_free(&a.clauses);
	return rc < 0 ? fail_note("--%s %s", resume ? "resume" : "init",
	    ckpt_path(ckpt)) : 0;
}

int
resume_support(const struct ckpt *ckpt, const struct train_config *c,
    const struct head *stream)
{
	struct agree a = { .ckpt = ckpt };
	int rc;

	if (c->resume == NULL)
		return 0;
	if ((rc = agree_support(&a, stream)) == 0)
		rc = agree_end(&a, c->resume_anyway);
	buf_free(&a.clauses);
	return rc < 0 ? fail_note("--resume %s", ckpt_path(ckpt)) :
	    0;
}

int
resume_describe(const struct train *t, const struct head *views,
    const struct head *support, const struct agree_line *l, bool goes_on,
    struct head *head)
{
	int rc = head_copy(head, views);

	if (rc < 0)
		return rc;
	head->meta = value_map(NULL, 0);	/* the views' says nothing */
	if ((rc = train_describe(t, head)) < 0 ||
	    (rc = agree_keep(head, views, support)) < 0)
		return rc;
	return restore_store(head, l->rows, l->n, l->args, goes_on);
}

int
resume_nothing(const struct train *t, const struct ckpt *ckpt,
    const char *path, int level)
{
	struct stream_out *out = stream_create(path, level, ckpt_head(ckpt));

	if (out == NULL)
		return fail_note("%s", path);
	if (t->step == t->total && t->stream_end > t->total)
		log_line(LOG_INFO, "already finished: step %" PRIu64 " of %"
		    PRIu64 "; the stream has %" PRIu64 ": --total-steps %"
		    PRIu64 " trains on", t->step, t->total, t->stream_end,
		    t->stream_end);
	else if (t->step == t->total)
		log_line(LOG_INFO, "already finished: step %" PRIu64 " of %"
		    PRIu64, t->step, t->total);
	else
		log_line(LOG_INFO, "nothing to do: the checkpoint is at step %"
		    PRIu64 ", and the run stops before step %" PRIu64, t->step,
		    t->stop);
	return train_write(t, out) < 0 ? fail_note("%s", path) : 0;
}
