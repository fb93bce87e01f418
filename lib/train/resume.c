/* SPDX-License-Identifier: MIT */
#include "train/resume.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "train/restore.h"

static bool
given(const struct agree_line *l, const char *name)
{
	return opt_given(l->rows, l->n, l->said, name);
}

static int
check_options(const struct agree_line *l, const struct running *r,
    const char *out)
{
	const struct train_config *c = l->config;
	const bool asked = (given(l, "checkpoint-every") && c->save_every > 0)
	    || (given(l, "checkpoint-minutes") && c->save_minutes > 0);
	const bool named = c->resume != NULL && *c->resume != '\0' &&
	    strcmp(c->resume, out) != 0;

	if (c->init != NULL && named)
		return fail(FAIL_USAGE, "--init and --resume exclude each "
		    "other");
	if (c->resume_anyway && c->resume == NULL)
		return fail(FAIL_USAGE, "--resume-anyway goes with --resume");
	if (asked && r->path == NULL)
		return fail(FAIL_USAGE, "checkpoints need a file to write: "
		    "give -o");
	if (c->resume != NULL && *c->resume == '\0' && r->path == NULL)
		return fail(FAIL_USAGE, "--resume: name a checkpoint, or give "
		    "-o FILE, whose running checkpoint is resumed");
	return 0;
}

int
resume_open(struct train_config *c, const struct agree_line *line,
    struct running *r, const char *out, struct ckpt **ckpt)
{
	const char *path;

	if (running_init(r, out) < 0 || check_options(line, r, out) < 0)
		return fail_last();
	c->resume = running_find(r, out, c->resume);
	path = c->resume != NULL ? c->resume : c->init;
	*ckpt = path == NULL ? NULL : ckpt_read(path);
	return path == NULL || *ckpt != NULL ? 0 : fail_note("--%s",
	    c->resume != NULL ? "resume" : "init");
}

/* The entry of the run that wrote the checkpoint, or NULL. */
static struct value *
own_entry(const struct value *history)
{
	struct value *last = history->type != VALUE_ARRAY ||
	    history->array.n == 0 ? NULL :
	    &history->array.items[history->array.n - 1];

	return last != NULL && strcmp(value_get_text(last, "tool", ""),
	    "ssl-train") == 0 ? last : NULL;
}

static const struct value *
args_of(const struct value *entry)
{
	const struct value *args = entry == NULL ? NULL :
	    value_find(entry, "args");

	return args != NULL && args->type == VALUE_ARRAY ? args : NULL;
}

static const char *
text_at(const struct value *args, size_t i)
{
	return i < args->array.n && args->array.items[i].type == VALUE_TEXT ?
	    args->array.items[i].text.bytes : "";
}

/* The same command may have --init too: the run began with it. */
static int
check_init(struct agree *a, const char *init)
{
	const struct value *args = args_of(own_entry(
	    &ckpt_head(a->ckpt)->history));

	size_t i = 0;

	while (args != NULL && i < args->array.n &&
	    strcmp(text_at(args, i), "--init") != 0)
		i++;
	if (args != NULL && strcmp(text_at(args, i + 1), init) == 0)
		return 0;
	a->usage = true;
	if (args != NULL && i < args->array.n)
		return agree_clause(a, "--init %s, the checkpoint's run had %s",
		    init, text_at(args, i + 1));
	return agree_clause(a, "--init %s, which the checkpoint's run did not "
	    "have", init);
}

static int
check(const struct ckpt *ckpt, const struct agree_line *line,
    const struct head *stream, const struct train_config *c)
{
	struct agree a = { .ckpt = ckpt };
	int rc;

	if ((c->init == NULL || (rc = check_init(&a, c->init)) == 0) &&
	    (rc = agree_network(&a, line, true)) == 0 &&
	    (rc = agree_options(&a, line)) == 0 &&
	    (rc = agree_stream(&a, stream)) == 0)
		return agree_end(&a, c->resume_anyway);
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
    const struct head *stream, void *args, struct train_config *c)
{
	int rc = check(ckpt, line, stream, c);

	if (rc == 0)
		rc = restore_load(ckpt_head(ckpt), line->rows, line->n,
		    line->said, args);
	if (rc < 0)
		return rc;
	take_heads(ckpt, c);
	c->log = unless_empty(c->log);
	c->monitor = unless_empty(c->monitor);
	return 0;
}

int
resume_begin(const struct ckpt *ckpt, const struct agree_line *line,
    const struct head *stream, void *args, struct train_config *c)
{
	const bool resume = c->resume != NULL;
	struct agree a = { .ckpt = ckpt };
	int rc;

	if (ckpt == NULL)
		return 0;
	if (resume)
		rc = begin(ckpt, line, stream, args, c);
	else if ((rc = agree_network(&a, line, false)) == 0)
		rc = agree_end(&a, false);
	buf_free(&a.clauses);
	return rc < 0 ? fail_note("--%s %s", resume ? "resume" : "init",
	    ckpt_path(ckpt)) : 0;
}

int
resume_support(const struct ckpt *ckpt, const struct train_config *c,
    const struct head *views, const struct head *stream)
{
	struct agree a = { .ckpt = ckpt };
	int rc = batch_support_agrees(views, stream);

	if (rc < 0 || c->resume == NULL)
		return rc;
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
    struct running *r, const char *path)
{
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
	return running_write(r, t, path, ckpt_head(ckpt));
}

/* Which row an argument "--name" is of, or n. */
static size_t
row_of(const struct agree_line *l, const char *arg)
{
	size_t i = 0;

	while (i < l->n && (l->rows[i].name == NULL || strncmp(arg, "--", 2) !=
	    0 || strcmp(l->rows[i].name, arg + 2) != 0))
		i++;
	return i;
}

/* This command's --steps, if it has one, at the end of the list. */
static int
push_steps(struct value *list, const struct agree_line *l, struct arena *a)
{
	struct value word = value_text("--steps"), number;
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, l->config->steps);
	number = value_text(text);
	if (!given(l, "steps"))
		return 0;
	if (value_copy(&word, &word, a) < 0 || value_push(list, word, a) < 0 ||
	    value_copy(&number, &number, a) < 0)
		return fail_last();
	return value_push(list, number, a);
}

/* The arguments, in the table's order, with this command's --steps instead of
 * those that were given then. */
static int
renew_steps(struct value *entry, const struct agree_line *l, struct arena *a)
{
	const struct value *old = args_of(entry);
	const size_t steps = row_of(l, "--steps");
	struct value list = value_array(NULL, 0);
	bool put = false;

	for (size_t i = 0; i < old->array.n;) {
		const size_t row = row_of(l, text_at(old, i));
		const size_t words = row < l->n &&
		    l->rows[row].type != OPT_FLAG ? 2 : 1;

		if (row > steps && !put) {
			put = true;
			if (push_steps(&list, l, a) < 0)
				return fail_last();
		}
		for (size_t end = i + words; i < end && i < old->array.n; i++)
			if (row != steps && value_push(&list,
			    old->array.items[i], a) < 0)
				return fail_last();
	}
	if (!put && push_steps(&list, l, a) < 0)
		return fail_last();
	return value_set(entry, "args", list, a);
}

/* Is what is resumed one run with what was begun, but for where it stops? */
static bool
is_same_run(const struct ckpt *ckpt, const struct agree_line *l,
    const char *version)
{
	const struct head *h = ckpt_head(ckpt);
	const struct value *entry = own_entry(&h->history);

	return l->config->resume != NULL && !l->config->resume_anyway &&
	    args_of(entry) != NULL &&
	    strcmp(value_get_text(entry, "version", ""), version) == 0 &&
	    (!given(l, "total-steps") || l->config->total_steps ==
		value_get_int(&h->meta, "total_steps", 0));
}

int
resume_history(const struct ckpt *ckpt, const struct agree_line *l,
    const char *version, struct head *head)
{
	struct value *entry;

	if (ckpt == NULL || !is_same_run(ckpt, l, version))
		return 0;
	if (value_copy(&head->history, &ckpt_head(ckpt)->history,
	    &head->arena) < 0)
		return fail_last();
	head->inputs = value_array(NULL, 0);
	entry = own_entry(&head->history);
	return renew_steps(entry, l, &head->arena) < 0 ? fail_last() : 1;
}
