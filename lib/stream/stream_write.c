/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "stream/frame.h"
#include "stream/pack.h"
#include "stream/stream.h"

#define LEVEL_FILE 3

struct stream_out {
	struct outfile *file;		/* NULL: standard output */
	struct frame_out *frames;
	bool hands_on;			/* each record as soon as complete */
	bool counts_samples;
	uint64_t records, samples;
};

static int
to_frames(void *arg, const void *bytes, size_t size)
{
	struct stream_out *out = arg;

	return frame_write(out->frames, bytes, size);
}

static int
write_item(struct stream_out *out, const struct value *item)
{
	const struct pack_sink sink = { to_frames, out, false };

	return pack_value(&sink, item);
}

static int
write_header(struct stream_out *out, const struct head *h)
{
	struct member fixed[3] = {
		{ "tensorstream", value_int(STREAM_VERSION) },
		{ "meta", h->meta },
		{ "history", h->history },
	};
	struct value item = value_map(fixed, 3);
	struct arena a = { 0 };
	int rc = 0;

	if (fixed[1].value.type == VALUE_NIL)
		fixed[1].value = value_map(NULL, 0);
	if (fixed[2].value.type == VALUE_NIL)
		fixed[2].value = value_array(NULL, 0);
	for (size_t i = 0; h->others.type == VALUE_MAP &&
	    i < h->others.map.n && rc == 0; i++)
		rc = value_append(&item, h->others.map.members[i].name,
		    h->others.map.members[i].value, &a);
	if (rc == 0)
		rc = write_item(out, &item);
	arena_free(&a);
	/* Whoever wants no more than the header need not unpack more. */
	return rc < 0 ? rc : frame_flush(out->frames, true);
}

/* Where the bytes go; *regular when that is a file. */
static int
open_output(struct stream_out *out, const char *path, bool *regular)
{
	struct stat st;
	int fd = STDOUT_FILENO;

	if (strcmp(path, "-") != 0) {
		out->file = outfile_new(path);
		if (out->file == NULL)
			return fail_last();
		fd = outfile_fd(out->file);
	}
	if (fstat(fd, &st) < 0)
		return fail_errno("cannot write");
	*regular = S_ISREG(st.st_mode);
	return fd;
}

struct stream_out *
stream_create(const char *path, int level, const struct head *h)
{
	struct stream_out *out = calloc(1, sizeof(*out));
	bool regular = false;
	int fd;

	if (out == NULL) {
		fail_memory(sizeof(*out));
		return NULL;
	}
	fd = open_output(out, path, &regular);
	if (fd >= 0) {
		out->hands_on = !regular;
		out->counts_samples = head_is(h, "samples");
		if (level == STREAM_LEVEL_AUTO)
			out->frames = frame_out_new(fd, regular ? LEVEL_FILE
			    : FRAME_FASTEST, regular);
		else
			out->frames = frame_out_new(fd, level, false);
	}
	if (out->frames == NULL || write_header(out, h) < 0) {
		stream_abandon(out);
		return NULL;
	}
	return out;
}

static int
check_value(const struct value *v, bool inner)
{
	if (v->type == VALUE_TEXT && !value_utf8(v->text.bytes, v->text.size))
		return fail(FAIL_FORMAT, "text that is not UTF-8");
	if (v->type == VALUE_MAP || v->type == VALUE_BYTES || (inner &&
	    (v->type == VALUE_ARRAY || v->type == VALUE_TENSOR)))
		return fail(FAIL_FORMAT, "no value for a record");
	for (size_t i = 0; v->type == VALUE_ARRAY && i < v->array.n; i++)
		if (check_value(&v->array.items[i], true) < 0)
			return fail_last();
	return 0;
}

/* What a reader would refuse or take for something else. */
static int
check_record(const struct rec *r)
{
	if (rec_count(r) == 0)
		return fail(FAIL_FORMAT, "a record without fields");
	for (size_t i = 0; i < rec_count(r); i++) {
		const struct member *m = rec_at(r, i);
		const size_t size = strlen(m->name);

		if (size < 1 || size > REC_NAME_MOST ||
		    !value_utf8(m->name, size))
			return fail(FAIL_FORMAT, "field %zu: a name of %zu "
			    "bytes, 1 to %d of UTF-8 are lawful", i, size,
			    REC_NAME_MOST);
		if (check_value(&m->value, false) < 0)
			return fail_note("field %s", m->name);
	}
	if (strcmp(rec_at(r, 0)->name, "tensorstream") == 0)
		return fail(FAIL_FORMAT, "the first field of a record may not "
		    "be called tensorstream");
	return 0;
}

int
stream_write(struct stream_out *out, const struct rec *r)
{
	size_t samples = 0;

	if (check_record(r) < 0 ||
	    (out->counts_samples && rec_samples(r, &samples) < 0) ||
	    write_item(out, &r->fields) < 0)
		return fail_last();
	out->records++;
	out->samples += samples;
	return out->hands_on ? frame_flush(out->frames, false) : 0;
}

static int
write_end(struct stream_out *out)
{
	struct member counts[2] = {
		{ "records", value_int((int64_t)out->records) },
		{ "samples", value_int((int64_t)out->samples) },
	};
	struct member end = { "end", value_map(counts, 2) };
	const struct value item = value_map(&end, 1);

	if (write_item(out, &item) < 0)
		return fail_last();
	return frame_flush(out->frames, true);
}

int
stream_finish(struct stream_out *out)
{
	int rc = write_end(out);

	if (rc == 0 && out->file != NULL) {
		rc = outfile_commit(out->file);
		out->file = NULL;
	} else if (rc == 0 && close(STDOUT_FILENO) < 0) {
		rc = fail_errno("cannot write");
	}
	stream_abandon(out);
	return rc;
}

void
stream_abandon(struct stream_out *out)
{
	if (out == NULL)
		return;
	frame_out_free(out->frames);
	outfile_discard(out->file);
	free(out);
}
