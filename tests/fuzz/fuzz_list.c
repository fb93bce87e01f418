/* SPDX-License-Identifier: MIT */
/*
 * Anything as a list of images with labels, with a list of class names, or as
 * a subset of a list.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "source/choice.h"
#include "source/order.h"

static const char *const words[] = { "\t", "\n", "\r\n", "\357\273\277", "a/b.jpg",
	"/dev/null", "e.jpg", "key", "cat", "dog", "-1", "0", "1", "7", "2147483647",
	"9007199254740992", "99999999999999999999", "label", ".jpg", ".png",
	"/", "\377", NULL };
#define CHOICES 2
const struct fuzz_target fuzz_target = { .choices = CHOICES, .words = words };

static struct source *
open_list(const char *path, const char *classes)
{
	char at[FUZZ_PATH + 1], *paths[1] = { at };

	snprintf(at, sizeof(at), "@%s", path);
	return source_open(paths, 1, classes);
}

static void
check_labels(const struct source *s)
{
	const size_t n = source_classes(s)->n;
	struct buf key = { 0 };

	for (size_t i = 0; i < source_count(s) && i < 50; i++) {
		const int64_t label = source_label(s, i);

		if (label < SOURCE_NO_LABEL || (n > 0 && label >= (int64_t)n))
			abort();
		fuzz_must(source_key(s, i, &key));
		fuzz_must(source_name(s, i, &key));
	}
	buf_free(&key);
}

static void
check_order(const struct source *s, const char *subset, int how)
{
	const struct order_config c = { .seed = 1, .shuffle = how & 8,
		.epochs = 2, .n_shards = 1, .batch = 4, .per_class = how >> 5,
		.subset = how & 16 ? subset : NULL };
	struct order *o = order_new(s, &c);
	struct order_batch b;
	int got = o == NULL ? -1 : 1;

	for (int n = 0; n < 100 && got > 0 && (got = order_next(o, &b)) > 0; n++)
		for (size_t i = 0; i < b.n; i++)
			if (b.samples[i] >= source_count(s))
				abort();
	if (got < 0 || order_report_lost(o, false) < 0)
		fuzz_failed();
	order_free(o);
}

static void
use_list(const char *list, const char *other, int how)
{
	struct source *s = open_list(list, how & 4 ? other : NULL);
	struct head h = { 0 };

	if (s == NULL) {
		fuzz_failed();
		return;
	}
	check_labels(s);
	if (source_describe(s, &h) < 0 || source_report_lost(s, how & 2) < 0)
		fuzz_failed();
	check_order(s, other, how);
	head_free(&h);
	source_close(s);
}

static void
use_subset(const char *path)
{
	static const char list[] = "a/b.jpg\t0\nc/d.jpg\t2\ne.jpg\t1\n"
	    "a/b.jpeg\t1\n7.jpg\t0\nkey.jpg\t1\n/dev/null\t0\n";
	static struct source *s;
	struct skips skips = { 0 };
	struct choice c;

	if (s == NULL) {
		char at[FUZZ_PATH];

		(void)fuzz_file(list, sizeof(list) - 1, at);
		if ((s = open_list(at, NULL)) == NULL)
			fuzz_must(-1);
	}
	fuzz_must(choice_all(&c, s));
	if (choice_keep_subset(&c, s, path, &skips) < 0)
		fuzz_failed();
	else
		for (size_t i = 0; i < c.n; i++)
			if (c.samples[i] >= source_count(s) ||
			    (i > 0 && c.samples[i] <= c.samples[i - 1]))
				abort();
	skips_free(&skips);
	choice_free(&c);
}

/* The second byte says where the second file begins. */
int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	char first[FUZZ_PATH], second[FUZZ_PATH];
	size_t half;
	int a, b;

	if (size < CHOICES)
		return 0;
	half = CHOICES + bytes[1] * (size - CHOICES) / 256;
	a = fuzz_file(bytes + CHOICES, half - CHOICES, first);
	b = fuzz_file(bytes + half, size - half, second);
	if (bytes[0] & 1)
		use_subset(first);
	else
		use_list(first, second, bytes[0]);
	close(a);
	close(b);
	return 0;
}
