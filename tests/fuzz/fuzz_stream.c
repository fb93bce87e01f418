/* SPDX-License-Identifier: MIT */
/*
 * Anything as a stream, or as the contents of good frames: read and shown in
 * one of the ways, or drawn as a contact sheet.
 */
#include <stdlib.h>

#include "convert/contact.h"
#include "fuzz.h"
#include "stream/show.h"

#define CHOICES 2

const struct fuzz_target fuzz_target = { .choices = CHOICES, .is_stream = true };

static int
swallow(void *arg, const void *text, size_t size)
{
	(void)arg;
	(void)text;
	(void)size;
	return 0;
}

static void
show(const unsigned char *bytes, size_t size, const struct show_view *v,
    const char *key)
{
	struct show s = { .out = { .drain = swallow }, .key = key,
		.record = -1 };
	struct stream_in *in = stream_open_bytes(bytes, size);

	if (in == NULL || show_all(&s, v, in) < 0)
		fuzz_failed();
	stream_close(in);
	show_free(&s);
}

static void
draw(const unsigned char *bytes, size_t size, int how)
{
	const struct contact c = { .rows = 1 + (how & 7), .columns = how >> 4 & 3,
		.scale = how & 1, .quality = 92, .png = how & 2 };
	struct stream_in *in = stream_open_bytes(bytes, size);
	struct buf file = { 0 };

	if (in == NULL || contact_sheet(&c, in, &file) < 0)
		fuzz_failed();
	buf_free(&file);
	stream_close(in);
}

static void
use(const unsigned char *bytes, size_t size, int how, size_t way)
{
	static const char *const keys[] = { "image", "label", "x",
		"views.0.size", "classes", "step", "options.lr", "" };

	size_t n = 0;

	while (show_views[n].option != NULL)
		n++;
	if (way % (n + 1) == n)
		draw(bytes, size, how);
	else
		show(bytes, size, &show_views[way % (n + 1)],
		    keys[how >> 3 & 7]);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	unsigned char *packed;
	size_t n;

	if (size < CHOICES)
		return 0;
	if (bytes[0] & 0x80) {
		use(bytes + CHOICES, size - CHOICES, bytes[0], bytes[1]);
		return 0;
	}
	packed = fuzz_pack(bytes + CHOICES, size - CHOICES, bytes[0] & 0x40 ?
	    1 + (bytes[0] & 15) * 7 : 0, &n);
	use(packed, n, bytes[0], bytes[1]);
	free(packed);
	return 0;
}
