/* SPDX-License-Identifier: MIT */
#include "train/needs.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"

static int
count_labels(const int64_t *label, int n)
{
	int labelled = 0;

	for (int i = 0; i < n; i++)
		labelled += label[i] >= 0;
	return labelled;
}

/* One labelled sample has nothing to be told from, unless it is the batch. */
static int
check_labels(struct needs *t, const struct method *m,
    const struct method_batch *b)
{
	const int labelled = count_labels(b->label, b->n);

	t->steps++;
	t->samples += (uint64_t)b->n;
	t->unlabelled += (uint64_t)(b->n - labelled);
	t->useless += labelled < 2 && labelled < b->n;
	if (labelled > 0 || b->step > 0)
		return 0;
	return fail(FAIL_FORMAT, "%s needs labels, and all %d samples of the "
	    "first batch are unlabelled (-1); ssl-decode labels images by "
	    "class folders, or by a list with labels", m->name, b->n);
}

/* Why a labelled record has no loss, or NULL. */
static const char *
fault(const int64_t *label, int n)
{
	bool pair = false, other = false;
	int first = 0;

	while (first < n && label[first] < 0)
		first++;
	if (first == n)
		return "none of its samples has a label";
	for (int i = first; i < n && !(pair && other); i++) {
		other = other || (label[i] >= 0 && label[i] != label[first]);
		for (int j = i + 1; j < n && label[i] >= 0 && !pair; j++)
			pair = label[i] == label[j];
	}
	return !other ? "all its samples have one label; give two classes or "
	    "more" : !pair ? "no two of its samples have the same label" :
	    NULL;
}

static int
check_support(struct needs *t, const struct method_batch *b)
{
	const char *why;

	if (b->n_support == 0)
		return 0;
	t->support_steps++;
	why = fault(b->support_label, b->n_support);
	if (why == NULL)
		return 0;
	t->useless_support++;
	return b->step > 0 ? 0 : fail(FAIL_FORMAT, "--support: its first "
	    "record gives no loss: %s (ssl-decode --balance CxK makes "
	    "records of C classes)", why);
}

int
needs_step(struct needs *t, const struct method *m,
    const struct method_batch *b)
{
	const int rc = m->label ? check_labels(t, m, b) : 0;

	return rc < 0 || !m->support ? rc : check_support(t, b);
}

void
needs_tell(const struct needs *t)
{
	if (t->unlabelled > 0 && t->useless == 0)
		log_line(LOG_LOST, "skipped %" PRIu64 " of %" PRIu64 " samples "
		    "without a label", t->unlabelled, t->samples);
	else if (t->unlabelled > 0)
		log_line(LOG_LOST, "skipped %" PRIu64 " of %" PRIu64 " samples "
		    "without a label; %" PRIu64 " of %" PRIu64 " step%s had "
		    "fewer than two labelled samples", t->unlabelled,
		    t->samples, t->useless, t->steps, text_plural(t->steps));
	if (t->useless_support > 0)
		log_line(LOG_LOST, "%" PRIu64 " of %" PRIu64 " step%s had no "
		    "--support record with two samples of a class and another "
		    "class", t->useless_support, t->support_steps,
		    text_plural(t->support_steps));
}
