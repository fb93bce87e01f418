/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE
#include "source/feed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "framed.h"
#include "image/jpeg.h"
#include "tap.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CAN_LIMIT_MEMORY false
#else
#define CAN_LIMIT_MEMORY true
#endif

#define CHECK(call) check((call) >= 0, __LINE__)

static char path[] = "/tmp/self-feed-XXXXXX.tz";

static void
check(bool held, int line)
{
	if (held)
		return;
	printf("Bail out! line %d: %s\n", line, fail_text());
	exit(1);
}

/* Sample i of all: gray pixels of value i, x = (i, i + 1/2), label i % 3. */
static void
add_record(struct stream_out *out, size_t first, size_t n, bool with_odd)
{
	struct rec r = { 0 };
	struct value keys[8];
	char names[8][8];
	void *data;

	CHECK(rec_add_tensor(&r, "image", DTYPE_U1, 4,
	    (size_t[]){ n, 2, 3, 1 }, &data));
	for (size_t i = 0; i < n; i++)
		memset((char *)data + 6 * i, (int)(first + i), 6);
	CHECK(rec_add_tensor(&r, "x", DTYPE_F4, 2, (size_t[]){ n, 2 }, &data));
	for (size_t i = 0; i < 2 * n; i++)
		((float *)data)[i] = (float)first + (float)i / 2;
	if (with_odd)
		CHECK(rec_add_tensor(&r, "odd", DTYPE_I8, 1, &n, &data));
	CHECK(rec_add_tensor(&r, "label", DTYPE_I8, 1, &n, &data));
	for (size_t i = 0; i < n; i++)
		((int64_t *)data)[i] = (int64_t)(first + i) % 3;
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "k%zu", first + i);
		keys[i] = value_text(names[i]);
	}
	CHECK(rec_add(&r, "key", value_array(keys, n)));
	CHECK(rec_add(&r, "epoch", value_int(7)));
	CHECK(stream_write(out, &r));
	rec_free(&r);
}

static void
make_stream(void)
{
	struct head head = { 0 };
	struct stream_out *out;
	struct value names[3] = { value_text("c"), value_text("a"),
		value_text("b") };

	CHECK(head_init(&head, "samples"));
	CHECK(value_set(&head.meta, "classes", value_array(names, 3),
	    &head.arena));
	CHECK(value_set(&head.meta, "colour", value_text("none"),
	    &head.arena));
	out = stream_create(path, 3, &head);
	check(out != NULL, __LINE__);
	add_record(out, 0, 5, true);
	add_record(out, 5, 4, false);
	CHECK(stream_finish(out));
	head_free(&head);
}

/* One record: are its samples what their keys say, x and label with them? */
static int
wrong_in(const struct rec *r, size_t *n)
{
	const struct tensor *image, *x, *label;
	int wrong = 0;

	CHECK(rec_tensor(r, "image", DTYPE_U1, "n233", &image));
	CHECK(rec_tensor(r, "x", DTYPE_F4, "n2", &x));
	CHECK(rec_tensor(r, "label", DTYPE_I8, "n", &label));
	*n = image->shape[0];
	for (size_t i = 0; i < *n; i++) {
		const char *key =
		    rec_find(r, "key")->array.items[i].text.bytes;
		const int at = atoi(key + 1);
		const unsigned char *p = image->data;

		for (size_t k = 0; k < 18; k++)
			wrong += p[18 * i + k] != at;
		wrong += ((const float *)x->data)[2 * i] != (float)at;
		wrong += ((const float *)x->data)[2 * i + 1] !=
		    (float)at + 0.5f;
		wrong += ((const int64_t *)label->data)[i] != at % 3;
	}
	return wrong;
}

static void
test_pass(int threads, int64_t batch)
{
	char *const paths[] = { path };
	const struct order_config choice = { .epochs = 3, .n_shards = 1,
		.shuffle = true, .batch = batch };
	const struct feed_config config = { .max_pixels = 100,
		.max_bytes = 1 << 20 };
	struct source *s = source_open(paths, 1, NULL);
	struct order *o = s == NULL ? NULL : order_new(s, &choice);
	struct pool *pool = pool_new(threads);
	struct feed *f;
	const struct rec *r;
	size_t n, all = 0;
	int wrong = 0, got;

	check(o != NULL && pool != NULL, __LINE__);
	is_int((long long)source_n_fields(s), 1, "one further field");
	f = feed_new(s, o, pool, &config);
	check(f != NULL, __LINE__);
	while ((got = feed_next(f, &r)) > 0) {
		wrong += wrong_in(r, &n);
		wrong += value_get_int(&r->fields, "epoch", -1) !=
		    (int64_t)(all / 9);
		wrong += rec_find(r, "odd") != NULL;
		all += n;
	}
	is_int(got, 0, "an end");
	is_int((long long)all, 27, "all samples of three epochs");
	is_int(wrong, 0, "everything that belongs to a sample stays with it");
	is_int(feed_next(f, &r), 0, "still the end");
	feed_free(f);
	pool_free(pool);
	order_free(o);
	source_close(s);
}

static void
test_head(void)
{
	char *const one[] = { path }, *const two[] = { path, path };
	struct source *s = source_open(one, 1, NULL);
	struct head head = { 0 };

	check(s != NULL, __LINE__);
	CHECK(source_describe(s, &head));
	is_text(value_get_text(&head.meta, "colour", ""), "none",
	    "unknown keys of the header are kept");
	is_text(names_get(source_classes(s), 1), "a",
	    "classes keep their order");
	head_free(&head);
	source_close(s);
	s = source_open(two, 2, NULL);
	check(s != NULL, __LINE__);
	is_int((long long)source_count(s), 18, "two streams");
	is_int((long long)source_n_fields(s), 0,
	    "further fields only of a stream alone");
	source_close(s);
}

/* A feed that is given up while it works ahead. */
static void
test_leave(void)
{
	char *const paths[] = { path };
	const struct order_config choice = { .n_shards = 1, .batch = 2 };
	const struct feed_config config = { .max_pixels = 100, .size = 1,
		.max_bytes = 1 << 20 };
	struct source *s = source_open(paths, 1, NULL);
	struct order *o = s == NULL ? NULL : order_new(s, &choice);
	struct pool *pool = pool_new(2);
	const struct rec *r = NULL;
	struct feed *f;

	check(o != NULL && pool != NULL, __LINE__);
	f = feed_new(s, o, pool, &config);
	check(f != NULL, __LINE__);
	is_int(feed_next(f, &r), 1, "a first record");
	feed_free(f);
	pool_free(pool);
	order_free(o);
	source_close(s);
}

/* Images of this size take more than the 64 MiB that malloc may have put
 * aside for a thread. */
#define SIDE 7000
#define SPARE ((rlim_t)40 << 20)

static char folder[] = "/tmp/self-feed-XXXXXX";

/* A file in the folder; without bytes, that file is removed. */
static void
place(const char *name, const struct buf *bytes)
{
	char at[64];
	FILE *f;

	snprintf(at, sizeof(at), "%s/%s", folder, name);
	if (bytes == NULL) {
		unlink(at);
		return;
	}
	f = fopen(at, "wb");
	check(f != NULL && fwrite(bytes->data, 1, bytes->size, f)
	    == bytes->size, __LINE__);
	fclose(f);
}

/* At most so much of a resource; 0: as much as is allowed. */
static void
limit(int resource, rlim_t most)
{
	struct rlimit l;

	check(getrlimit((__rlimit_resource_t)resource, &l) == 0, __LINE__);
	l.rlim_cur = most > 0 ? most : l.rlim_max;
	check(setrlimit((__rlimit_resource_t)resource, &l) == 0, __LINE__);
}

/* Sanitizers reserve much of it, and qemu's user mode forgets the limit. */
static bool
can_limit_memory(void)
{
	const rlim_t most = (rlim_t)1 << 40;
	struct rlimit l = { 0 };

	limit(RLIMIT_AS, most);
	check(getrlimit(RLIMIT_AS, &l) == 0, __LINE__);
	limit(RLIMIT_AS, 0);
	return CAN_LIMIT_MEMORY && l.rlim_cur == most;
}

static rlim_t
address_space(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	if (f != NULL && fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	if (f != NULL)
		fclose(f);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static int warnings;

static void
count_warnings(enum log_level level, const char *line)
{
	(void)line;
	warnings += level == LOG_WARNING;
}

/* Reads the folder's files, of which `gone` is removed after its name was
 * read, with little of a resource (0: enough); the samples or the failure. */
static int
read_folder(const char *gone, int resource, rlim_t most)
{
	char *const paths[] = { folder };
	const struct order_config choice = { .epochs = 1, .n_shards = 1,
		.batch = 8 };
	const struct feed_config config = { .max_pixels = JPEG_MAX_PIXELS,
		.size = 8, .max_bytes = 1 << 20 };
	struct source *s = source_open(paths, 1, NULL);
	struct order *o = s == NULL ? NULL : order_new(s, &choice);
	struct pool *pool = pool_new(2);
	const struct rec *r = NULL;
	struct feed *f;
	int got, n = 0;

	check(o != NULL && pool != NULL, __LINE__);
	warnings = 0;
	log_to(count_warnings);
	if (gone != NULL)
		place(gone, NULL);
	if (most > 0)
		limit(resource, most);
	f = feed_new(s, o, pool, &config);
	check(f != NULL, __LINE__);
	while ((got = feed_next(f, &r)) > 0)
		n += (int)rec_find(r, "index")->tensor->shape[0];
	if (most > 0)
		limit(resource, 0);
	feed_free(f);
	pool_free(pool);
	order_free(o);
	source_close(s);
	return got < 0 ? got : n;
}

/* The frame header of a progressive file says height and width SIDE, and the
 * file is long enough for that to be believed. */
static void
claim(struct buf *jpg)
{
	for (size_t i = 2; i + 9 < jpg->size; i++)
		if (jpg->data[i] == 0xFF && jpg->data[i + 1] == 0xC2) {
			jpg->data[i + 5] = jpg->data[i + 7] = SIDE >> 8;
			jpg->data[i + 6] = jpg->data[i + 8] = SIDE & 255;
			break;
		}
	CHECK(buf_reserve(jpg, 1 << 16));
	memset(jpg->data + jpg->size, 0, 1 << 16);
	jpg->size += 1 << 16;
}

/* What is wrong with a file is skipped; a machine that fails ends the run. */
static void
test_machine(void)
{
	const char *tests = getenv("TESTS");
	struct picture p = { 0 };
	struct buf large = { 0 }, good, claims;
	char name[1024];

	snprintf(name, sizeof(name), "%s/data/colour.jpg",
	    tests != NULL ? tests : "tests");
	good = slurp(name);
	snprintf(name, sizeof(name), "%s/data/progressive.jpg",
	    tests != NULL ? tests : "tests");
	claims = slurp(name);
	check(mkdtemp(folder) != NULL && good.size > 0 && claims.size > 0,
	    __LINE__);
	place("a.jpg", &good);
	place("b.jpg", &good);
	is_int(read_folder(NULL, 0, 0), 2, "two files");
	is_int(read_folder("b.jpg", 0, 0), 1, "one is gone: skipped");
	is_int(warnings, 1, "... and named");
	place("b.jpg", &good);
	is_int(read_folder(NULL, RLIMIT_NOFILE, 3), FAIL_IO,
	    "no descriptor: a failure");
	ok(strstr(fail_text(), "a.jpg: open: ") != NULL, "... of a file: %s",
	    fail_text());
	is_int(warnings, 0, "... and none is a bad image");
	if (!can_limit_memory()) {
		ok(true, "no limit of memory # SKIP a sanitizer or emulator");
		goto out;
	}
	claim(&claims);
	place("b.jpg", &claims);
	is_int(read_folder(NULL, 0, 0), 1, "a false claim is skipped");
	is_int(read_folder(NULL, RLIMIT_AS, address_space() + SPARE),
	    FAIL_MEMORY, "libjpeg has no memory: a failure");
	CHECK(picture_resize(&p, SIDE, SIDE, 1));
	memset(p.image.data, 9, p.bytes.size);
	CHECK(jpeg_write(&large, &p.image, 90));
	picture_free(&p);
	place("b.jpg", &large);
	is_int(read_folder(NULL, 0, 0), 2, "a large one");
	is_int(read_folder(NULL, RLIMIT_AS, address_space() + SPARE),
	    FAIL_MEMORY, "no memory for it: a failure");
out:
	place("a.jpg", NULL);
	place("b.jpg", NULL);
	rmdir(folder);
	buf_free(&large);
	buf_free(&good);
	buf_free(&claims);
}

int
main(void)
{
	const int fd = mkstemps(path, 3);

	if (fd < 0 || close(fd) != 0)
		return 1;
	make_stream();
	test_pass(1, 2);
	test_pass(3, 100);
	test_head();
	test_leave();
	test_machine();
	unlink(path);
	return tap_done();
}
