/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "source/class_map.h"
#include "source/kind.h"
#include "source/spill.h"

/* One record put aside: where its pixels or files lie, and what it holds. */
struct chunk {
	size_t first;		/* sample */
	uint64_t image;		/* offset of the first sample's */
	size_t row;		/* bytes from one to the next */
	int height, width, channels;	/* 0: JPEG files */
	uint64_t *fields;	/* offset of each field's data */
};

/* A stream, read once; tensors lie in a spill, the rest in memory. */
struct tz {
	int fd;			/* the source's spill */
	uint64_t end;		/* where the next tensor will lie in it */
	struct head head;
	struct chunk *chunks;
	size_t n_chunks, chunk_room;
	struct names keys;
	int64_t *labels, *indices;
	int64_t *sizes;		/* bytes of each JPEG file */
	size_t room;		/* of labels, indices and sizes */
	bool has_indices;	/* all records have them */
	struct source_field *fields;
	bool *dropped;		/* fields that some record lacks */
	size_t n_fields;
	struct class_map map;
	struct names others;	/* fields that samples do not keep */
};

static bool
is_known(const char *name)
{
	static const char *const known[] = { "image", "jpeg", "jpeg_size",
		"label", "key", "index" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return false;
}

static size_t
row_bytes(const struct tensor *t)
{
	return t->shape[0] == 0 ? 0 : t->bytes / t->shape[0];
}

/* The first record says what every sample has. */
static int
choose_fields(struct tz *z, const struct rec *r)
{
	z->fields = calloc(rec_count(r) + 1, sizeof(*z->fields));
	z->dropped = calloc(rec_count(r) + 1, sizeof(*z->dropped));
	if (z->fields == NULL || z->dropped == NULL)
		return fail_memory(rec_count(r) * sizeof(*z->fields));
	for (size_t i = 0; i < rec_count(r); i++) {
		const struct member *m = rec_at(r, i);
		struct source_field *f = &z->fields[z->n_fields];
		const struct tensor *t = m->value.tensor;

		if (is_known(m->name) || m->value.type != VALUE_TENSOR)
			continue;
		f->name = strdup(m->name);
		if (f->name == NULL)
			return fail_memory(strlen(m->name));
		z->n_fields++;
		f->dtype = t->dtype;
		f->n_dims = t->n_dims - 1;
		memcpy(f->shape, t->shape + 1,
		    (size_t)f->n_dims * sizeof(*f->shape));
		f->bytes = row_bytes(t);
	}
	return 0;
}

static bool
fits(const struct source_field *f, const struct value *v)
{
	const struct tensor *t;

	if (v == NULL || v->type != VALUE_TENSOR)
		return false;
	t = v->tensor;
	return t->dtype == f->dtype && t->n_dims == f->n_dims + 1 &&
	    memcmp(t->shape + 1, f->shape,
	    (size_t)f->n_dims * sizeof(*f->shape)) == 0;
}

static int
put_aside(struct tz *z, const struct tensor *t, uint64_t *offset)
{
	*offset = z->end;
	if (spill_write(z->fd, t->data, t->bytes) < 0)
		return fail_last();
	z->end += t->bytes;
	return 0;
}

static int
take_fields(struct tz *z, const struct rec *r, struct chunk *c)
{
	c->fields = calloc(z->n_fields + 1, sizeof(*c->fields));
	if (c->fields == NULL)
		return fail_memory(z->n_fields * sizeof(*c->fields));
	for (size_t f = 0; f < z->n_fields; f++) {
		const struct value *v = rec_find(r, z->fields[f].name);

		if (z->dropped[f])
			continue;
		if (!fits(&z->fields[f], v)) {
			z->dropped[f] = true;
			continue;
		}
		if (put_aside(z, v->tensor, &c->fields[f]) < 0)
			return fail_last();
	}
	return 0;
}

static int
take_image(struct tz *z, const struct rec *r, struct chunk *c)
{
	const struct tensor *t;

	if (rec_tensor(r, "image", DTYPE_U1, "nhwc", &t) < 0)
		return fail_last();
	if (t->shape[1] == 0 || t->shape[2] == 0 ||
	    t->shape[1] > INT32_MAX / 4 || t->shape[2] > INT32_MAX / 4 ||
	    (t->shape[3] != 1 && t->shape[3] != 3))
		return fail(FAIL_FORMAT, "image: %zux%zu px, %zu channels",
		    t->shape[2], t->shape[1], t->shape[3]);
	c->height = (int)t->shape[1];
	c->width = (int)t->shape[2];
	c->channels = (int)t->shape[3];
	c->row = row_bytes(t);
	return put_aside(z, t, &c->image);
}

/* Files instead of pixels; there is room for their sizes. */
static int
take_files(struct tz *z, const struct rec *r, struct chunk *c)
{
	const struct tensor *files, *sizes;

	if (rec_tensor(r, "jpeg", DTYPE_U1, "n*", &files) < 0 ||
	    rec_tensor(r, "jpeg_size", DTYPE_I8, "n", &sizes) < 0)
		return fail_last();
	c->row = files->shape[1];
	for (size_t i = 0; i < files->shape[0]; i++) {
		const int64_t size = tensor_integer(sizes, i);

		if (size < 0 || (uint64_t)size > c->row)
			return fail(FAIL_FORMAT, "jpeg_size: %lld in rows of "
			    "%zu bytes", (long long)size, c->row);
		z->sizes[c->first + i] = size;
	}
	return put_aside(z, files, &c->image);
}

/* A tensor of whole numbers, one a sample, or NULL when there is none. */
static int
numbers(const struct rec *r, const char *name, const int64_t **list)
{
	const struct tensor *t;

	*list = NULL;
	if (rec_find(r, name) == NULL)
		return 0;
	if (rec_tensor(r, name, DTYPE_I8, "n", &t) < 0)
		return fail_last();
	*list = t->data;
	return 0;
}

static int
take_key(struct tz *z, const struct value *keys, size_t i)
{
	const struct value *v;
	char number[32];

	if (keys == NULL || keys->type != VALUE_ARRAY || i >= keys->array.n ||
	    keys->array.items[i].type != VALUE_TEXT) {
		const int size = snprintf(number, sizeof(number), "%zu",
		    z->keys.n);

		return names_add(&z->keys, number, (size_t)size);
	}
	v = &keys->array.items[i];
	if (memchr(v->text.bytes, '\0', v->text.size) != NULL)
		return fail(FAIL_FORMAT, "key: a text with a NUL in it");
	return names_add(&z->keys, v->text.bytes, v->text.size);
}

static int
reserve_numbers(struct tz *z, size_t n)
{
	size_t room = z->room == 0 ? 1024 : z->room;
	int64_t *labels, *indices, *sizes;

	while (room < n)
		room *= 2;
	if (room == z->room)
		return 0;
	labels = realloc(z->labels, room * sizeof(*labels));
	z->labels = labels != NULL ? labels : z->labels;
	indices = realloc(z->indices, room * sizeof(*indices));
	z->indices = indices != NULL ? indices : z->indices;
	sizes = realloc(z->sizes, room * sizeof(*sizes));
	z->sizes = sizes != NULL ? sizes : z->sizes;
	if (labels == NULL || indices == NULL || sizes == NULL)
		return fail_memory(room * sizeof(*labels));
	z->room = room;
	return 0;
}

static int
take_names(struct src_part *p, const struct rec *r, size_t n)
{
	struct tz *z = p->state;
	const int64_t *labels, *indices;

	if (numbers(r, "label", &labels) < 0 ||
	    numbers(r, "index", &indices) < 0)
		return fail_last();
	z->has_indices = z->has_indices && indices != NULL;
	for (size_t i = 0; i < n; i++) {
		const size_t at = z->keys.n;

		if (class_map_label(&z->map, &p->classes, labels == NULL ?
		    SOURCE_NO_LABEL : labels[i], &z->labels[at]) < 0)
			return fail_last();
		if (z->labels[at] > p->max_label)
			p->max_label = z->labels[at];
		z->indices[at] = indices == NULL ? 0 : indices[i];
		if (take_key(z, rec_find(r, "key"), i) < 0)
			return fail_last();
	}
	return 0;
}

static struct chunk *
new_chunk(struct tz *z)
{
	if (z->n_chunks == z->chunk_room) {
		const size_t room = z->chunk_room == 0 ? 64 :
		    2 * z->chunk_room;
		struct chunk *c = realloc(z->chunks, room * sizeof(*c));

		if (c == NULL) {
			fail_memory(room * sizeof(*c));
			return NULL;
		}
		z->chunks = c;
		z->chunk_room = room;
	}
	z->chunks[z->n_chunks] = (struct chunk){ .first = z->keys.n };
	return &z->chunks[z->n_chunks++];
}

static bool
is_kept(const struct tz *z, const char *name)
{
	for (size_t f = 0; f < z->n_fields; f++)
		if (strcmp(z->fields[f].name, name) == 0)
			return true;
	return is_known(name);
}

/* What a record has beside the samples' fields is counted, once a name; its
 * epoch and step are written anew. */
static int
note_others(struct src_part *p, const struct rec *r)
{
	struct tz *z = p->state;

	for (size_t i = 0; i < rec_count(r); i++) {
		const char *name = rec_at(r, i)->name;
		size_t at;

		if (is_kept(z, name) || strcmp(name, "epoch") == 0 ||
		    strcmp(name, "step") == 0)
			continue;
		if (names_find(&z->others, name, &at) < 0)
			return fail_last();
		if (at == NAMES_NONE && (names_add(&z->others, name,
		    strlen(name)) < 0 || skips_add(&p->skips, true, "field{|s} "
		    "that {is|are} text, or not in the first record", name) < 0))
			return fail_last();
	}
	return 0;
}

static int
take_record(struct src_part *p, const struct rec *r)
{
	struct tz *z = p->state;
	struct chunk *c;
	size_t n;

	if (rec_samples(r, &n) < 0)
		return fail_last();
	if (n == 0)
		return 0;
	if (rec_find(r, "image") == NULL && rec_find(r, "jpeg") == NULL)
		return rec_lacks(r, "image");
	if (z->fields == NULL && choose_fields(z, r) < 0)
		return fail_last();
	c = new_chunk(z);
	if (c == NULL || reserve_numbers(z, z->keys.n + n) < 0 ||
	    (rec_find(r, "image") == NULL && rec_find(r, "jpeg") != NULL ?
	    take_files(z, r, c) : take_image(z, r, c)) < 0 ||
	    take_fields(z, r, c) < 0 || note_others(p, r) < 0 ||
	    take_names(p, r, n) < 0)
		return fail_last();
	return 0;
}

/* Leaves the fields that all records have. */
static int
forget_dropped(struct src_part *p)
{
	struct tz *z = p->state;
	size_t kept = 0, n = z->n_fields;
	int rc = 0;

	z->n_fields = 0;
	for (size_t f = 0; f < n; f++) {
		if (z->dropped[f]) {
			rc = rc < 0 ? rc : skips_add(&p->skips, true,
			    "field{|s} that not all records have alike",
			    z->fields[f].name);
			free(z->fields[f].name);
			continue;
		}
		for (size_t c = 0; c < z->n_chunks; c++)
			z->chunks[c].fields[kept] = z->chunks[c].fields[f];
		z->fields[kept++] = z->fields[f];
	}
	z->n_fields = kept;
	return rc;
}

/* Each stream of a file brings its classes and its history. */
static int
take_head(struct src_part *p, const struct head *head, bool first)
{
	struct tz *z = p->state;

	if (head_refuse_checkpoint(head) < 0)
		return fail_last();
	if (!first && head_agree_pixels(&z->head.meta, &head->meta) < 0)
		return fail_last();
	if ((first ? head_copy(&z->head, head)
	    : head_join_history(&z->head, head)) < 0)
		return fail_last();
	return class_map_begin(&z->map, &p->classes, head, p->max_label);
}

/* One step through the file: as stream_step. */
static int
take_step(struct src_part *p, struct stream_in *in, struct rec *r)
{
	const int got = stream_step(in, r);

	if (got == 1 && take_record(p, r) < 0)
		return fail_note("record %llu",
		    (unsigned long long)stream_records(in) - 1);
	if (got == 2 && take_head(p, stream_head(in), false) < 0)
		return fail_note("stream %llu",
		    (unsigned long long)stream_streams(in));
	return got;
}

static int
read_stream(struct src_part *p, struct stream_in *in)
{
	struct tz *z = p->state;
	struct rec r = { 0 };
	int got = take_head(p, stream_head(in), true);

	if (got == 0)
		do
			got = take_step(p, in, &r);
		while (got > 0);
	rec_free(&r);
	if (got < 0)
		return got;
	p->n = z->keys.n;
	if (p->n == 0)
		return fail(FAIL_FORMAT, "no samples in this stream");
	return forget_dropped(p);
}

static int
tz_open(struct src_part *p, struct src_probe *probe)
{
	struct tz *z = calloc(1, sizeof(*z));
	struct stream_in *in;
	char path[64];
	int rc;

	if (z == NULL)
		return fail_memory(sizeof(*z));
	p->state = z;
	z->has_indices = true;
	z->fd = src_spill(p);
	if (z->fd < 0 || spill_end(z->fd, &z->end) < 0)
		return fail_last();
	/* What was a pipe is a file without a name by now. */
	snprintf(path, sizeof(path), "/dev/fd/%d", probe->fd);
	in = stream_open(probe->is_only ? path : p->path);
	if (in == NULL)
		return fail_last();
	rc = read_stream(p, in);
	stream_close(in);
	return rc;
}

static void
tz_close(struct src_part *p)
{
	struct tz *z = p->state;

	if (z == NULL)
		return;
	head_free(&z->head);
	for (size_t c = 0; c < z->n_chunks; c++)
		free(z->chunks[c].fields);
	for (size_t f = 0; f < z->n_fields; f++)
		free(z->fields[f].name);
	free(z->chunks);
	free(z->fields);
	free(z->dropped);
	names_free(&z->keys);
	names_free(&z->others);
	class_map_free(&z->map);
	free(z->labels);
	free(z->indices);
	free(z->sizes);
	free(z);
}

/* Anything compressed by zstd that src_tar did not take, and any *.tz, so
 * that damaged ones are told as what they are. */
static int
tz_knows(const struct src_probe *probe)
{
	const char *dot = strrchr(probe->path, '.');

	if (src_is_picture_name(probe->path))
		return 0;
	return (dot != NULL && strcasecmp(dot, ".tz") == 0) ||
	    (probe->n_head >= 4 &&
	    memcmp(probe->head, "(\xB5/\xFD", 4) == 0);
}

/* The record that holds sample i. */
static const struct chunk *
chunk_of(const struct tz *z, size_t i)
{
	size_t low = 0, high = z->n_chunks;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (z->chunks[middle].first <= i)
			low = middle;
		else
			high = middle;
	}
	return &z->chunks[low];
}

static int64_t
tz_label(const struct src_part *p, size_t i)
{
	const struct tz *z = p->state;

	return z->labels[i];
}

static int
tz_key(const struct src_part *p, size_t i, struct buf *to)
{
	const struct tz *z = p->state;

	return buf_printf(to, "%s", names_get(&z->keys, i));
}

static int
tz_index(const struct src_part *p, size_t i, int64_t *index)
{
	const struct tz *z = p->state;

	if (z->has_indices)
		*index = z->indices[i];
	return 0;
}

static int
tz_read(const struct src_part *p, size_t i, struct source_sample *s)
{
	const struct tz *z = p->state;
	const struct chunk *c = chunk_of(z, i);
	const size_t bytes = c->channels == 0 ? (size_t)z->sizes[i] : c->row;

	s->bytes.size = 0;
	if (buf_reserve(&s->bytes, bytes) < 0 || spill_read(z->fd,
	    s->bytes.data, bytes, c->image + (i - c->first) * c->row) < 0)
		return fail_last();
	s->bytes.size = bytes;
	s->height = c->height;
	s->width = c->width;
	s->channels = c->channels;
	return 0;
}

static const struct head *
tz_head(const struct src_part *p)
{
	const struct tz *z = p->state;

	return &z->head;
}

static size_t
tz_n_fields(const struct src_part *p)
{
	const struct tz *z = p->state;

	return z->n_fields;
}

static const struct source_field *
tz_field(const struct src_part *p, size_t f)
{
	const struct tz *z = p->state;

	return &z->fields[f];
}

static int
tz_read_field(const struct src_part *p, size_t i, size_t f, void *to)
{
	const struct tz *z = p->state;
	const struct chunk *c = chunk_of(z, i);
	const size_t bytes = z->fields[f].bytes;

	return spill_read(z->fd, to, bytes,
	    c->fields[f] + (i - c->first) * bytes);
}

const struct src_kind src_tz = {
	.name = "tz",
	.help = "a tensor stream with images, or with JPEG files",
	.knows = tz_knows,
	.open = tz_open,
	.close = tz_close,
	.label = tz_label,
	.key = tz_key,
	.read = tz_read,
	.index = tz_index,
	.head = tz_head,
	.n_fields = tz_n_fields,
	.field = tz_field,
	.read_field = tz_read_field,
};
