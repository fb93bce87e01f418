/* SPDX-License-Identifier: MIT */
#include "source/feed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/ahead.h"
#include "base/log.h"
#include "base/num.h"
#include "base/reasons.h"
#include "source/files.h"
#include "source/item.h"

#define CHUNK 64	/* samples fetched at a time */

/* A record being filled. */
struct page {
	struct rec rec;
	int64_t epoch, step;
	int height, width;
	unsigned char *pixels;		/* of `room` pictures */
	size_t bytes;			/* of one */
	size_t n, room;
	size_t *samples;		/* as many as a batch */
	struct files files;		/* instead of pixels */
};

struct feed {
	const struct source *source;
	struct order *order;
	struct pool *pool;
	struct feed_config config;
	struct ahead *ahead;
	struct page pages[2];
	struct order_batch batch;
	size_t batch_at;		/* samples of it fetched */
	struct item items[CHUNK];
	size_t n_items, item_at;
	struct item_maker **makers;	/* one a thread */
	struct page *page;		/* where the items go now */
	unsigned char *known_bad;	/* a bit a sample */
	unsigned char *known_good;	/* likewise; files kept and checked */
	bool enlarged;			/* and said so */
	uint64_t n_bad;
	int64_t epoch;
	uint64_t good;			/* in this epoch */
	struct buf text;
	struct reasons bad;		/* of n_bad */
	unsigned char *seen;		/* a bit a sample */
	uint64_t n_seen;
};

/* A file that is kept is decoded, if strict, when it first comes. */
static bool
is_unchecked(const struct feed *f, size_t sample)
{
	return f->config.keep_jpeg && f->config.strict
	    && (f->known_good[sample / 8] >> sample % 8 & 1) == 0;
}

static void
fetch_one(void *arg, size_t i, int worker)
{
	struct feed *f = arg;
	struct item *it = &f->items[i];

	item_fetch(it, f->source, f->batch.samples[f->batch_at + i],
	    &f->config);
	if (it->failure.code == 0 && is_unchecked(f, it->sample))
		item_check(it, f->makers[worker], &f->config);
}

static void
decode_one(void *arg, size_t i, int worker)
{
	struct feed *f = arg;
	struct item *it = &f->items[f->item_at + i];
	const struct page *p = f->page;
	const struct image to = { .data = p->pixels + (p->n + i) * p->bytes,
		.height = p->height, .width = p->width, .channels = 3,
		.stride = (size_t)p->width * 3 };

	if (it->failure.code == 0)
		item_decode(it, f->makers[worker], &to, &f->config);
}

/* Says once what is wrong with an image; a failure of the machine ends the
 * run. */
static int
report(struct feed *f, const struct item *it)
{
	unsigned char *bits = &f->known_bad[it->sample / 8];
	const unsigned bit = 1u << it->sample % 8;

	if (source_name(f->source, it->sample, &f->text) < 0)
		return fail_last();
	if (f->config.strict || !fail_is_data(it->failure.code)) {
		fail_restore(&it->failure);
		if (fail_is_data(it->failure.code))
			fail(it->failure.code, "%s; run without "
			    "--strict to skip it",
			    it->failure.text);
		return fail_note("%s", (const char *)f->text.data);
	}
	if ((*bits & bit) != 0)
		return 0;
	*bits = (unsigned char)(*bits | bit);
	f->n_bad++;
	reasons_add(&f->bad, it->failure.text);
	log_line(LOG_WARNING, "%s: %s; skipped",
	    (const char *)f->text.data, it->failure.text);
	return 0;
}

/* Room for as many pictures of this size as may still come. */
static int
begin_page(struct feed *f, struct page *p, const struct item *it)
{
	const size_t left = f->batch.n - f->batch_at + f->n_items - f->item_at;
	size_t shape[4], most;
	void *data;

	if (num_mul((size_t)it->height * 3, (size_t)it->width, &p->bytes) < 0)
		return fail_last();
	most = f->config.max_bytes / p->bytes;
	p->room = left < most ? left : most > 0 ? most : 1;
	p->height = it->height;
	p->width = it->width;
	shape[0] = p->room;
	shape[1] = (size_t)it->height;
	shape[2] = (size_t)it->width;
	shape[3] = 3;
	rec_clear(&p->rec);
	if (rec_add_tensor(&p->rec, "image", DTYPE_U1, 4, shape, &data) < 0)
		return fail_last();
	p->pixels = data;
	p->n = 0;
	p->epoch = f->batch.epoch;
	p->step = f->batch.step;
	return 0;
}

/* How many items from item_at on can go into the page, or are bad. */
static size_t
run_length(const struct feed *f, const struct page *p)
{
	size_t n = 0;

	while (f->item_at + n < f->n_items && p->n + n < p->room) {
		const struct item *it = &f->items[f->item_at + n];

		if (it->failure.code == 0 &&
		    (it->height != p->height || it->width != p->width))
			break;
		n++;
	}
	return n;
}

/* Says once that images get twice their size and more. */
static void
warn_enlarged(struct feed *f, const struct item *it)
{
	const int size = (int)f->config.size;

	if (f->enlarged || size < 2 * (it->own_height < it->own_width
	    ? it->own_height : it->own_width))
		return;
	f->enlarged = true;
	log_line(LOG_WARNING, "an image of %dx%d px is enlarged to %dx%d; "
	    "nothing is gained over a smaller --size", it->own_width,
	    it->own_height, size, size);
}

/* Decodes the next n items into the page and closes the gaps of bad ones. */
static int
fill_page(struct feed *f, struct page *p, size_t n)
{
	const size_t start = p->n;

	f->page = p;
	pool_each(f->pool, n, decode_one, f);
	for (size_t i = 0; i < n; i++) {
		const struct item *it = &f->items[f->item_at + i];

		if (it->failure.code != 0) {
			if (report(f, it) < 0)
				return fail_last();
			continue;
		}
		warn_enlarged(f, it);
		if (p->n != start + i)
			memmove(p->pixels + p->n * p->bytes,
			    p->pixels + (start + i) * p->bytes, p->bytes);
		p->samples[p->n++] = it->sample;
	}
	f->item_at += n;
	return 0;
}

/* Counts the fetched samples that never came before. */
static void
count_seen(struct feed *f)
{
	for (size_t i = 0; i < f->n_items; i++) {
		unsigned char *bits = &f->seen[f->items[i].sample / 8];
		const unsigned bit = 1u << f->items[i].sample % 8;

		f->n_seen += (*bits & bit) == 0;
		*bits = (unsigned char)(*bits | bit);
	}
}

/* 1: there is a further sample of this batch among the items. */
static int
next_chunk(struct feed *f)
{
	size_t n = f->batch.n - f->batch_at;

	if (f->item_at < f->n_items)
		return 1;
	if (n == 0)
		return 0;
	n = n < CHUNK ? n : CHUNK;
	pool_each(f->pool, n, fetch_one, f);
	f->batch_at += n;
	f->n_items = n;
	f->item_at = 0;
	count_seen(f);
	return 1;
}

static int
none_good(const struct feed *f)
{
	struct buf why = { 0 };
	int rc = reasons_list(&f->bad, &why);

	if (rc == 0)
		rc = fail(FAIL_FORMAT, "not one image could be read: %s",
		    why.size > 0 ? (const char *)why.data : "none came");
	buf_free(&why);
	return rc;
}

static int
next_batch(struct feed *f)
{
	const int got = order_next(f->order, &f->batch);

	f->batch_at = 0;
	if (got < 0)
		return got;
	if ((got == 0 || f->batch.epoch != f->epoch) && f->good == 0 &&
	    f->epoch >= 0)
		return none_good(f);
	if (got == 0)
		return 0;
	if (f->batch.epoch != f->epoch)
		f->good = 0;
	f->epoch = f->batch.epoch;
	return 1;
}

/* Passes over bad items; 1 when a good one is next, 0 at the batch's end. */
static int
next_good(struct feed *f)
{
	int got;

	while ((got = next_chunk(f)) > 0) {
		const struct item *it = &f->items[f->item_at];

		if (it->failure.code == 0)
			return 1;
		if (report(f, it) < 0)
			return fail_last();
		f->item_at++;
	}
	return got;
}

/* Fills the page from the rest of the batch; it may stay empty. */
static int
collect(struct feed *f, struct page *p)
{
	int got;

	p->n = p->room = 0;
	while ((got = next_good(f)) > 0) {
		const struct item *it = &f->items[f->item_at];
		size_t n;

		if (p->n == 0 && begin_page(f, p, it) < 0)
			return fail_last();
		n = run_length(f, p);
		if (n == 0)
			return 0;
		if (fill_page(f, p, n) < 0)
			return fail_last();
	}
	return got;
}

/* The same with files as they are. */
static int
collect_files(struct feed *f, struct page *p)
{
	int got;

	p->n = 0;
	files_clear(&p->files);
	while ((got = next_good(f)) > 0) {
		const struct item *it = &f->items[f->item_at];

		if (it->raw.channels != 0)
			return fail(FAIL_USAGE, "--keep-jpeg is for JPEG "
			    "files; this source holds pixels");
		if (!files_fit(&p->files, it->raw.bytes.size,
		    f->config.max_bytes))
			return 0;
		if (p->n == 0) {
			rec_clear(&p->rec);
			p->epoch = f->batch.epoch;
			p->step = f->batch.step;
		}
		if (files_add(&p->files, &it->raw.bytes) < 0)
			return fail_last();
		f->known_good[it->sample / 8] |= (unsigned char)
		    (1u << it->sample % 8);
		p->samples[p->n++] = it->sample;
		f->item_at++;
	}
	return got;
}

static int
add_numbers(struct feed *f, struct page *p)
{
	int64_t *labels, *indices;
	void *data;

	if (rec_add_tensor(&p->rec, "label", DTYPE_I8, 1, &p->n, &data) < 0)
		return fail_last();
	labels = data;
	if (rec_add_tensor(&p->rec, "index", DTYPE_I8, 1, &p->n, &data) < 0)
		return fail_last();
	indices = data;
	for (size_t i = 0; i < p->n; i++) {
		labels[i] = source_label(f->source, p->samples[i]);
		if (source_index(f->source, p->samples[i], &indices[i]) < 0)
			return fail_last();
	}
	return 0;
}

static int
add_keys(struct feed *f, struct page *p)
{
	struct value *keys = arena_get(&p->rec.arena, p->n * sizeof(*keys));

	if (keys == NULL)
		return fail_last();
	for (size_t i = 0; i < p->n; i++) {
		char *copy;

		if (source_key(f->source, p->samples[i], &f->text) < 0)
			return fail_last();
		copy = arena_string(&p->rec.arena,
		    (const char *)f->text.data, f->text.size);
		if (copy == NULL)
			return fail_last();
		keys[i] = value_text(copy);
	}
	return rec_add(&p->rec, "key", value_array(keys, p->n));
}

static int
add_fields(struct feed *f, struct page *p)
{
	for (size_t k = 0; k < source_n_fields(f->source); k++) {
		const struct source_field *field = source_field(f->source, k);
		size_t shape[TENSOR_DIMS];
		void *data;

		shape[0] = p->n;
		memcpy(shape + 1, field->shape,
		    (size_t)field->n_dims * sizeof(*shape));
		if (rec_add_tensor(&p->rec, field->name, field->dtype,
		    field->n_dims + 1, shape, &data) < 0)
			return fail_last();
		for (size_t i = 0; i < p->n; i++)
			if (source_read_field(f->source, p->samples[i], k,
			    (char *)data + i * field->bytes) < 0)
				return fail_last();
	}
	return 0;
}

static int
finish_page(struct feed *f, struct page *p)
{
	if (f->config.keep_jpeg) {
		if (files_give(&p->files, &p->rec) < 0)
			return fail_last();
	} else {
		struct tensor *t = rec_find(&p->rec, "image")->tensor;

		t->shape[0] = p->n;
		t->bytes = p->n * p->bytes;
	}
	f->good += p->n;
	if (add_numbers(f, p) < 0 || add_keys(f, p) < 0 ||
	    add_fields(f, p) < 0 ||
	    rec_add(&p->rec, "epoch", value_int(p->epoch)) < 0 ||
	    rec_add(&p->rec, "step", value_int(p->step)) < 0)
		return fail_last();
	return 1;
}

static int
reserve_samples(struct page *p, size_t n)
{
	size_t *samples = realloc(p->samples, (n + 1) * sizeof(*samples));

	if (samples == NULL)
		return fail_memory(n * sizeof(*samples));
	p->samples = samples;
	return 0;
}

/* Called ahead of the caller, on a thread of its own. */
static int
make_page(void *arg, int slot)
{
	struct feed *f = arg;
	struct page *p = &f->pages[slot];

	for (;;) {
		if (f->item_at == f->n_items && f->batch_at == f->batch.n) {
			const int got = next_batch(f);

			if (got <= 0)
				return got;
		}
		if (reserve_samples(p, f->batch.n) < 0
		    || (f->config.keep_jpeg ? collect_files(f, p)
		    : collect(f, p)) < 0)
			return fail_last();
		if (p->n > 0)
			return finish_page(f, p);
	}
}

static int
make_makers(struct feed *f)
{
	const size_t n = (size_t)pool_threads(f->pool);

	f->makers = calloc(n, sizeof(*f->makers));
	f->known_bad = calloc(source_count(f->source) / 8 + 1, 1);
	f->known_good = calloc(source_count(f->source) / 8 + 1, 1);
	if (f->makers == NULL || f->known_bad == NULL || f->known_good == NULL)
		return fail_memory(source_count(f->source) / 8);
	for (size_t i = 0; i < n; i++)
		if ((f->makers[i] = item_maker_new()) == NULL)
			return fail_last();
	f->ahead = ahead_new(&(struct ahead_plan){
	    .take = make_page, .arg = f, .slots = 2, .threads = 1 });
	return f->ahead == NULL ? fail_last() : 0;
}

struct feed *
feed_new(const struct source *s, struct order *o, struct pool *pool,
    const struct feed_config *config)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		fail_memory(sizeof(*f));
		return NULL;
	}
	f->source = s;
	f->order = o;
	f->pool = pool;
	f->config = *config;
	f->epoch = -1;
	f->seen = calloc(source_count(s) / 8 + 1, 1);
	if (f->seen == NULL)
		fail_memory(source_count(s) / 8 + 1);
	if (f->seen == NULL || make_makers(f) < 0) {
		feed_free(f);
		return NULL;
	}
	return f;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	ahead_free(f->ahead);
	for (int i = 0; f->makers != NULL && i < pool_threads(f->pool); i++)
		item_maker_free(f->makers[i]);
	for (size_t i = 0; i < CHUNK; i++)
		item_fini(&f->items[i]);
	for (int i = 0; i < 2; i++) {
		rec_free(&f->pages[i].rec);
		files_free(&f->pages[i].files);
		free(f->pages[i].samples);
	}
	free(f->makers);
	free(f->known_bad);
	free(f->known_good);
	buf_free(&f->text);
	free(f->seen);
	free(f);
}

int
feed_next(struct feed *f, const struct rec **r)
{
	int slot = 0;
	const int got = ahead_next(f->ahead, &slot);

	if (got > 0)
		*r = &f->pages[slot].rec;
	return got;
}

int
feed_report_bad(const struct feed *f)
{
	struct buf why = { 0 };
	int rc;

	if (f->n_bad == 0)
		return 0;
	rc = reasons_list(&f->bad, &why);
	if (rc == 0)
		log_line(LOG_LOST, "skipped %" PRIu64 " of %" PRIu64
		    " images: %s", f->n_bad, f->n_seen,
		    (const char *)why.data);
	buf_free(&why);
	return rc;
}
