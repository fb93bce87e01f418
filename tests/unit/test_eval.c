/* SPDX-License-Identifier: MIT */
/* Scores of small streams whose answer is plain: ties, classes by name and by
 * number, labels that are missing or wrong, numbers that are not finite. */
#define _XOPEN_SOURCE 700
#include "eval/eval.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "eval/probe.h"
#include "stream/stream.h"
#include "tap.h"

#define MOST 64			/* samples of a stream */
#define DIM 6

static struct pool *pool;
static struct buf said;		/* remarks since the last score */
static const char *holding = "samples";	/* kind of the streams written */
static int columns = DIM;	/* features are [n,columns,DIM / columns] */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
hear(enum log_level level, const char *line)
{
	pthread_mutex_lock(&lock);
	if (level != LOG_DETAIL && buf_printf(&said, "%s%s\n", level ==
	    LOG_LOST ? "lost: " : "", line) < 0)
		abort();
	pthread_mutex_unlock(&lock);
}

/* Words, parted by blanks, into list; how many. */
static int
words(char *text, char **list)
{
	int n = 0;

	for (char *w = strtok(text, " "); w != NULL; w = strtok(NULL, " "))
		list[n++] = w;
	return n;
}

/* "a", "b", … point along an axis each; "A" the same twice as far; "z" is
 * zeros, "n" holds a NaN, "i" an infinity, "h" is huge. */
static void
fill(float *x, char kind)
{
	memset(x, 0, DIM * sizeof(*x));
	if (kind >= 'a' && kind < 'a' + DIM)
		x[kind - 'a'] = 1;
	else if (kind >= 'A' && kind < 'A' + DIM)
		x[kind - 'A'] = 2;
	else if (kind == 'n' || kind == 'i')
		x[2] = kind == 'n' ? NAN : HUGE_VALF;
	else if (kind == 'h')
		x[1] = 3e38f;
}

static int
set_classes(struct head *h, const char *classes)
{
	static char text[1000];
	char *names[MOST];
	static struct value list[MOST];
	int n;

	if (classes == NULL)
		return 0;
	snprintf(text, sizeof(text), "%s", classes);
	n = words(text, names);
	for (int i = 0; i < n; i++)
		list[i] = value_text(names[i]);
	return value_set(&h->meta, "classes", value_array(list, (size_t)n),
	    &h->arena);
}

static int
add_keys(struct rec *r, const char *kinds, size_t n, const char *prefix)
{
	static char keys[MOST][16];
	static struct value list[MOST];

	for (size_t i = 0; i < n; i++) {
		snprintf(keys[i], sizeof(keys[i]), "%s%c%zu", prefix, kinds[i],
		    i);
		list[i] = value_text(keys[i]);
	}
	return rec_add(r, "key", value_array(list, n));
}

/* A stream of one record: classes "cat dog" or NULL, labels "0 1 -1 2" or
 * NULL, one letter of `kinds` a sample, keys with that prefix or none. */
static void
stream(const char *path, const char *classes, const char *labels,
    const char *kinds, const char *prefix)
{
	const size_t n = strlen(kinds);
	const size_t shape[3] = { n, (size_t)columns, DIM / (size_t)columns };
	struct head h = { 0 };
	struct rec r = { 0 };
	struct stream_out *out = NULL;
	char text[1000], *list[MOST];
	void *x, *label;

	if (head_init(&h, holding) < 0 || set_classes(&h, classes) < 0 ||
	    rec_add_tensor(&r, "feature", DTYPE_F4, 3, shape, &x) < 0)
		abort();
	for (size_t i = 0; i < n; i++)
		fill((float *)x + i * DIM, kinds[i]);
	if (labels != NULL) {
		snprintf(text, sizeof(text), "%s", labels);
		if (words(text, list) != (int)n || rec_add_tensor(&r, "label",
		    DTYPE_I8, 1, shape, &label) < 0)
			abort();
		for (size_t i = 0; i < n; i++)
			((int64_t *)label)[i] = atoll(list[i]);
	}
	if ((prefix != NULL && add_keys(&r, kinds, n, prefix) < 0) ||
	    (out = stream_create(path, 1, &h)) == NULL ||
	    stream_write(out, &r) < 0 || stream_finish(out) < 0)
		abort();
	head_free(&h);
	rec_free(&r);
}

/* `cat a b >to` */
static void
join(const char *to, const char *a, const char *b)
{
	char command[200];

	snprintf(command, sizeof(command), "cat %s %s >%s", a, b, to);
	if (system(command) != 0)
		abort();
}

/* What `ssl-eval LINE` prints, lines parted by blanks, or "failed: WHY". */
static const char *
eval(const char *line)
{
	static _Alignas(max_align_t) unsigned char args[EVAL_ARGS];
	static char text[2000], out[2000];
	char *argv[MOST];
	struct buf scores = { 0 };
	struct opt_said options;
	const struct eval *e;
	int argc;

	snprintf(text, sizeof(text), "%s", line);
	argc = words(text, argv);
	said.size = 0;
	if ((e = eval_find(argv[0])) == NULL || opt_parse(e->opts, e->n_opts,
	    args, argc, argv, &options) < 0)
		abort();
	if (e->run(args, 0, pool, &scores) < 0)
		snprintf(out, sizeof(out), "failed: %s", fail_text());
	else
		snprintf(out, sizeof(out), "%.*s", (int)scores.size - 1,
		    (const char *)scores.data);
	for (char *c = out; *c != '\0'; c++)
		*c = *c == '\n' || *c == '\t' ? ' ' : *c;
	buf_free(&scores);
	if (buf_printf(&said, "%s", "") < 0)
		abort();
	return out;
}

static const char *
score(const char *options)
{
	char line[300];

	snprintf(line, sizeof(line), "%s --train a --test b", options);
	return eval(line);
}

static bool
holds(const char *text, const char *part)
{
	const bool held = strstr(text, part) != NULL;

	if (!held)
		printf("# '%s' not in: %s\n", part, text);
	return held;
}

#define SAID(part) holds((const char *)said.data, part)

/* No score may be above one class's share where features say nothing. */
static void
test_ties(void)
{
	static const char *const scores[] = { "knn", "knn -k 3", "linear",
		"linear --scale none", "linear --optimizer sgd --epochs 3",
		"linear --per-class", "linear --l2 1,10" };
	static const char *const kinds[] = { "zzzzzzzz", "aaaaaaaa",
		"AAAAAAAA" };

	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < sizeof(scores) / sizeof(*scores); i++) {
			stream("a", NULL, "0 1 2 3 0 1 2 3", kinds[k], NULL);
			stream("b", NULL, "3 2 1 0 3 2 1 0", kinds[k], NULL);
			ok(holds(score(scores[i]), "top1 0.2500 top5 ") ||
			    (strcmp(scores[i], "knn -k 3") == 0 &&
			    holds(score(scores[i]), "top1 0.2500")),
			    "%s: %s, all alike: one class's share", kinds[k],
			    scores[i]);
		}
	ok(holds(score("linear --per-class"), "mean_class 0.2500 class 0 "
	    "1.0000 class 1 0.0000 class 2 0.0000 class 3 0.0000"),
	    "… all of one class");
}

/* Duplicates: each sample is twice in training, with two classes. */
static void
test_duplicates(void)
{
	stream("a", NULL, "5 2 3 1", "aabb", NULL);
	stream("b", NULL, "2 5 1 3", "aAbB", NULL);
	is_text(score("knn -k 2"), "top1 0.5000 top5 1.0000",
	    "equal votes: the smaller class");
	is_text(score("knn -k 1"), "top1 0.5000 top5 0.5000",
	    "equally near: the earlier sample; no vote, no top5");
	stream("b", NULL, "2 5 1 3", "aabb", NULL);
	ok(holds(score("linear"), "top1 0.5000"), "linear: one of two");
	stream("b", NULL, "5 3", "ab", NULL);
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "the earlier sample is the nearer");
	stream("a", NULL, "0 1 2 3 4 5", "aaaaaa", NULL);
	stream("b", NULL, "0 1 2 3 4 5", "aaaaaa", NULL);
	is_text(score("knn"), "top1 0.1667 top5 0.8333",
	    "six equal votes: five among the five");
	ok(holds(score("linear"), "top1 0.1667 top5 0.8333"), "… linear too");
}

static void
test_few_classes(void)
{
	stream("a", NULL, "3 3", "ab", NULL);
	stream("b", NULL, "3 3 1", "abc", NULL);
	is_text(score("knn"), "top1 0.6667 top5 0.6667",
	    "a class that training lacks is never right");
	ok(SAID("a: all samples are of one class"), "one class is told");
	ok(SAID("b: 1 sample of classes that a does not have, as '1': "
	    "counted as wrong"), "… and the other");
	ok(holds(score("linear"), "failed: a: all samples are of one class"),
	    "linear refuses one class");
	stream("a", NULL, "3 4 -1", "abc", NULL);
	is_text(score("linear"), "top1 0.3333 top5 0.6667", "two classes");
	ok(SAID("a has only 2 classes"), "… are told");
	ok(SAID("lost: a: 1 sample without a label skipped"),
	    "samples without a label are counted");
	is_text(score("linear --per-class"), "top1 0.3333 top5 0.6667 "
	    "mean_class 0.2500 class 3 0.5000 class 1 0.0000",
	    "a class of the test alone has its line");
	stream("b", NULL, "-1 7 9 -1 -1", "abcab", NULL);
	ok(holds(score("knn"), "failed: b: all 2 samples are of classes that "
	    "a does not have, as '7'"), "no class in common");
	ok(SAID("lost: b: 3 samples without a label skipped"), "… counted");
	stream("b", NULL, "-1 -1", "ab", NULL);
	ok(holds(score("knn"), "b: none of the 2 samples has a label"),
	    "all unlabelled");
	ok(holds(score("linear"), "b: none of the 2 samples has a label"),
	    "… linear");
	stream("b", NULL, "", "", NULL);
	ok(holds(score("knn"), "b: no samples"), "no samples");
	stream("b", NULL, NULL, "ab", NULL);
	ok(holds(score("knn"), "failed: b, record 0: no field label"),
	    "no label field");
}

static void
same(const char *a, const char *a_labels, const char *b, const char *b_labels,
    const char *what)
{
	stream("a", a, a_labels, "abcd", NULL);
	stream("b", b, b_labels, "abcd", NULL);
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000", "%s", what);
	ok(holds(score("linear"), "top1 1.0000"), "… linear");
	stream("a", b, b_labels, "abcd", NULL);
	stream("b", a, a_labels, "abcd", NULL);
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "… the other way round");
}

static void
test_names(void)
{
	same("cat dog eel fox", "0 1 2 3", "fox eel dog cat", "3 2 1 0",
	    "names in another order");
	same("0 1 10 2", "0 1 2 3", NULL, "0 1 10 2", "numbers as names");
	ok(SAID("a names no classes: its label N is compared with the class "
	    "called N of b"), "… said");
	same("0 1 10 2", "0 1 2 3", "10 2 1 0", "3 2 0 1",
	    "numbers in another order");
	same("00 01 10 02", "0 1 2 3", NULL, "0 1 10 2", "with zeros");
	same("00 01 10 02", "0 1 2 3", "0 1 2 10", "0 1 3 2", "… or without");
	same("cat dog eel fox", "0 1 2 3", NULL, "0 1 2 3", "by index");
	ok(SAID("a names no classes: its labels are compared with those of b "
	    "by index"), "… said");
	stream("a", "cat dog eel fox", "0 1 2 3", "abcd", NULL);
	stream("b", NULL, "0 4 10 15", "abcd", NULL);
	ok(holds(score("knn"), "b has label 4 and names "
	    "no classes, but a names only 4"), "no name for an index");
	ok(holds(eval("knn --train b --test a"), "b has label "
	    "15 and names no classes, but a names only 4"),
	    "… the other way round");
	ok(holds(eval("linear --train b --test a"), "b has label 15 and names "
	    "no"), "… linear");
	same("x x eel fox", "0 1 2 3", "x x eel fox", "0 1 2 3",
	    "one list, two classes of one name");
	same("cat dog eel fox", "0 1 2 3", "cat dog eel fox gnu", "0 1 2 3",
	    "a name more");
	stream("a", "x x eel", "0 1 2", "abc", NULL);
	stream("b", "x x eel fox", "0 1 2 2", "abcc", NULL);
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "… after two of one name");

	stream("a", "x x eel", "0 1 2", "abc", NULL);
	stream("b", "eel x", "0 1", "cb", NULL);
	ok(holds(score("knn -k 1"), "failed: b, record 0: class 'x' of b: two "
	    "classes of a are called so"), "which of two classes");
	stream("b", "eel fox fox", "0 1 2", "cba", NULL);
	ok(holds(score("linear"), "failed: b, record 0: meta.classes of b: "
	    "two classes are called 'fox'"), "two classes become one");
	stream("b", "cat dog", "0 1", "ab", NULL);
	ok(holds(score("knn"), "failed: b: all 2 samples are of classes that "
	    "a does not have, as 'cat'"), "no name in common");
	stream("a", "cat dog eel", "0 1 2", "abc", NULL);
	stream("b", "cat gnu", "0 1", "ab", NULL);
	is_text(score("knn -k 1"), "top1 0.5000 top5 0.5000",
	    "a name that training lacks");
	ok(SAID("1 sample of classes that a does not have, as 'gnu'"),
	    "… is told");
	ok(SAID("b lacks 2 of the 3 classes of a"),
	    "… and what the test lacks");
	stream("1", "dog", "0", "b", NULL);
	stream("2", "eel cat", "0 1", "ca", NULL);
	join("b", "1", "2");
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "names in two streams of a test");
	ok(strstr((const char *)said.data, "does not name") == NULL,
	    "… which together name all");
	stream("a", "0 1 10", "0 1 2", "abc", NULL);
	stream("b", NULL, "10 11 2", "cab", NULL);
	is_text(score("knn -k 1"), "top1 0.3333 top5 0.3333",
	    "a number that no class has");
	ok(SAID("2 samples of classes that a does not have, as '11'"),
	    "… is told");
}

/* Enough names for their table to grow while it is in use. */
static void
test_many_names(void)
{
	char up[300] = "", down[300] = "", labels[300] = "", other[300] = "";
	const char kinds[] = "abcdefabcdefabcdefabcdefabcdefabcdefabcd";

	for (int i = 0; i < 40; i++) {
		snprintf(up + strlen(up), 8, "c%d ", i);
		snprintf(down + strlen(down), 8, "c%d ", 39 - i);
		snprintf(labels + strlen(labels), 8, "%d ", i % 6);
		snprintf(other + strlen(other), 8, "%d ", 39 - i % 6);
	}
	stream("1", "c0", "0", "a", NULL);
	stream("2", down, other, kinds, NULL);
	stream("b", up, labels, kinds, NULL);
	join("a", "1", "2");
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000", "40 names");
	join("a", "2", "b");
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000", "… twice");
}

static void
test_labels(void)
{
	stream("a", "cat dog", "0 1", "ab", NULL);
	stream("b", "cat dog", "0 2", "ab", NULL);
	ok(holds(score("knn"), "failed: b, record 0: sample 1: label 2, but "
	    "the header names 2 classes"), "a label without its name");
	stream("b", NULL, "0 -2", "ab", NULL);
	ok(holds(score("linear"), "failed: b, record 0: sample 1: label -2"),
	    "a label below -1");
	stream("b", NULL, "0 0", "ab", NULL);
	stream("a", "cat dog", "0 5", "ab", NULL);
	ok(holds(score("knn"), "failed: a, record 0: sample 1: label 5"),
	    "… in training");
}

static void
test_joined(void)
{
	stream("1", "cat dog", "0 1", "ab", NULL);
	stream("2", "ant cat", "0 1", "ca", NULL);
	join("a", "1", "2");
	stream("b", "ant cat dog", "0 1 2", "cab", NULL);
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "streams joined in training");
	is_text(eval("knn -k 1 --train b --test a"), "top1 1.0000 top5 1.0000",
	    "… in the test");
	ok(holds(score("linear"), "top1 1.0000"), "… linear");
	stream("2", NULL, "0 1", "ab", NULL);
	join("a", "1", "2");
	stream("b", "cat dog", "0 1", "ab", NULL);
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "a stream without names after one list");
	ok(SAID("a, stream 2 names no classes: its labels are compared with "
	    "those of a by index"), "… said");
	join("a", "2", "1");
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000", "… before it");
	ok(SAID("a names no classes: its labels are compared with those of a, "
	    "stream 2 by index"), "… said");
	stream("b", "dog cat", "0 1", "ba", NULL);
	ok(holds(score("knn -k 1"), "failed: b, record 0: b names its classes,"
	    " a has labels and no names"), "… but no list that differs");
	stream("1", "cat dog", "0 1", "ab", NULL);
	stream("3", "eel dog", "0 1", "cb", NULL);
	join("4", "1", "3");
	join("a", "4", "2");
	ok(holds(score("knn -k 1"), "failed: a, record 2: sample 0: a names its "
	    "classes, a, stream 3 has labels and no names"), "… in whatever order");
	stream("2", NULL, "-1 -1", "ab", NULL);
	join("a", "4", "2");
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "unlabelled samples need no names");
	stream("1", "10 2", "0 1", "ab", NULL);
	stream("2", NULL, "2 11", "bc", NULL);
	stream("3", "2 10 11", "0 1 2", "bac", NULL);
	join("4", "1", "2");
	join("a", "4", "3");
	stream("b", NULL, "10 2 11", "abc", NULL);
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "numbers with and without names");
	join("4", "2", "1");
	join("a", "4", "3");
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "… those without first");
	stream("2", "eel n1 n2 n3 n4 n5 n6 n7 n8 n9 n_ fox", "0", "a", NULL);
	join("4", "2", "1");
	ok(holds(eval("knn --train b --test 4"), "failed: 4, record 1: 4, "
	    "stream 2 names its classes, b has"),
	    "numbers where labels are compared by index");
}

static void
test_shapes(void)
{
	stream("1", NULL, "0 1", "ab", NULL);
	stream("2", NULL, "0 1", "ab", NULL);
	join("a", "1", "2");
	columns = 1;
	stream("b", NULL, "0 1", "ab", NULL);
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "dimensions of 1 do not count");
	columns = 2;
	stream("b", NULL, "0 1", "ab", NULL);
	ok(holds(score("knn"), "failed: feature: a has 6 numbers a sample, b "
	    "2x3"), "as many numbers in another shape");
	join("a", "1", "b");
	ok(holds(score("linear"), "failed: a, record 1: feature: 2x3 numbers "
	    "a sample, 6 before"), "… in streams that are joined");
	columns = DIM;
	holding = "checkpoint";
	stream("2", NULL, "0 1", "ab", NULL);
	holding = "samples";
	join("b", "1", "2");
	ok(holds(eval("stats --test b"), "failed: b, record 1: a checkpoint "
	    "holds no samples"), "a stream of another kind");
}

static void
test_finite(void)
{
	static const char *const scores[] = { "knn -k 1", "linear",
		"linear --optimizer sgd", "stats" };

	for (size_t i = 0; i < 4; i++) {
		char line[100];

		stream("a", NULL, "0 1 0", "abc", NULL);
		stream("b", NULL, "0 1 0", "abn", NULL);
		snprintf(line, sizeof(line), "%s %s --test b", scores[i],
		    i < 3 ? "--train a" : "");
		ok(holds(eval(line), "failed: b, record 0: sample 2: "
		    "feature[2] is not a finite float"), "%s: NaN",
		    scores[i]);
		stream("b", NULL, "0 1 0", "aib", NULL);
		ok(holds(eval(line), "failed: b, record 0: sample 1: "
		    "feature[2] is not a finite float"), "… infinity");
		if (i == 3)
			continue;
		stream("a", NULL, "0 1 0", "anc", NULL);
		ok(holds(eval(line), "failed: a, record 0: sample 1: "
		    "feature[2] is not a finite float"), "… in training");
	}
	stream("a", NULL, "0 1 0 1", "abab", NULL);
	stream("b", NULL, "-1 0 0", "aah", NULL);
	ok(holds(score("linear --l2 1e-9"), "failed: b, record 0, sample 2: "
	    "its score for a class is not finite"), "scores that overflow");
	stream("a", NULL, "0 1 0 1", "hhah", NULL);
	ok(holds(score("linear --scale none"), "failed: a: the loss is not "
	    "finite at the first step"), "… in training");
	ok(holds(score("linear --scale none --optimizer sgd"),
	    "failed: a: epoch 1: the loss is not finite"), "… sgd");
	stream("b", NULL, "-1 0", "na", NULL);
	stream("a", NULL, "0 1 0 1", "abab", NULL);
	is_text(score("knn -k 1"), "top1 1.0000 top5 1.0000",
	    "samples that are skipped may be NaN");
}

static void
test_remarks(void)
{
	stream("a", NULL, "0 1 2", "abz", "p");
	stream("b", NULL, "0 1 2 0", "abzz", "p");
	is_text(score("knn -k 1"), "top1 0.7500 top5 0.7500",
	    "zeros are as near to all: the first row");
	ok(SAID("a: 1 of 3 samples are all zeros"), "… told of training");
	ok(SAID("b: 2 of 4 samples are all zeros"), "… and of the test");
	ok(SAID("b: 3 of 4 samples are in a too"), "the same samples are told");
	score("linear");
	ok(SAID("b: 3 of 4 samples are in a too"), "… linear");
	score("linear --l2 1,10 --held-out 0.6");
	ok(SAID("b: 3 of 4 samples are in a too"), "… with some held out");
	stream("b", NULL, "0 1 2 0", "abzz", "q");
	score("knn -k 1");
	ok(strstr((const char *)said.data, "are in a too") == NULL, "other keys");
	stream("b", NULL, "0 1 2 0", "ABcc", "p");
	score("knn -k 1");
	ok(strstr((const char *)said.data, "are in a too") == NULL, "other numbers");
	eval("knn -k 1 --train a --test a");
	ok(SAID("a is both --train and --test"), "the same file");
}

/* What ssl-train --monitor prints follows the same rules. */
static void
test_probe(void)
{
	struct features f[2] = { { 0 } };
	double top1 = -1;

	for (int i = 0; i < 2; i++) {
		f[i].dim = 3;
		if (features_reserve(&f[i], 8) < 0)
			abort();
		f[i].n = 8;
		memset(f[i].x, 0, 8 * 3 * sizeof(float));
		for (int j = 0; j < 8; j++)
			f[i].label[j] = i == 0 ? j % 4 : 3 - j % 4;
	}
	is_int(probe_knn(&f[0], &f[1], pool, &top1), 0, "probe: k-NN");
	is_near(top1, 0.25, 0, "… one class's share");
	is_int(probe_linear(&f[0], &f[1], pool, &top1), 0, "probe: linear");
	is_near(top1, 0.25, 0, "… one class's share");
	features_free(&f[0]);
	features_free(&f[1]);
}

int
main(void)
{
	char folder[] = "/tmp/self-test-eval.XXXXXX";

	pool = pool_new(2);
	log_to(hear);
	if (pool == NULL || mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	test_ties();
	test_duplicates();
	test_few_classes();
	test_names();
	test_many_names();
	test_labels();
	test_joined();
	test_shapes();
	test_finite();
	test_remarks();
	test_probe();
	for (const char *name = "ab1234"; *name != '\0'; name++)
		unlink((char[]){ *name, '\0' });
	rmdir(folder);
	pool_free(pool);
	buf_free(&said);
	return tap_done();
}
