/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdlib.h>

#include "framed.h"
#include "stream/pack.h"
#include "stream/stream.h"
#include "tap.h"

#define HEADER "\x83\xactensorstream\x01\xa4meta\x80\xa7history\x90"
#define END "\x81\xa3" "end\x82\xa7records\x01\xa7samples\x00"
#define BYTES(text) text, sizeof(text) - 1

static void
refuses(const char *bytes, size_t size, const char *message)
{
	struct buf b = framed(bytes, size, 1000000);
	struct stream_in *in = stream_open_bytes(b.data, b.size);
	struct rec r = { 0 };
	int got = in == NULL ? -1 : 1;

	while (got > 0)
		got = stream_read(in, &r);
	ok(got < 0 && strstr(fail_text(), message) != NULL, "%s", message);
	if (got >= 0 || strstr(fail_text(), message) == NULL)
		printf("# got %d %s\n", got, fail_text());
	stream_close(in);
	buf_free(&b);
	rec_free(&r);
}

static void
check_rules(void)
{
	refuses(BYTES(""), "truncated stream");
	refuses(BYTES("\x01"), "an item that is not a map");
	refuses(BYTES("\x80"), "an item that is not a map");
	refuses(BYTES("\x81\xa1" "a\x01"), "no header");
	refuses(BYTES("\x81\xactensorstream\x02"),
	    "stream version 2; this reader knows version 1");
	refuses(BYTES("\x81\xactensorstream\x01"), "meta is not a map");
	refuses(BYTES("\xc1"), "not MessagePack");
	refuses(BYTES(HEADER HEADER), "a header before the end");
	refuses(BYTES(HEADER "\x82\xa1" "a\x01\xa1" "a\x02"),
	    "the key 'a' twice");
	refuses(BYTES(HEADER "\x81\x01\x01"), "a key that is not text");
	refuses(BYTES(HEADER "\x81\xa0\x01"), "a field name of 0 bytes");
	refuses(BYTES(HEADER "\x81\xa1\xff\x01"), "text that is not UTF-8");
	refuses(BYTES(HEADER "\x81\xa1" "a\xd4\x01\x01"), "extension");
	refuses(BYTES(HEADER "\x81\xa1" "a\xc9\xff\xff\xff\xff\x01"),
	    "extension");
	refuses(BYTES(HEADER "\x81\xa1" "a\xc4\x01x"), "bytes outside a tensor");
	refuses(BYTES(HEADER "\x81\xa1" "a\x91\x90"), "not a plain value");
	refuses(BYTES(HEADER "\x81\xa1" "a\x81\xa1x\x01"),
	    "field a: a map that is not a tensor");
	refuses(BYTES(HEADER "\x81\xa1" "a\xdd\xff\xff\xff\xff"),
	    "an array of 4294967295");
	refuses(BYTES(HEADER "\x81\xa1" "a\xdf\xff\xff\xff\xff"),
	    "a map of 4294967295");
	refuses(BYTES(HEADER "\x81\xa1" "a\xdb\xff\xff\xff\xff"),
	    "truncated stream");
	refuses(BYTES(HEADER "\x81\xa1" "a\xc6\xff\xff\xff\xff"),
	    "truncated stream");
	refuses(BYTES(HEADER END), "end: 1 records said, 0 found");
	refuses(BYTES(HEADER "\x81\xa1" "a\x01" END "\x01"), "not a map");
	refuses(BYTES(HEADER "\x81\xa1" "a\x01"), "truncated stream");
}

/* A tensor field with this shape array and this much data. */
static void
refuses_tensor(const char *dtype, const char *shape, size_t shape_size,
    const char *message)
{
	struct buf b = { 0 };

	if (buf_append(&b, BYTES(HEADER "\x81\xa1x\x83\xa5" "dtype\xa2")) < 0 ||
	    buf_append(&b, dtype, 2) < 0 ||
	    buf_append(&b, BYTES("\xa5shape")) < 0 ||
	    buf_append(&b, shape, shape_size) < 0 ||
	    buf_append(&b, BYTES("\xa4" "data\xc4\x04" "1234")) < 0)
		return;
	refuses((const char *)b.data, b.size, message);
	buf_free(&b);
}

static void
check_tensor_rules(void)
{
	refuses_tensor("u2", BYTES("\x91\x02"), "field x: unknown dtype u2");
	refuses_tensor("u1", BYTES("\x91\x05"),
	    "4 bytes of data, the shape says 5");
	refuses_tensor("f8", BYTES("\x91\x00"),
	    "4 bytes of data, the shape says 0");
	refuses_tensor("u1", BYTES("\x91\xff"), "dimension 0 is not a size");
	refuses_tensor("u1", BYTES("\x92\x01\xa1" "4"),
	    "dimension 1 is not a size");
	refuses_tensor("u1", BYTES("\x04"), "shape is not an array");
	refuses_tensor("u1", BYTES("\x99\x01\x01\x01\x01\x01\x01\x01\x01\x04"),
	    "9 dimensions, limit 8");
	refuses_tensor("u1", BYTES("\x92\xcf\x80\0\0\0\0\0\0\0\x02"),
	    "is not a size");
	refuses_tensor("u1", BYTES("\x92\xcf\x40\0\0\0\0\0\0\x01\x04"),
	    "2^32 bytes or more");
	refuses_tensor("f4", BYTES("\x91\x01"), "truncated stream");
}

static void
nest(struct buf *b, int levels)
{
	static const char history[] =
	    "\x83\xactensorstream\x01\xa7history\x90\xa4meta\x81\xa1" "a";

	if (buf_append(b, history, sizeof(history) - 1) < 0)
		return;
	/* The header is level 1, meta 2, the first of these 3. */
	for (int i = 3; i <= levels; i++)
		if (buf_append(b, i < levels ? "\x91" : "\x90", 1) < 0)
			return;
}

static void
check_nesting(void)
{
	struct buf b = { 0 }, f;
	struct stream_in *in;
	struct rec r = { 0 };

	nest(&b, PACK_NESTING);
	if (buf_append(&b, BYTES("\x81\xa3" "end\x82\xa7records\x00"
	    "\xa7samples\x00")) < 0)
		return;
	f = framed(b.data, b.size, 1000000);
	in = stream_open_bytes(f.data, f.size);
	ok(in != NULL && stream_read(in, &r) == 0, "16 levels");
	stream_close(in);
	rec_free(&r);
	buf_free(&f);
	buf_free(&b);
	nest(&b, PACK_NESTING + 1);
	refuses((const char *)b.data, b.size, "nested deeper than 16 levels");
	buf_free(&b);
	nest(&b, 100000);
	refuses((const char *)b.data, b.size, "nested deeper than 16 levels");
	buf_free(&b);
}

static void
check_frame_rules(void)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *message;
	} cases[] = {
		{ BYTES("hello, world"), "a text file, not a tensor stream" },
		{ BYTES("\x28\xb5\x2f\xfe"), "no zstd frame at byte 0" },
		{ BYTES("\x50\x2a\x4d\x18\0\0\0\0"), "truncated stream" },
		{ BYTES("\x50\x2a\x4d\x17\0\0\0\0"), "no zstd frame" },
		{ BYTES("\x28\xb5\x2f\xfd\x00\x58\x01\0\0"), "no checksum" },
		{ BYTES("\x28\xb5\x2f\xfd\x05\x58\x07\x01\0\0"),
		    "needs a dictionary" },
		{ BYTES("\x28\xb5\x2f\xfd\x04\x70\x01\0\0"),
		    "needs a window of 16777216 bytes" },
		{ BYTES("\x28\xb5\x2f\xfd\x04\x69\x01\0\0"),
		    "needs a window of 9437184 bytes" },
		{ BYTES("\x28\xb5\x2f\xfd\xa4\x01\x00\x80\x00\x01\0\0"),
		    "needs a window of 8388609 bytes" },
		{ BYTES("\x28\xb5\x2f\xfd\x04\x68\x01\0\0\0\0\0\0"),
		    "frame 1 is damaged" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stream_in *in = stream_open_bytes(cases[i].bytes,
		    cases[i].size);

		ok(in == NULL && strstr(fail_text(), cases[i].message) != NULL,
		    "%s", cases[i].message);
		if (in == NULL && strstr(fail_text(), cases[i].message) == NULL)
			printf("# %s\n", fail_text());
		stream_close(in);
	}
}

int
main(void)
{
	char folder[] = "/tmp/self-test-XXXXXX";

	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	check_rules();
	check_tensor_rules();
	check_nesting();
	check_frame_rules();
	ok(chdir("/") == 0 && rmdir(folder) == 0, "nothing left behind");
	return tap_done();
}
