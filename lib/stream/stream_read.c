/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/frame.h"
#include "stream/pack.h"
#include "stream/stream.h"

struct stream_in {
	struct frame_in *frames;
	struct unpack *items;
	struct head head;
	char *path;
	bool inside;			/* between a header and its end */
	bool counts_samples;		/* meta.kind is "samples" */
	bool as_one;			/* headers must agree */
	uint64_t streams, records;	/* in all */
	uint64_t these, samples;	/* in this stream */
	int failed;			/* once lost, lost for good */
};

/* Adds where in the input a failure lies, except to the one that everybody
 * knows by its words, and where there is no stream at all. */
static int
note_place(const struct stream_in *in)
{
	if (strcmp(fail_text(), FRAME_TRUNCATED) == 0 ||
	    !frame_in_began(in->frames))
		return fail_last();
	if (!in->inside)
		return fail_note("header of stream %" PRIu64, in->streams + 1);
	return fail_note("record %" PRIu64, in->records);
}

static int
check_version(const struct value *version)
{
	if (version->type == VALUE_INT && version->integer == STREAM_VERSION)
		return 0;
	if (version->type != VALUE_INT)
		return fail(FAIL_FORMAT, "the version is not a number; this "
		    "reader knows version %d", STREAM_VERSION);
	return fail(FAIL_FORMAT, "stream version %" PRId64 "; this reader "
	    "knows version %d", version->integer, STREAM_VERSION);
}

static bool
first_is(const struct value *item, const char *name)
{
	return item->type == VALUE_MAP && item->map.n > 0 &&
	    strcmp(item->map.members[0].name, name) == 0;
}

static bool
is_known(const char *name)
{
	return strcmp(name, "tensorstream") == 0 ||
	    strcmp(name, "meta") == 0 || strcmp(name, "history") == 0;
}

/* Makes the head a copy of the item, whose arena is a record's. */
static int
keep_header(struct head *h, const struct value *item)
{
	const struct value *meta = value_find(item, "meta");
	const struct value *history = value_find(item, "history");

	arena_reset(&h->arena);
	h->others = value_map(NULL, 0);
	h->inputs = value_array(NULL, 0);
	if (value_copy(&h->meta, meta, &h->arena) < 0 ||
	    value_copy(&h->history, history, &h->arena) < 0)
		return fail_last();
	for (size_t i = 0; i < item->map.n; i++) {
		const struct member *m = &item->map.members[i];
		struct value copy;
		const char *name;

		if (is_known(m->name))
			continue;
		/* No two keys are alike: nothing needs to be looked for. */
		name = arena_string(&h->arena, m->name, strlen(m->name));
		if (name == NULL ||
		    value_copy(&copy, &m->value, &h->arena) < 0 ||
		    value_append(&h->others, name, copy, &h->arena) < 0)
			return fail_last();
	}
	return 0;
}

/* Bytes of all texts in a value, which a header's readers copy. */
static size_t
text_bytes(const struct value *v)
{
	size_t bytes = 0;

	if (v->type == VALUE_TEXT || v->type == VALUE_BYTES)
		return v->text.size;
	if (v->type == VALUE_ARRAY)
		for (size_t i = 0; i < v->array.n; i++)
			bytes += text_bytes(&v->array.items[i]);
	if (v->type == VALUE_MAP)
		for (size_t i = 0; i < v->map.n; i++)
			bytes += text_bytes(&v->map.members[i].value);
	return bytes;
}

static int
take_header(struct stream_in *in, const struct value *item)
{
	const struct value *meta = value_find(item, "meta");
	const struct value *history = value_find(item, "history");

	if (!first_is(item, "tensorstream"))
		return fail(FAIL_FORMAT, "no header");
	if (check_version(&item->map.members[0].value) < 0)
		return fail_last();
	if (meta == NULL || meta->type != VALUE_MAP)
		return fail(FAIL_FORMAT, "meta is not a map");
	if (history == NULL || history->type != VALUE_ARRAY)
		return fail(FAIL_FORMAT, "history is not an array");
	if (text_bytes(item) > PACK_TEXT)
		return fail(FAIL_LIMIT, "texts of %zu bytes, limit %zu",
		    text_bytes(item), PACK_TEXT);
	if (in->as_one && in->streams > 0 &&
	    head_agree(&in->head.meta, meta) < 0)
		return fail_last();
	if (keep_header(&in->head, item) < 0)
		return fail_last();
	in->inside = true;
	in->counts_samples = head_is(&in->head, "samples");
	in->streams++;
	in->these = in->samples = 0;
	return 0;
}

static int
check_count(const struct value *counts, const char *name, uint64_t n)
{
	const struct value *v = value_find(counts, name);

	if (v == NULL || v->type != VALUE_INT)
		return fail(FAIL_FORMAT, "end: no number of %s", name);
	if (v->integer < 0 || (uint64_t)v->integer != n)
		return fail(FAIL_FORMAT, "end: %" PRId64 " %s said, %" PRIu64
		    " found", v->integer, name, n);
	return 0;
}

static int
take_end(struct stream_in *in, const struct value *item)
{
	const struct value *counts = &item->map.members[0].value;

	if (item->map.n != 1 || counts->map.n != 2)
		return fail(FAIL_FORMAT, "end: more or less than records and "
		    "samples");
	if (check_count(counts, "records", in->these) < 0 ||
	    check_count(counts, "samples", in->samples) < 0)
		return fail_last();
	in->inside = false;
	return 0;
}

static int
take_shape(struct tensor *t, const struct value *shape)
{
	if (shape->type != VALUE_ARRAY)
		return fail(FAIL_FORMAT, "shape is not an array");
	if (shape->array.n > TENSOR_DIMS)
		return fail(FAIL_LIMIT, "%zu dimensions, limit %d",
		    shape->array.n, TENSOR_DIMS);
	t->n_dims = (int)shape->array.n;
	for (int i = 0; i < t->n_dims; i++) {
		const struct value *d = &shape->array.items[i];

		if (d->type != VALUE_INT || d->integer < 0)
			return fail(FAIL_FORMAT, "dimension %d is not a size",
			    i);
		t->shape[i] = (size_t)d->integer;
	}
	return tensor_bytes(t->dtype, t->n_dims, t->shape, &t->bytes);
}

/* Turns a map into the tensor it must be; the bytes stay where they are. */
static int
make_tensor(struct value *v, struct arena *a)
{
	const struct value *dtype = value_find(v, "dtype");
	const struct value *shape = value_find(v, "shape");
	const struct value *data = value_find(v, "data");
	struct tensor *t = arena_get(a, sizeof(*t));
	int known;

	if (t == NULL)
		return fail_last();
	if (v->map.n != 3 || dtype == NULL || shape == NULL || data == NULL)
		return fail(FAIL_FORMAT, "a map that is not a tensor");
	memset(t, 0, sizeof(*t));
	known = dtype->type == VALUE_TEXT ? dtype_find(dtype->text.bytes) : -1;
	if (known < 0)
		return fail(FAIL_FORMAT, "unknown dtype%s%s",
		    dtype->type == VALUE_TEXT ? " " : "",
		    dtype->type == VALUE_TEXT ? dtype->text.bytes : "");
	t->dtype = (enum dtype)known;
	if (take_shape(t, shape) < 0)
		return fail_last();
	if (data->type != VALUE_BYTES)
		return fail(FAIL_FORMAT, "data is not binary");
	if (data->text.size != t->bytes)
		return fail(FAIL_FORMAT, "%zu bytes of data, the shape says "
		    "%zu", data->text.size, t->bytes);
	/* The bytes were just made for this tensor and nobody else. */
	memcpy(&t->data, &data->text.bytes, sizeof(t->data));
	*v = (struct value){ .type = VALUE_TENSOR, .tensor = t };
	return 0;
}

static int
check_array(const struct value *v)
{
	for (size_t i = 0; i < v->array.n; i++) {
		const enum value_type type = v->array.items[i].type;

		if (type == VALUE_ARRAY || type == VALUE_MAP ||
		    type == VALUE_BYTES)
			return fail(FAIL_FORMAT, "element %zu is not a plain "
			    "value", i);
	}
	return 0;
}

static int
make_field(struct value *v, struct arena *a)
{
	if (v->type == VALUE_MAP)
		return make_tensor(v, a);
	if (v->type == VALUE_ARRAY)
		return check_array(v);
	if (v->type == VALUE_BYTES)
		return fail(FAIL_FORMAT, "bytes outside a tensor");
	return 0;
}

static int
take_record(struct stream_in *in, struct rec *r)
{
	size_t samples = 0;

	for (size_t i = 0; i < r->fields.map.n; i++) {
		struct member *m = &r->fields.map.members[i];
		const size_t size = strlen(m->name);

		if (size < 1 || size > REC_NAME_MOST)
			return fail(FAIL_FORMAT, "a field name of %zu bytes, "
			    "1 to %d are lawful", size, REC_NAME_MOST);
		if (make_field(&m->value, &r->arena) < 0)
			return fail_note("field %s", m->name);
	}
	if (in->counts_samples && rec_samples(r, &samples) < 0)
		return fail_last();
	in->these++;
	in->records++;
	in->samples += samples;
	return 0;
}

/* What the item is: 1 a record, 2 a header, 3 an end. */
static int
take_item(struct stream_in *in, struct rec *r)
{
	const struct value *item = &r->fields;
	int rc;

	if (in->streams == 0 && item->type != VALUE_MAP)
		return fail(FAIL_FORMAT, "an item that is not a map: zstd, "
		    "but no tensor stream; ssl-decode reads archives "
		    "(.tar.zst)");
	if (item->type != VALUE_MAP || item->map.n == 0)
		return fail(FAIL_FORMAT, "an item that is not a map");
	if (!in->inside) {
		rc = take_header(in, item);
		return rc < 0 ? rc : 2;
	}
	if (first_is(item, "tensorstream"))
		return fail(FAIL_FORMAT, "a header before the end of the "
		    "stream");
	if (first_is(item, "end") &&
	    item->map.members[0].value.type == VALUE_MAP &&
	    value_find(&item->map.members[0].value, "dtype") == NULL) {
		rc = take_end(in, item);
		return rc < 0 ? rc : 3;
	}
	rc = take_record(in, r);
	return rc < 0 ? rc : 1;
}

int
stream_step(struct stream_in *in, struct rec *r)
{
	int rc;

	if (in->failed < 0)
		return fail(in->failed, "reading on after a failure");
	rec_clear(r);
	rc = unpack_item(in->items, &r->fields, &r->arena);
	if (rc == 0 && (in->inside || in->streams == 0))
		rc = fail(FAIL_FORMAT, FRAME_TRUNCATED);
	if (rc > 0)
		rc = take_item(in, r);
	if (rc != 1)
		r->fields = value_nil();
	return rc < 0 ? in->failed = note_place(in) : rc;
}

int
stream_read(struct stream_in *in, struct rec *r)
{
	in->as_one = true;
	return stream_read_any(in, r);
}

int
stream_read_any(struct stream_in *in, struct rec *r)
{
	int rc;

	do
		rc = stream_step(in, r);
	while (rc > 1);
	return rc;
}

int
stream_ready(const struct stream_in *in)
{
	return in->failed < 0 || unpack_ready(in->items);
}

static struct stream_in *
begin(struct stream_in *in, struct frame_in *frames, const char *path)
{
	struct rec r = { 0 };
	int rc = -1;

	if (in != NULL && frames != NULL) {
		in->frames = frames;
		in->items = unpack_new(frames);
		in->path = strdup(path);
		if (in->path == NULL)
			fail_memory(strlen(path));
		else if (in->items != NULL)
			rc = stream_step(in, &r);
		rec_free(&r);
	}
	if (rc < 0) {
		if (in == NULL || in->frames == NULL)
			frame_in_free(frames);
		stream_close(in);
		return NULL;
	}
	return in;
}

void
stream_max_record(uint64_t bytes, bool believe)
{
	pack_limit(bytes);
	if (believe)
		frame_believe();
}

static struct stream_in *
allocate(void)
{
	struct stream_in *in = calloc(1, sizeof(*in));

	if (in == NULL)
		fail_memory(sizeof(*in));
	return in;
}

void
stream_threads(int n)
{
	frame_threads(n);
}

/* An open file, or -1 and a failure; a folder opens and cannot be read. */
static int
open_file(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		fail_errno("cannot open");
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
		return fd;
	close(fd);
	fail(FAIL_FORMAT, "a folder, not a tensor stream; ssl-decode reads "
	    "folders, archives and lists");
	return -1;
}

struct stream_in *
stream_open(const char *path)
{
	const bool standard = strcmp(path, "-") == 0;
	const int fd = standard ? STDIN_FILENO : open_file(path);
	struct frame_in *frames;

	if (fd < 0)
		return NULL;
	frames = frame_in_new(fd);
	if (frames == NULL && !standard)
		close(fd);
	return begin(frames == NULL ? NULL : allocate(), frames,
	    standard ? "standard input" : path);
}

struct stream_in *
stream_open_bytes(const void *borrowed, size_t size)
{
	struct frame_in *frames = frame_in_bytes(borrowed, size);

	return begin(frames == NULL ? NULL : allocate(), frames, "memory");
}

const struct head *
stream_head(const struct stream_in *in)
{
	return &in->head;
}

uint64_t
stream_records(const struct stream_in *in)
{
	return in->records;
}

uint64_t
stream_streams(const struct stream_in *in)
{
	return in->streams;
}

const char *
stream_path(const struct stream_in *in)
{
	return in->path;
}

void
stream_close(struct stream_in *in)
{
	if (in == NULL)
		return;
	unpack_free(in->items);
	frame_in_free(in->frames);
	head_free(&in->head);
	free(in->path);
	free(in);
}
