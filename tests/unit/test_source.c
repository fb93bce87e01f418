/* SPDX-License-Identifier: MIT */
#include "source/source.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/deck.h"
#include "source/order.h"
#include "tap.h"

static char root[] = "/tmp/self-source-XXXXXX";

/* An empty file below root with the folders it needs. */
static void
touch(const char *path)
{
	char whole[512];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	for (char *p = whole + sizeof(root); (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(whole, 0777);
		*p = '/';
	}
	f = fopen(whole, "w");
	if (f == NULL || fclose(f) != 0) {
		printf("Bail out! cannot make %s\n", whole);
		exit(1);
	}
}

static void
write_file(const char *path, const char *text)
{
	char whole[512];
	FILE *f;

	touch(path);
	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	f = fopen(whole, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		exit(1);
}

/* Opens one or two paths below root ("@" stays in front). */
static struct source *
open_two(const char *first, const char *second, const char *classes)
{
	char paths[2][512], list[512];
	char *const argv[] = { paths[0], paths[1] };
	const char *const given[] = { first, second };

	for (int i = 0; i < 2 && given[i] != NULL; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s%s/%s",
		    *given[i] == '@' ? "@" : "", root,
		    given[i] + (*given[i] == '@'));
	if (classes != NULL)
		snprintf(list, sizeof(list), "%s/%s", root, classes);
	return source_open(argv, second == NULL ? 1 : 2,
	    classes == NULL ? NULL : list);
}

/* All keys and labels as "key:label key:label …". */
static const char *
listing(const struct source *s)
{
	static char text[4096];
	struct buf key = { 0 };
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; s != NULL && i < source_count(s); i++) {
		if (source_key(s, i, &key) < 0)
			exit(1);
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%s:%lld", i > 0 ? " " : "", (const char *)key.data,
		    (long long)source_label(s, i));
	}
	buf_free(&key);
	return s == NULL ? fail_text() : text;
}

static const char *
class_names(const struct source *s)
{
	static char text[1024];

	*text = '\0';
	for (size_t i = 0; s != NULL && i < source_classes(s)->n; i++) {
		strcat(text, i > 0 ? " " : "");
		strcat(text, names_get(source_classes(s), i));
	}
	return text;
}

static void
expect(const char *a, const char *b, const char *classes, const char *want,
    const char *want_classes, const char *what)
{
	struct source *s = open_two(a, b, classes);

	is_text(listing(s), want, "%s", what);
	is_text(class_names(s), want_classes, "%s: classes", what);
	source_close(s);
}

static void
expect_failure(const char *a, const char *b, const char *classes,
    const char *words, const char *what)
{
	struct source *s = open_two(a, b, classes);

	ok(s == NULL && strstr(fail_text(), words) != NULL, "%s: %s", what,
	    s == NULL ? fail_text() : "no failure");
	source_close(s);
}

static void
test_folders(void)
{
	touch("tree/b/2.jpg");
	touch("tree/b/10.JPEG");
	touch("tree/b/.hidden.jpg");
	touch("tree/b/notes.txt");
	touch("tree/B/x.Jpg");
	touch("tree/a/z/1.jpeg");
	touch("tree/a/z-y/1.jpg");
	touch("tree/a/top.jpg");
	touch("tree/a/z/deep/q.jpg");
	touch("tree/stray.jpg");
	touch("flat/2.jpg");
	touch("flat/1.jpg");
	touch("other/a/1.jpg");
	touch("other/c/1.jpg");
	touch("bare/notes.txt");
	expect("tree", NULL, NULL, "B/x.Jpg:0 a/top.jpg:1 a/z/1.jpeg:1 "
	    "a/z-y/1.jpg:1 a/z/deep/q.jpg:1 b/10.JPEG:2 b/2.jpg:2", "B a b",
	    "a tree in bytewise order");
	expect("flat", NULL, NULL, "1.jpg:-1 2.jpg:-1", "",
	    "a folder without labels");
	expect("other", "flat", NULL, "a/1.jpg:0 c/1.jpg:1 1.jpg:-1 2.jpg:-1",
	    "a c", "two folders");
	expect("other", "tree", NULL, "a/1.jpg:1 c/1.jpg:3 B/x.Jpg:0 "
	    "a/top.jpg:1 a/z/1.jpeg:1 a/z-y/1.jpg:1 a/z/deep/q.jpg:1 "
	    "b/10.JPEG:2 b/2.jpg:2", "B a b c", "classes joined by name");
	write_file("names", "c\nsome\na\n");
	expect("other", NULL, "names", "a/1.jpg:2 c/1.jpg:0", "c some a",
	    "classes in an order of our own");
	expect_failure("tree", NULL, "names", "'B' is not in",
	    "a class that is not in the list");
	expect_failure("bare", NULL, NULL, "no .jpg", "no pictures");
	expect_failure("gone", NULL, NULL, "gone", "no such folder");
}

static void
test_loops(void)
{
	char path[512];

	touch("loop/a/1.jpg");
	snprintf(path, sizeof(path), "%s/loop/a/up", root);
	if (symlink("../../loop", path) < 0)
		exit(1);
	expect("loop", NULL, NULL, "a/1.jpg:0", "a", "a loop");
	unlink(path);
	if (symlink("../../flat", path) < 0)
		exit(1);
	expect("loop", NULL, NULL, "a/1.jpg:0 a/up/1.jpg:0 a/up/2.jpg:0", "a",
	    "a link to a folder");
}

static void
test_lists(void)
{
	static const char *const files[] = { "a.jpg", "b.jpg", "c.jpg",
		"x y.jpg" };

	for (int i = 0; i < 4; i++)
		touch(files[i]);
	if (chdir(root) < 0)
		exit(1);
	write_file("plain", "x y.jpg\nb.jpg\r\nb.jpg");
	write_file("numbers", "a.jpg\t3\nb.jpg\nc.jpg\t-1\n");
	write_file("words", "a.jpg\tdog\nb.jpg\tcat\nc.jpg\tdog\n");
	write_file("wrong", "a.jpg\t3\nb.jpg\t-2\n");
	write_file("hole", "a.jpg\n\nb.jpg\n");
	write_file("nothing", "");
	expect("@plain", NULL, NULL, "x y.jpg:-1 b.jpg:-1 b.jpg:-1", "",
	    "a list");
	expect("@numbers", NULL, NULL, "a.jpg:3 b.jpg:-1 c.jpg:-1", "",
	    "a list with numbers");
	expect("@words", NULL, NULL, "a.jpg:1 b.jpg:0 c.jpg:1", "cat dog",
	    "a list with names");
	expect("@words", "other", NULL, "a.jpg:3 b.jpg:2 c.jpg:3 a/1.jpg:0 "
	    "c/1.jpg:1", "a c cat dog", "a list and a folder");
	expect_failure("@numbers", NULL, "names", "label 3",
	    "a label without a name");
	expect("@hole", NULL, NULL, "a.jpg:-1 b.jpg:-1", "",
	    "an empty line in a list");
	expect_failure("@nothing", NULL, NULL, "empty", "an empty list");
	expect_failure("@wrong", NULL, NULL, "line 2: label '-2'",
	    "a number that is no label");
	if (chdir("/") < 0)
		exit(1);
}

/* An archive is read where it lies, so it must stay what it was. */
static void
test_changed(void)
{
	struct source_sample sample = { 0 };
	struct source *s;
	char path[512];
	FILE *f;

	write_file("1.jpg", "one");
	snprintf(path, sizeof(path), "cd %s && tar -cf a.tar 1.jpg", root);
	if (system(path) != 0)
		exit(1);
	s = open_two("a.tar", NULL, NULL);
	ok(s != NULL && source_read(s, 0, &sample) == 0 &&
	    sample.bytes.size == 3 && memcmp(sample.bytes.data, "one", 3) == 0,
	    "a member of an archive");
	snprintf(path, sizeof(path), "%s/a.tar", root);
	f = fopen(path, "a");
	if (f == NULL || fputs("more", f) < 0 || fclose(f) != 0)
		exit(1);
	ok(s != NULL && source_read(s, 0, &sample) < 0 &&
	    strstr(fail_text(), "changed while it was read") != NULL,
	    "the archive changed: %s", fail_text());
	buf_free(&sample.bytes);
	source_close(s);
}

static void
test_text(void)
{
	touch("odd/a\xFF" "b%\xC3\xA9.jpg");
	expect("odd", NULL, NULL, "a%FFb%\xC3\xA9.jpg:-1", "",
	    "keys are UTF-8 whatever the file's name is");
}

static void
test_deck(void)
{
	struct deck d;
	size_t hand[4];
	int seen[10] = { 0 }, twice = 0, uneven = 0;

	if (deck_init(&d, 5, 1, 10) < 0)
		exit(1);
	for (int round = 1; round <= 200; round++) {
		deck_deal(&d, hand, 4);
		for (int i = 0; i < 4; i++) {
			for (int j = 0; j < i; j++)
				twice += hand[i] == hand[j];
			seen[hand[i]]++;
		}
		for (int i = 0; i < 10; i++)
			uneven += seen[i] < round * 4 / 10 ||
			    seen[i] > (round * 4 + 9) / 10;
	}
	is_int(twice, 0, "a hand holds no card twice");
	is_int(uneven, 0, "all cards before any again");
	deck_free(&d);
}

/* Every sample of an order, step by step, as text. */
static const char *
deal(const struct source *s, const struct order_config *c)
{
	static char text[8192];
	struct order *o = order_new(s, c);
	struct order_batch b;
	size_t used = 0;
	int got = 0;

	*text = '\0';
	while (o != NULL && used < sizeof(text) - 256 &&
	    (got = order_next(o, &b)) > 0) {
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%lld.%lld:", (long long)b.epoch, (long long)b.step);
		for (size_t i = 0; i < b.n; i++)
			used += (size_t)snprintf(text + used,
			    sizeof(text) - used, " %zu", b.samples[i]);
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "\n");
	}
	order_free(o);
	return o == NULL || got < 0 ? fail_text() : text;
}

static struct source *
seven(void)
{
	return open_two("tree", NULL, NULL);	/* labels 0 1 1 1 1 2 2 */
}

static void
test_order(void)
{
	struct source *s = seven();
	struct order_config c = { .epochs = 2, .n_shards = 1, .batch = 4 };

	is_text(deal(s, &c), "0.0: 0 1 2 3\n0.1: 4 5 6\n1.2: 0 1 2 3\n"
	    "1.3: 4 5 6\n", "two epochs");
	c.start_step = 3;
	is_text(deal(s, &c), "1.3: 4 5 6\n", "from the third step on");
	c.start_step = 0;
	c.n_shards = 3;
	c.epochs = 1;
	is_text(deal(s, &c), "0.0: 0 3 6\n", "shard 0 of 3");
	c.shard = 2;
	is_text(deal(s, &c), "0.0: 2 5\n", "shard 2 of 3");
	c = (struct order_config){ .epochs = 1, .n_shards = 1, .batch = 9,
		.per_class = 2 };
	for (c.seed = 0; c.seed < 5; c.seed++) {
		int a, b, d, e, f;

		is_int(sscanf(deal(s, &c), "0.0: %d %d %d %d %d", &a, &b, &d,
		    &e, &f), 5, "two of each class, but one of the first");
		ok(a == 0 && 1 <= b && b < d && d <= 4 && e == 5 && f == 6,
		    "in the source's order: %d %d %d %d %d", a, b, d, e, f);
	}
	source_close(s);
}

static void
test_subset(void)
{
	struct source *s = seven();
	char path[512];
	struct order_config c = { .epochs = 1, .n_shards = 1, .batch = 9,
		.subset = path };

	snprintf(path, sizeof(path), "%s/subset", root);
	write_file("subset", "b/2.jpg\ntop.jpg\n0\nq\n");
	is_text(deal(s, &c), "0.0: 0 1 4 6\n", "keys, names and numbers");
	write_file("subset", "7\n");
	ok(strstr(deal(s, &c), "line 1: '7'") != NULL, "no such sample: %s",
	    fail_text());
	write_file("subset", "");
	ok(strstr(deal(s, &c), "subset is empty") != NULL,
	    "an empty subset: %s", fail_text());
	source_close(s);
}

/* Any shard, from any step on, is part of the whole. */
static void
test_shuffle(void)
{
	struct source *s = seven();
	struct order_config c = { .epochs = 3, .n_shards = 1, .batch = 2,
		.shuffle = true, .seed = 8 };
	char whole[8192], other[8192];

	strcpy(whole, deal(s, &c));
	is_text(deal(s, &c), whole, "the same seed, the same order");
	for (c.start_step = 1; c.start_step < 12; c.start_step++) {
		char mark[32];
		const char *rest;

		snprintf(mark, sizeof(mark), ".%lld:",
		    (long long)c.start_step);
		strcpy(other, deal(s, &c));
		rest = strstr(whole, mark);
		ok(rest != NULL && strcmp(rest - 1, other) == 0,
		    "from step %lld on", (long long)c.start_step);
	}
	c.start_step = 0;
	c.seed = 9;
	ok(strcmp(deal(s, &c), whole) != 0, "another seed, another order");
	source_close(s);
}

static void
test_balance(void)
{
	struct source *s = open_two("even", NULL, NULL);
	struct order_config c = { .epochs = 40, .n_shards = 1, .batch = 6,
		.classes = 3, .each = 2, .shuffle = true };
	struct order *o = order_new(s, &c);
	int seen[20] = { 0 }, wrong = 0, least = 1 << 30, most = 0;
	struct order_batch b;
	char whole[8192];

	while (o != NULL && order_next(o, &b) > 0) {
		wrong += b.n != 6;
		for (size_t i = 0; i < 3; i++) {
			wrong += b.samples[i] == b.samples[i + 3];
			wrong += source_label(s, b.samples[i]) !=
			    source_label(s, b.samples[i + 3]);
			for (size_t j = 0; j < i; j++)
				wrong += source_label(s, b.samples[i]) ==
				    source_label(s, b.samples[j]);
		}
		for (size_t i = 0; i < b.n; i++)
			seen[b.samples[i]]++;
	}
	order_free(o);
	for (size_t i = 0; i < 20; i++) {
		least = seen[i] < least ? seen[i] : least;
		most = seen[i] > most ? seen[i] : most;
	}
	is_int(wrong, 0, "three classes with two pictures each, interleaved");
	ok(least > 0 && most - least <= 2, "pictures come alike: %d to %d",
	    least, most);
	c.epochs = 4;
	strcpy(whole, deal(s, &c));
	c.start_step = 5;
	ok(strcmp(deal(s, &c), strstr(whole, ".5:") - 1) == 0,
	    "from a step on");
	c.start_step = 0;
	c.classes = 6;
	ok(strstr(deal(s, &c), "there are 5") != NULL, "too many classes: %s",
	    fail_text());
	c.classes = 2;
	c.each = 5;
	ok(strstr(deal(s, &c), "has 4") != NULL, "too many pictures: %s",
	    fail_text());
	source_close(s);
}

int
main(void)
{
	char command[64];

	if (mkdtemp(root) == NULL)
		return 1;
	for (int i = 0; i < 20; i++) {
		char path[64];

		snprintf(path, sizeof(path), "even/%c/%d.jpg", 'a' + i / 4, i);
		touch(path);
	}
	test_folders();
	test_loops();
	test_lists();
	test_text();
	test_changed();
	test_deck();
	test_order();
	test_subset();
	test_shuffle();
	test_balance();
	snprintf(command, sizeof(command), "rm -rf %s", root);
	ok(system(command) == 0, "clean up");
	return tap_done();
}
