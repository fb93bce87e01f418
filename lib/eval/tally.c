/* SPDX-License-Identifier: MIT */
#include "eval/tally.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "eval/rank.h"

static int
by_hash(const void *a, const void *b)
{
	const struct tally_key *p = a, *q = b;

	if (p->hash != q->hash)
		return p->hash < q->hash ? -1 : 1;
	return (p->row > q->row) - (p->row < q->row);
}

static int
collect_keys(struct tally *t)
{
	const struct features *f = t->train;

	t->keys = malloc(f->n * sizeof(*t->keys));
	if (t->keys == NULL)
		return fail_memory(f->n * sizeof(*t->keys));
	for (size_t i = 0; i < f->n; i++)
		if (f->key[i] != 0)
			t->keys[t->n_keys++] = (struct tally_key){ f->key[i],
				i };
	qsort(t->keys, t->n_keys, sizeof(*t->keys), by_hash);
	return 0;
}

static bool
same_file(const char *a, const char *b)
{
	struct stat s, t;

	return stat(a, &s) == 0 && stat(b, &t) == 0 &&
	    s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

static void
say_skipped(const char *path, size_t skipped)
{
	if (skipped > 0)
		log_line(LOG_LOST, "%s: %zu sample%s without a label skipped",
		    path, skipped, text_plural(skipped));
}

int
tally_begin(struct tally *t, const struct features *train,
    const char *train_path, const char *test_path)
{
	t->train = train;
	t->train_path = train_path;
	t->test_path = test_path;
	say_skipped(train_path, train->skipped);
	if (numbering_init(&t->classes, train->label, train->n) < 0)
		return fail_last();
	if (same_file(train_path, test_path))
		log_line(LOG_WARNING, "%s is both --train and --test",
		    test_path);
	else
		t->apart = true;
	return 0;
}

static int
add_unknown(struct tally *t, int64_t label)
{
	if (t->n_unknown == t->room) {
		const size_t room = t->room == 0 ? 256 : 2 * t->room;
		int64_t *all = realloc(t->unknown, room * sizeof(*all));

		if (all == NULL)
			return fail_memory(room * sizeof(*all));
		t->unknown = all;
		t->room = room;
	}
	t->unknown[t->n_unknown++] = label;
	return 0;
}

int
tally_add(struct tally *t, int64_t label, size_t rank)
{
	t->n++;
	t->top1 += rank == 0;
	t->top5 += rank < RANK_TOP;
	return numbering_place(&t->classes, label) < 0 ?
	    add_unknown(t, label) : 0;
}

/* The first place among the keys whose hash is not below this one. */
static size_t
first_at(const struct tally *t, uint64_t hash)
{
	size_t low = 0, high = t->n_keys;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (t->keys[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
tally_compare(struct tally *t, const float *x, uint64_t key)
{
	const size_t dim = t->train->dim;

	if (key == 0 || !t->apart)
		return 0;
	if (t->keys == NULL && collect_keys(t) < 0)
		return fail_last();
	for (size_t i = first_at(t, key); i < t->n_keys &&
	    t->keys[i].hash == key; i++)
		if (memcmp(t->train->x + t->keys[i].row * dim, x,
		    dim * sizeof(*x)) == 0) {
			t->shared++;
			break;
		}
	return 0;
}

static void
say_few_classes(const struct tally *t)
{
	if (t->classes.n == 1)
		log_line(LOG_WARNING, "%s: all samples are of one class, "
		    "which every test sample is given", t->train_path);
	else if (t->classes.n <= RANK_TOP)
		log_line(LOG_INFO, "%s has only %zu classes: top5 counts every "
		    "sample whose class has a score", t->train_path,
		    t->classes.n);
}

static void
say_unmet(const struct tally *t)
{
	const size_t unmet = labels_unmet(&t->train->labels);

	if (unmet > 0)
		log_line(LOG_INFO, "%s lacks %zu of the %zu classes of %s",
		    t->test_path, unmet, t->train->labels.n_trained,
		    t->train_path);
}

int
tally_end(const struct tally *t, size_t skipped)
{
	char name[64];

	say_skipped(t->test_path, skipped);
	say_few_classes(t);
	say_unmet(t);
	if (t->n_unknown > 0)
		labels_name(&t->train->labels, t->unknown[0], name,
		    sizeof(name));
	if (t->n_unknown == t->n)
		return fail(FAIL_FORMAT, "%s: all %zu samples are of classes "
		    "that %s does not have, as '%s'", t->test_path, t->n,
		    t->train_path, name);
	if (t->n_unknown > 0)
		log_line(LOG_WARNING, "%s: %zu sample%s of classes that %s "
		    "does not have, as '%s': counted as wrong", t->test_path,
		    t->n_unknown, text_plural(t->n_unknown), t->train_path,
		    name);
	if (t->shared > 0)
		log_line(LOG_WARNING, "%s: %zu of %zu samples are in %s too, "
		    "with the same key and the same numbers", t->test_path,
		    t->shared, t->n, t->train_path);
	return 0;
}

int
tally_write(const struct tally *t, struct buf *scores)
{
	return buf_printf(scores, "top1\t%.4f\ntop5\t%.4f\n",
	    (double)t->top1 / (double)t->n, (double)t->top5 / (double)t->n);
}

void
tally_free(struct tally *t)
{
	numbering_free(&t->classes);
	free(t->unknown);
	free(t->keys);
}
