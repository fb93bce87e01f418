/* SPDX-License-Identifier: MIT */
/*
 * A thousand files, good ones of every kind among abbreviated, cut and
 * damaged ones: each is what it is alone, whatever was decoded before it, by
 * whichever thread, as a whole or in part.
 */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rng.h"
#include "framed.h"
#include "image/jpeg.h"
#include "source/feed.h"
#include "tap.h"
#include "view/view.h"

#define CHECK(call) check((call) >= 0, __LINE__)

enum { FILES = 1000, IN_RECORD = 50, DQT = 0xDB, DHT = 0xC4, SOS = 0xDA };

static const char *const bases[] = { "colour", "full", "gray", "progressive",
	"turned", "cmyk", "inks", "ycck", "arithmetic" };

#define BASES (sizeof(bases) / sizeof(bases[0]))

/* What is done to a file. */
enum kind { PLAIN, NO_DQT, NO_DHT, OWN_TABLES, CUT, HEADER, DATA, AFTER, TEXT,
	KINDS };

static struct file {
	struct buf bytes;
	enum kind kind;
	size_t base;
	bool good;		/* read alone; then … */
	uint64_t pixels;	/* … a digest of them */
} files[FILES];

static char path[] = "/tmp/self-mixed-XXXXXX.tz";

static void
check(bool held, int line)
{
	if (held)
		return;
	printf("Bail out! line %d: %s\n", line, fail_text());
	exit(1);
}

static uint64_t
digest(const void *bytes, size_t n)
{
	const unsigned char *at = bytes;
	uint64_t d = 14695981039346656037u;

	for (size_t i = 0; i < n; i++)
		d = (d ^ at[i]) * 1099511628211u;
	return d;
}

/* Where the scan's header begins. */
static size_t
scan_of(const struct buf *b)
{
	size_t at = 2;

	while (at + 4 < b->size && b->data[at + 1] != SOS)
		at += 2 + (size_t)(b->data[at + 2] << 8 | b->data[at + 3]);
	return at;
}

/* Takes away all segments of one mark before the first scan. */
static void
remove_segments(struct buf *b, int mark)
{
	size_t at = 2;

	while (at < scan_of(b)) {
		const size_t size = 2 + (size_t)(b->data[at + 2] << 8
		    | b->data[at + 3]);

		if (b->data[at + 1] != mark) {
			at += size;
			continue;
		}
		b->size -= size;
		memmove(b->data + at, b->data + at + size, b->size - at);
	}
}

/* Other quantization tables: all entries half as large, or twice. */
static void
change_tables(struct buf *b, struct rng *g)
{
	const bool larger = rng_below(g, 2) == 1;

	for (size_t at = 2; at < scan_of(b);) {
		const size_t size = 2 + (size_t)(b->data[at + 2] << 8
		    | b->data[at + 3]);

		for (size_t i = 0; b->data[at + 1] == DQT && i < 64
		    && 5 + i < size; i++) {
			unsigned char *q = &b->data[at + 5 + i];

			*q = (unsigned char)(larger && *q < 128 ? 2 * *q
			    : *q / 2 + 1);
		}
		at += size;
	}
}

static void
flip(struct buf *b, struct rng *g, size_t from, size_t to)
{
	for (uint64_t n = 1 + rng_below(g, 3); n > 0; n--)
		b->data[from + rng_below(g, to - from)] ^= (unsigned char)
		    (1u << rng_below(g, 8));
}

static void
change(struct file *f, struct rng *g)
{
	struct buf *b = &f->bytes;
	const size_t scan = scan_of(b);

	switch (f->kind) {
	case NO_DQT:
		remove_segments(b, DQT);
		break;
	case NO_DHT:
		remove_segments(b, DHT);
		break;
	case OWN_TABLES:
		change_tables(b, g);
		break;
	case CUT:
		b->size = rng_below(g, b->size);
		break;
	case HEADER:
		flip(b, g, 2, scan);
		break;
	case DATA:
		flip(b, g, scan, b->size);
		break;
	case AFTER:
		CHECK(buf_append(b, "more", 4));
		break;
	case TEXT:
		b->size = (size_t)snprintf((char *)b->data, b->size,
		    "no image");
		break;
	default:
		break;
	}
}

/* Makes the files; each is then read by a reader that read nothing else. */
static void
make_files(void)
{
	const char *tests = getenv("TESTS");

	for (size_t i = 0; i < FILES; i++) {
		struct file *f = &files[i];
		struct rng g = rng_at(3, 0, i, 0, 1);
		struct jpeg_reader *r = jpeg_reader_new();
		struct picture p = { 0 };
		char name[1024];

		f->base = i % BASES;
		f->kind = (enum kind)(i / BASES % KINDS);
		snprintf(name, sizeof(name), "%s/data/%s.jpg", tests != NULL
		    ? tests : "tests", bases[f->base]);
		f->bytes = slurp(name);
		check(f->bytes.size > 0 && r != NULL, __LINE__);
		change(f, &g);
		f->good = jpeg_read(r, &p, f->bytes.data, f->bytes.size,
		    JPEG_MAX_PIXELS) == 0;
		if (f->good)
			f->pixels = digest(p.image.data,
			    (size_t)p.image.height * p.image.stride);
		else
			check(fail_is_data(fail_last()), __LINE__);
		picture_free(&p);
		jpeg_reader_free(r);
	}
}

static void
test_alone(void)
{
	int wrong = 0, tables = 0, no_huffman = 0, good = 0;

	for (size_t i = 0; i < FILES; i++) {
		const struct file *f = &files[i];
		const struct file *plain = &files[f->base];
		const bool arithmetic = strcmp(bases[f->base], "arithmetic")
		    == 0;
		const bool progressive = strcmp(bases[f->base],
		    "progressive") == 0;

		good += f->good;
		if (f->kind == PLAIN || f->kind == AFTER)
			wrong += !f->good || f->pixels != plain->pixels;
		if (f->kind == CUT || f->kind == NO_DQT || f->kind == TEXT)
			wrong += f->good;
		if (f->kind == NO_DHT && !progressive)
			no_huffman += !f->good
			    || f->pixels != plain->pixels;
		if (f->kind == NO_DHT && progressive)
			no_huffman += f->good;
		if (f->kind == OWN_TABLES && !arithmetic)
			tables += !f->good || f->pixels == plain->pixels;
	}
	is_int(wrong, 0, "each kind is what it should be");
	is_int(no_huffman, 0, "no Huffman tables: the standard's, unless "
	    "progressive");
	is_int(tables, 0, "tables of its own");
	ok(good > 300 && good < 700, "%d of %d are images", good, FILES);
}

static void
test_words(void)
{
	struct jpeg_reader *r = jpeg_reader_new();
	struct picture p = { 0 };
	const struct buf *b = &files[BASES * NO_DQT].bytes;

	check(r != NULL, __LINE__);
	is_int(jpeg_read(r, &p, files[0].bytes.data, files[0].bytes.size,
	    JPEG_MAX_PIXELS), 0, "a file with tables");
	is_int(jpeg_read(r, &p, b->data, b->size, JPEG_MAX_PIXELS),
	    FAIL_FORMAT, "then one without");
	is_text(fail_text(), "no quantization table 0", "says so");
	picture_free(&p);
	jpeg_reader_free(r);
}

/* Whatever part is decoded, at whatever scale, the verdict and its words are
 * those of the whole file. */
static void
test_parts(void)
{
	struct jpeg_reader *r = jpeg_reader_new();
	struct picture p = { 0 };
	int wrong = 0;

	check(r != NULL, __LINE__);
	for (size_t i = 0; i < 8 * FILES; i++) {
		const struct file *f = &files[i / 8];
		const int shrink = 1 << i % 4;
		struct rng g = rng_at(5, 0, i, 0, 1);
		struct jpeg_info info;
		struct rect part;
		char words[1024] = "";

		if (jpeg_look(f->bytes.data, f->bytes.size, &info) < 0)
			continue;
		if (jpeg_read(r, &p, f->bytes.data, f->bytes.size,
		    JPEG_MAX_PIXELS) < 0)
			snprintf(words, sizeof(words), "%s", fail_text());
		wrong += f->good != (*words == '\0');
		part.x = (int)rng_below(&g, (uint64_t)((info.width - 1)
		    / shrink + 1));
		part.y = (int)rng_below(&g, (uint64_t)((info.height - 1)
		    / shrink + 1));
		part.width = part.height = 1;
		wrong += f->good != (jpeg_read_part(r, &p, &part, shrink,
		    f->bytes.data, f->bytes.size, JPEG_MAX_PIXELS) == 0);
		wrong += !f->good && strcmp(words, fail_text()) != 0;
		wrong += f->good != (jpeg_check(r, f->bytes.data,
		    f->bytes.size, JPEG_MAX_PIXELS) == 0);
		wrong += !f->good && strcmp(words, fail_text()) != 0;
	}
	is_int(wrong, 0, "parts and wholes agree on what is an image");
	picture_free(&p);
	jpeg_reader_free(r);
}

static void
write_record(struct stream_out *out, size_t first)
{
	size_t shape[2] = { IN_RECORD, 1 };
	struct rec r = { 0 };
	unsigned char *bytes;
	int64_t *sizes, *index;
	void *data;

	for (size_t i = 0; i < IN_RECORD; i++)
		if (files[first + i].bytes.size > shape[1])
			shape[1] = files[first + i].bytes.size;
	CHECK(rec_add_tensor(&r, "jpeg", DTYPE_U1, 2, shape, &data));
	bytes = data;
	CHECK(rec_add_tensor(&r, "jpeg_size", DTYPE_I8, 1, shape, &data));
	sizes = data;
	CHECK(rec_add_tensor(&r, "index", DTYPE_I8, 1, shape, &data));
	index = data;
	for (size_t i = 0; i < IN_RECORD; i++) {
		const struct buf *b = &files[first + i].bytes;

		memset(bytes + i * shape[1], 0xFF, shape[1]);
		memcpy(bytes + i * shape[1], b->data, b->size);
		sizes[i] = (int64_t)b->size;
		index[i] = (int64_t)(first + i);
	}
	CHECK(stream_write(out, &r));
	rec_free(&r);
}

static void
write_stream(void)
{
	struct head head = { 0 };
	struct stream_out *out;

	CHECK(head_init(&head, "samples"));
	out = stream_create(path, 1, &head);
	check(out != NULL, __LINE__);
	for (size_t i = 0; i < FILES; i += IN_RECORD)
		write_record(out, i);
	CHECK(stream_finish(out));
	head_free(&head);
}

/* One record's samples, marked as seen; those whose pixels are not theirs. */
static int
wrong_in(const struct rec *r, bool *seen)
{
	const struct tensor *image, *index;
	int wrong = 0;

	CHECK(rec_tensor(r, "image", DTYPE_U1, "n**3", &image));
	CHECK(rec_tensor(r, "index", DTYPE_I8, "n", &index));
	for (size_t i = 0; i < image->shape[0]; i++) {
		const int64_t at = ((const int64_t *)index->data)[i];
		const size_t bytes = image->bytes / image->shape[0];

		seen[at] = true;
		wrong += files[at].pixels != digest((const char *)image->data
		    + i * bytes, bytes);
	}
	return wrong;
}

static int warnings;

static void
count_warnings(enum log_level level, const char *line)
{
	(void)line;
	warnings += level == LOG_WARNING;
}

static int
differ(const bool *seen)
{
	int wrong = 0;

	for (size_t i = 0; i < FILES; i++)
		wrong += seen[i] != files[i].good;
	return wrong;
}

static void
test_feed(int threads)
{
	char *const paths[] = { path };
	const struct order_config choice = { .epochs = 1, .n_shards = 1,
		.shuffle = true, .seed = threads, .batch = 64 };
	const struct feed_config config = { .max_pixels = JPEG_MAX_PIXELS,
		.max_bytes = 1 << 20 };
	struct source *s = source_open(paths, 1, NULL);
	struct order *o = s == NULL ? NULL : order_new(s, &choice);
	struct pool *pool = pool_new(threads);
	bool seen[FILES] = { false };
	struct feed *f;
	const struct rec *r;
	int got, wrong = 0, bad = 0;

	check(o != NULL && pool != NULL, __LINE__);
	warnings = 0;
	f = feed_new(s, o, pool, &config);
	check(f != NULL, __LINE__);
	while ((got = feed_next(f, &r)) > 0)
		wrong += wrong_in(r, seen);
	for (size_t i = 0; i < FILES; i++)
		bad += !files[i].good;
	feed_free(f);
	is_int(got, 0, "decode, %d threads: to the end", threads);
	is_int(wrong, 0, "... with the pixels of each alone");
	is_int(differ(seen), 0, "... and the same skipped");
	is_int(warnings, bad, "... and named, each once");
	pool_free(pool);
	order_free(o);
	source_close(s);
}

/* What came of the views. */
struct views {
	bool seen[FILES];
	uint64_t digest;
};

static int
keep(void *arg, const struct rec *r)
{
	const struct tensor *view = rec_find(r, "view0")->tensor;
	const struct tensor *index = rec_find(r, "index")->tensor;
	struct views *v = arg;

	for (size_t i = 0; i < index->shape[0]; i++)
		v->seen[((const int64_t *)index->data)[i]] = true;
	v->digest = (v->digest ^ digest(view->data, view->bytes)) * 31;
	return 0;
}

static uint64_t
views_of(const char *name, int size, uint64_t seed, bool draft, int threads,
    int *wrong)
{
	static struct recipe recipe;
	struct views *v = calloc(1, sizeof(*v));
	struct view_config config = { .recipe = &recipe, .seed = seed,
		.only_index = -1, .batch = 7, .draft = draft, .give = keep,
		.arg = v };
	struct pool *pool = pool_new(threads);
	struct stream_in *in = stream_open(path);
	struct view_counts counts;
	uint64_t digest;
	int bad = 0;

	check(v != NULL && pool != NULL && in != NULL, __LINE__);
	CHECK(recipe_find(&recipe, recipe_builtin, name));
	recipe_resize(&recipe, size);
	CHECK(view_run(in, pool, &config, &counts));
	for (size_t i = 0; i < FILES; i++)
		bad += !files[i].good;
	/* The last ones may not fill a batch. */
	*wrong += differ(v->seen) != (int)counts.dropped
	    || counts.bad != (uint64_t)bad;
	digest = v->digest;
	stream_close(in);
	pool_free(pool);
	free(v);
	return digest;
}

static void
test_views(const char *name, int size, bool draft)
{
	int wrong = 0, others = 0;

	for (uint64_t seed = 0; seed < 3; seed++) {
		const uint64_t one = views_of(name, size, seed, draft, 1,
		    &wrong);

		for (int threads = 1; threads <= 8; threads *= 2)
			others += views_of(name, size, seed, draft, threads,
			    &wrong) != one;
	}
	is_int(wrong, 0, "%s of %d px: the same skipped, and counted", name,
	    size);
	is_int(others, 0, "... the same views by 1, 2, 4 and 8 threads");
}

int
main(void)
{
	const int fd = mkstemps(path, 3);

	if (fd < 0 || close(fd) != 0)
		return 1;
	make_files();
	test_alone();
	test_words();
	test_parts();
	write_stream();
	log_to(count_warnings);
	for (int threads = 1; threads <= 8; threads *= 2)
		for (int twice = 0; twice < 2; twice++)
			test_feed(threads);
	test_views("byol-cifar", 8, false);
	test_views("linear-cifar", 3, true);
	test_views("simclr-cifar", 32, false);
	unlink(path);
	for (size_t i = 0; i < FILES; i++)
		buf_free(&files[i].bytes);
	return tap_done();
}
