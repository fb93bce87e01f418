/* SPDX-License-Identifier: MIT */
/* Views of what is no picture, of samples without an index, and the fields
 * that pass. */
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "view/view.h"

#include "tap.h"

static char path[] = "/tmp/self-view-XXXXXX";
static struct recipe recipe;

/* Three samples: pictures of 4x4 px, or six numbers each. */
static void
write_samples(bool pictures)
{
	const size_t image_shape[4] = { 3, 4, 4, 3 }, x_shape[3] = { 3, 2, 3 };
	struct head head = { 0 };
	struct rec rec = { 0 };
	struct stream_out *out = NULL;
	void *data;
	int rc;

	rc = head_init(&head, "samples");
	if (rc == 0)
		out = stream_create(path, 1, &head);
	if (rc == 0 && pictures)
		rc = rec_add_tensor(&rec, "image", DTYPE_U1, 4, image_shape,
		    &data);
	else if (rc == 0)
		rc = rec_add_tensor(&rec, "x", DTYPE_F4, 3, x_shape, &data);
	if (rc < 0 || out == NULL)
		exit(1);
	for (int i = 0; i < 18; i++) {
		if (pictures)
			memset((char *)data + 8 * i, 10 * i, 8);
		else
			((float *)data)[i] = (float)i / 4;
	}
	if (rec_add(&rec, "note", value_text("kept")) < 0
	    || stream_write(out, &rec) < 0 || stream_finish(out) < 0)
		exit(1);
	rec_free(&rec);
	head_free(&head);
}

/* Where the first record's view is copied. */
struct copy {
	unsigned char *to;
	size_t n;
	int records, notes;
};

static int
keep(void *arg, const struct rec *r)
{
	struct copy *c = arg;
	const struct value *note = rec_find(r, "note");

	if (c->records++ == 0)
		memcpy(c->to, rec_find(r, "view0")->tensor->data, c->n);
	c->notes += note != NULL && strcmp(note->text.bytes, "kept") == 0;
	return 0;
}

/* Runs a recipe over the file: its records, or the failure. */
static int
run(const char *text, int64_t only_index, unsigned char *to, size_t n)
{
	struct copy copy = { .to = to, .n = n };
	struct view_config config = { .recipe = &recipe, .seed = 1,
		.only_index = only_index, .give = keep, .arg = &copy };
	struct pool *pool = pool_new(2);
	struct stream_in *in = stream_open(path);
	struct view_counts counts;
	int rc;

	if (recipe_find(&recipe, text, NULL) < 0)
		exit(1);
	rc = view_run(in, pool, &config, &counts);
	stream_close(in);
	pool_free(pool);
	if (rc == 0 && (copy.notes != copy.records
	    || counts.records != (uint64_t)copy.records))
		return -100;
	return rc < 0 ? rc : copy.records;
}

#define MANY ((size_t)100000)

/* Rows of `width` numbers in one record, the last of them in a record of
 * rows of `last`. */
static void
write_rows(size_t n, size_t width, size_t last)
{
	struct head head = { 0 };
	struct stream_out *out = NULL;

	if (head_init(&head, "samples") < 0
	    || (out = stream_create(path, 1, &head)) == NULL)
		exit(1);
	for (int part = 0; part < 2; part++) {
		const size_t shape[2] = { part == 0 ? n - 1 : 1,
			part == 0 ? width : last };
		struct rec rec = { 0 };
		void *data;

		if (rec_add_tensor(&rec, "x", DTYPE_F4, 2, shape, &data) < 0)
			exit(1);
		for (size_t i = 0; i < shape[0] * shape[1]; i++)
			((float *)data)[i] = (float)(part == 0 ? i / width
			    : n - 1);
		if (stream_write(out, &rec) < 0)
			exit(1);
		rec_free(&rec);
	}
	if (stream_finish(out) < 0)
		exit(1);
	head_free(&head);
}

/* Rows that came in order, each in its place. */
static int
count(void *arg, const struct rec *r)
{
	const struct tensor *t = rec_find(r, "view0")->tensor;
	size_t *seen = arg;

	for (size_t i = 0; i < t->shape[0]; i++)
		*seen += ((const float *)t->data)[i * t->shape[1]]
		    == (float)*seen;
	return 0;
}

static int
run_rows(int threads, size_t batch, size_t *seen)
{
	struct view_config config = { .recipe = &recipe, .only_index = -1,
		.batch = batch, .give = count, .arg = seen };
	struct pool *pool = pool_new(threads);
	struct stream_in *in = stream_open(path);
	struct view_counts counts;
	int rc;

	*seen = 0;
	if (recipe_find(&recipe, "recipe a\nview\n", NULL) < 0)
		exit(1);
	rc = view_run(in, pool, &config, &counts);
	stream_close(in);
	pool_free(pool);
	return rc;
}

/* A record of many samples is no load of many samples. */
static void
check_rows(void)
{
	struct rusage before, after;
	size_t seen;

	write_rows(MANY, 3, 3);
	getrusage(RUSAGE_SELF, &before);
	for (int threads = 1; threads <= 3; threads++) {
		is_int(run_rows(threads, 40, &seen), 0, "%d threads", threads);
		ok(seen == MANY, "%zu rows of two records in order", seen);
	}
	is_int(run_rows(2, 0, &seen), 0, "records as they come");
	ok(seen == MANY, "%zu rows in order", seen);
	getrusage(RUSAGE_SELF, &after);
	ok(after.ru_maxrss - before.ru_maxrss < 50000, "in %ld more kB",
	    after.ru_maxrss - before.ru_maxrss);
	write_rows(8, 3, 5);
	ok(run_rows(2, 8, &seen) == FAIL_FORMAT
	    && strstr(fail_text(), "sample 7: x of another shape") != NULL,
	    "rows of another width: %s", fail_text());
	is_int(run_rows(2, 1, &seen), 0, "are fine in a batch of their own");
}

int
main(void)
{
	unsigned char bytes[144], one[48];
	float numbers[18];
	bool same = true;
	const int fd = mkstemp(path);

	if (fd < 0 || close(fd) < 0)
		return 1;
	write_samples(false);
	is_int(run("recipe a\nview\n", -1, (unsigned char *)numbers,
	    sizeof(numbers)), 1, "numbers pass a recipe without steps");
	for (int i = 0; i < 18; i++)
		same = same && numbers[i] == (float)i / 4;
	ok(same, "as they are");
	ok(run("recipe a\nview\nflip\n", -1, bytes, 0) < 0
	    && strstr(fail_text(), "--recipe none") != NULL,
	    "steps for pictures are refused: %s", fail_text());
	is_int(run("recipe a\nview\ndropout rate=1 columns=2\n", -1,
	    (unsigned char *)numbers, sizeof(numbers)), 1, "dropout");
	same = true;
	for (int i = 0; i < 18; i++)
		same = same && numbers[i] == (i % 3 < 2 ? 0 : (float)i / 4);
	ok(same, "of the first two columns of three");
	write_samples(true);
	ok(run("recipe a\nview\ndropout\n", -1, bytes, 0) < 0
	    && strstr(fail_text(), "not for pictures") != NULL,
	    "dropout is refused for pictures");
	is_int(run("recipe a\nsize 4\nview\ncrop\n", -1, bytes,
	    sizeof(bytes)), 1, "pictures without an index");
	is_int(run("recipe a\nsize 4\nview\ncrop\n", 2, one, sizeof(one)), 1,
	    "the third of them alone");
	ok(memcmp(bytes + 96, one, sizeof(one)) == 0,
	    "is counted from the stream's begin");
	is_int(run("recipe a\nsize 4\nview\ncrop\n", 3, one, sizeof(one)), 0,
	    "there is no fourth");
	check_rows();
	unlink(path);
	return tap_done();
}
