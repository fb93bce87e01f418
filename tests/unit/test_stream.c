/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "stream/stream.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "framed.h"
#include "tap.h"

static void
fill_record(struct rec *r, int i)
{
	static const size_t shape[8] = { 2, 3, 1, 1, 2, 1, 1, 2 };
	struct value keys[2] = { value_text("a/\xc3\xa9.jpg"), value_text("") };
	struct value key = value_array(keys, 2);
	unsigned char *data;

	rec_clear(r);
	for (int d = 0; d < 6; d++) {
		const char *name = dtype_name((enum dtype)d);

		if (rec_add_tensor(r, name, (enum dtype)d, 1 + (d + i) % 8,
		    shape, (void **)&data) < 0)
			return;
		for (size_t k = 0; k < rec_find(r, name)->tensor->bytes; k++)
			data[k] = (unsigned char)(k * 7 + (size_t)(d + i));
	}
	if (value_copy(&key, &key, &r->arena) < 0 ||
	    rec_add(r, "key", key) < 0 || rec_add(r, "epoch", value_int(INT64_MIN)) < 0 ||
	    rec_add(r, "large", (struct value){ .type = VALUE_UINT,
	    .natural = UINT64_MAX }) < 0 ||
	    rec_add(r, "rate", value_float(0.1)) < 0 ||
	    rec_add(r, "single", (struct value){ .type = VALUE_SINGLE,
	    .real = 0.5 }) < 0 ||
	    rec_add(r, "yes", value_bool(true)) < 0 ||
	    rec_add(r, "nothing", value_nil()) < 0)
		printf("Bail out! %s\n", fail_text());
}

static bool
same(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_NIL:
		return true;
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_TEXT:
	case VALUE_BYTES:
		return a->text.size == b->text.size &&
		    memcmp(a->text.bytes, b->text.bytes, a->text.size) == 0;
	case VALUE_TENSOR:
		return a->tensor->dtype == b->tensor->dtype &&
		    a->tensor->n_dims == b->tensor->n_dims &&
		    memcmp(a->tensor->shape, b->tensor->shape,
		    (size_t)a->tensor->n_dims * sizeof(size_t)) == 0 &&
		    memcmp(a->tensor->data, b->tensor->data,
		    a->tensor->bytes) == 0;
	case VALUE_ARRAY:
		for (size_t i = 0; i < a->array.n && a->array.n == b->array.n;
		    i++)
			if (!same(&a->array.items[i], &b->array.items[i]))
				return false;
		return a->array.n == b->array.n;
	case VALUE_MAP:
		for (size_t i = 0; i < a->map.n && a->map.n == b->map.n; i++)
			if (strcmp(a->map.members[i].name,
			    b->map.members[i].name) != 0 ||
			    !same(&a->map.members[i].value,
			    &b->map.members[i].value))
				return false;
		return a->map.n == b->map.n;
	default:
		return a->natural == b->natural;
	}
}

static int
write_stream(const char *path, int records, int level)
{
	static const char *const args[] = { "--x", "1" };
	struct head h = { 0 };
	struct rec r = { 0 };
	struct stream_out *out = NULL;
	int rc = -1;

	if (head_init(&h, "samples") == 0 &&
	    value_set(&h.meta, "later", value_float(2.5), &h.arena) == 0 &&
	    head_add_history(&h, "test", "1", args, 2, 7) == 0)
		out = stream_create(path, level, &h);
	for (int i = 0; out != NULL && i < records; i++) {
		fill_record(&r, i);
		if (stream_write(out, &r) < 0)
			printf("# %s\n", fail_text());
	}
	if (out != NULL)
		rc = stream_finish(out);
	head_free(&h);
	rec_free(&r);
	return rc;
}

/* Reads everything: the number of records that are as they were written, or
 * the failure. */
static int
read_all(const void *bytes, size_t size)
{
	struct stream_in *in = stream_open_bytes(bytes, size);
	struct rec r = { 0 }, want = { 0 };
	int n = 0, got = -1;

	if (in == NULL)
		return fail_last();
	while ((got = stream_read(in, &r)) > 0) {
		fill_record(&want, n);
		if (!same(&r.fields, &want.fields))
			break;
		n++;
	}
	if (got < 0)
		n = got;
	stream_close(in);
	rec_free(&r);
	rec_free(&want);
	return n;
}

static void
check_round_trip(void)
{
	struct stream_in *in;
	struct rec r = { 0 }, want = { 0 };
	const struct head *h;

	is_int(write_stream("a.tz", 9, STREAM_LEVEL_AUTO), 0, "write");
	in = stream_open("a.tz");
	if (!ok(in != NULL, "open"))
		return;
	h = stream_head(in);
	ok(head_is(h, "samples"), "kind");
	is_near(value_find(&h->meta, "later")->real, 2.5, 0, "meta");
	is_text(value_get_text(&h->history.array.items[0], "tool", NULL),
	    "test", "history");
	for (int i = 0; i < 9; i++) {
		fill_record(&want, i);
		ok(stream_read(in, &r) == 1 && same(&r.fields, &want.fields),
		    "record %d", i);
		is_int((intptr_t)rec_find(&r, "f4")->tensor->data % ARENA_ALIGN,
		    0, "aligned");
	}
	is_int(stream_read(in, &r), 0, "the end");
	is_int(stream_read(in, &r), 0, "and again");
	is_int((long long)stream_records(in), 9, "records");
	is_text(stream_path(in), "a.tz", "path");
	stream_close(in);
	stream_close(NULL);
	rec_free(&r);
	rec_free(&want);
}

static void
check_levels(void)
{
	static const int levels[] = { -7, 1, 3, 19 };
	struct buf a, b;

	for (int i = 0; i < 4; i++) {
		is_int(write_stream("b.tz", 20, levels[i]), 0, "level %d",
		    levels[i]);
		b = slurp("b.tz");
		is_int(read_all(b.data, b.size), 20, "reads back");
		buf_free(&b);
	}
	is_int(write_stream("c.tz", 20, 19), 0, "the same again");
	a = slurp("b.tz");
	b = slurp("c.tz");
	ok(a.size == b.size && memcmp(a.data, b.data, a.size) == 0,
	    "gives the same bytes");
	buf_free(&a);
	buf_free(&b);
	unlink("b.tz");
	unlink("c.tz");
}

/* Every file that ends too early says so, and says nothing else. */
static void
check_cuts(void)
{
	struct buf b = slurp("s.tz");
	size_t bad = 0;

	for (size_t n = 0; n < b.size; n++)
		if (read_all(b.data, n) >= 0 ||
		    strcmp(fail_text(), "truncated stream") != 0) {
			if (bad++ == 0)
				printf("# cut at %zu: %s\n", n, fail_text());
		}
	ok(b.size > 200 && bad == 0, "cut at each of %zu bytes", b.size);
	buf_free(&b);
}

static void
check_flips(void)
{
	struct buf b = slurp("s.tz");
	size_t silent = 0;

	for (size_t i = 0; i < 8 * b.size; i++) {
		int n;

		b.data[i / 8] ^= (unsigned char)(1 << i % 8);
		n = read_all(b.data, b.size);
		/* A window can be said larger than needed: no harm done. */
		silent += n >= 0 && n != 2;
		b.data[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	is_int((long long)silent, 0, "no flipped bit passes unseen");
	buf_free(&b);
}

static void
check_concatenation(void)
{
	struct buf b = slurp("a.tz");
	const size_t one = b.size;
	struct stream_in *in;
	struct rec r = { 0 };
	int n = 0, got;

	for (int i = 0; i < 2; i++) {
		struct buf again = slurp("a.tz");

		ok(buf_append(&b, again.data, again.size) == 0, "append");
		buf_free(&again);
	}
	in = stream_open_bytes(b.data, b.size);
	while ((got = stream_read(in, &r)) > 0)
		n++;
	ok(got == 0 && n == 27, "three streams, 27 records");
	is_int((long long)stream_streams(in), 3, "headers");
	stream_close(in);
	in = stream_open_bytes(b.data, b.size);
	/* The first header was read on opening: 9 + 1, 1 + 9 + 1, 1 + 9 + 1. */
	for (int i = 0; i < 32 && got >= 0; i++)
		got = stream_step(in, &r);
	is_int(got, 3, "step by step to the last end");
	is_int(stream_step(in, &r), 0, "and behind it");
	stream_close(in);
	in = stream_open_bytes(b.data, 2 * one - 1);
	while ((got = stream_read(in, &r)) > 0)
		;
	is_int(got, FAIL_FORMAT, "cut in the second");
	is_text(fail_text(), "truncated stream", "said");
	is_int(stream_read(in, &r), FAIL_FORMAT, "and no reading on");
	stream_close(in);
	buf_free(&b);
	rec_free(&r);
}

/* The MessagePack inside the frames of a file. */
static struct buf
unframed(const char *path)
{
	struct frame_in *f = frame_in_new(open(path, O_RDONLY));
	struct buf b = { 0 };
	char piece[1000];
	size_t got = 1;

	while (frame_read(f, piece, sizeof(piece), &got) == 0 && got > 0)
		if (buf_append(&b, piece, got) < 0)
			break;
	frame_in_free(f);
	return b;
}

static void
check_frames(void)
{
	static const size_t steps[] = { 1, 2, 7, 100, 1000000 };
	struct buf plain = unframed("s.tz"), b;
	size_t bad = 0;

	for (int i = 0; i < 5; i++) {
		b = framed(plain.data, plain.size, steps[i]);
		is_int(read_all(b.data, b.size), 2, "frames of %zu bytes",
		    steps[i]);
		buf_free(&b);
	}
	for (size_t n = 0; n < plain.size; n++) {
		b = framed(plain.data, n, 1000000);
		bad += read_all(b.data, b.size) >= 0 ||
		    strcmp(fail_text(), "truncated stream") != 0;
		buf_free(&b);
	}
	is_int((long long)bad, 0, "contents cut at each of %zu bytes",
	    plain.size);
	buf_free(&plain);
}

/* A slow producer never starves its consumer: a record can be read before
 * the next one is written. */
static void
check_pipe(void)
{
	int data[2], go[2], status;
	struct stream_in *in;
	struct rec r = { 0 };
	char byte = 0;
	pid_t child;

	if (pipe(data) < 0 || pipe(go) < 0)
		return;
	fflush(stdout);
	child = fork();
	if (child == 0) {
		struct head h = { 0 };
		struct stream_out *out;

		dup2(data[1], STDOUT_FILENO);
		alarm(20);
		if (head_init(&h, "samples") < 0 || (out =
		    stream_create("-", STREAM_LEVEL_AUTO, &h)) == NULL)
			_exit(1);
		for (int i = 0; i < 3; i++) {
			fill_record(&r, i);
			if (read(go[0], &byte, 1) != 1 ||
			    stream_write(out, &r) < 0)
				_exit(1);
		}
		_exit(stream_finish(out) < 0);
	}
	close(data[1]);
	dup2(data[0], STDIN_FILENO);
	alarm(20);
	in = stream_open("-");
	ok(in != NULL, "the header comes before any record");
	for (int i = 0; i < 3 && in != NULL; i++) {
		ok(!stream_ready(in), "nothing is there before record %d", i);
		if (write(go[1], &byte, 1) != 1)
			break;
		is_int(stream_read(in, &r), 1, "record %d comes at once", i);
	}
	waitpid(child, &status, 0);
	ok(stream_ready(in), "the end is there without waiting");
	is_int(stream_read(in, &r), 0, "and the end");
	is_int(status, 0, "the writer is content");
	alarm(0);
	stream_close(in);
	rec_free(&r);
}

static void
check_writer(void)
{
	struct head h = { 0 };
	struct rec r = { 0 };
	struct stream_out *out;
	char name[300];
	struct value inner[1] = { value_nil() };

	ok(head_init(&h, "samples") == 0, "head");
	out = stream_create("w.tz", 3, &h);
	is_int(stream_write(out, &r), FAIL_FORMAT, "no fields");
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	ok(rec_add(&r, name, value_int(1)) == 0 &&
	    stream_write(out, &r) == FAIL_FORMAT, "a name of 256 bytes");
	rec_clear(&r);
	ok(rec_add(&r, "tensorstream", value_int(1)) == 0 &&
	    stream_write(out, &r) == FAIL_FORMAT, "a header's name");
	rec_clear(&r);
	ok(rec_add(&r, "t", value_text("\xff")) == 0 &&
	    stream_write(out, &r) == FAIL_FORMAT, "text not UTF-8");
	is_text(fail_text(), "field t: text that is not UTF-8", "said");
	rec_clear(&r);
	inner[0] = value_array(inner, 0);
	ok(rec_add(&r, "t", value_array(inner, 1)) == 0 &&
	    stream_write(out, &r) == FAIL_FORMAT, "an array in an array");
	rec_clear(&r);
	ok(rec_add_tensor(&r, "s", DTYPE_F4, 0, NULL, NULL) == 0 &&
	    stream_write(out, &r) == FAIL_FORMAT, "a scalar as sample");
	stream_abandon(out);
	stream_abandon(NULL);
	ok(access("w.tz", F_OK) < 0, "what is abandoned leaves no file");
	ok(stream_create("/dev/full", 3, &h) == NULL &&
	    fail_last() == FAIL_IO, "a full disk is noticed");
	is_text(fail_text(), "cannot write: No space left on device", "said");
	ok(stream_create("no/folder/x.tz", 3, &h) == NULL, "no folder");
	ok(stream_open("no/folder/x.tz") == NULL, "no file");
	is_text(fail_text(), "cannot open: No such file or directory", "said");
	head_free(&h);
	rec_free(&r);
}

static void
check_heads(void)
{
	static const char bytes[] = "\x84\xactensorstream\x01\xa5later\x91\x05"
	    "\xa4meta\x80\xa7history\x91\x80"
	    "\x81\xa3" "end\x82\xa7records\x00\xa7samples\x00";
	struct buf b = framed(bytes, sizeof(bytes) - 1, 1000000), again;
	struct stream_in *in = stream_open_bytes(b.data, b.size);
	struct head h = { 0 };
	struct stream_out *out;

	ok(in != NULL && head_copy(&h, stream_head(in)) == 0, "copy");
	stream_close(in);
	out = stream_create("h.tz", 3, &h);
	ok(out != NULL && stream_finish(out) == 0, "write");
	again = unframed("h.tz");
	ok(memmem(again.data, again.size, "\xa5later\x91\x05", 8) != NULL,
	    "unknown keys of a header are kept");
	unlink("h.tz");
	ok(head_join_history(&h, &h) == 0 &&
	    head_add_history(&h, "t", "1", NULL, 0, 0) == 0, "join");
	is_int((long long)h.history.array.n, 3, "both and the new entry");
	ok(value_find(&h.history.array.items[2], "inputs") != NULL,
	    "which says that there were two");
	buf_free(&again);
	buf_free(&b);
	head_free(&h);
}

int
main(void)
{
	char folder[] = "/tmp/self-test-XXXXXX";

	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	/* Thousands of readers: keep their memory from coming and going. */
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	check_round_trip();
	check_levels();
	is_int(write_stream("s.tz", 2, 19), 0, "a small stream");
	check_cuts();
	check_flips();
	check_concatenation();
	check_frames();
	check_writer();
	check_heads();
	check_pipe();
	unlink("a.tz");
	unlink("s.tz");
	ok(chdir("/") == 0 && rmdir(folder) == 0, "nothing left behind");
	return tap_done();
}
