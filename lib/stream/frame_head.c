/* SPDX-License-Identifier: MIT */
#include "stream/frame_head.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "stream/frame.h"

const unsigned char frame_magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

uint64_t
frame_number(const unsigned char *p, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | p[n];
	return value;
}

int
frame_head_check(const unsigned char *p, unsigned long long frame)
{
	static const size_t id_sizes[] = { 0, 1, 2, 4 };
	const unsigned char flags = p[4];
	const bool single = flags & 0x20;
	const size_t id_size = id_sizes[flags & 3];
	const unsigned char *id = p + (single ? 5 : 6);
	uint64_t window;

	if (single) {
		const size_t log = flags >> 6;

		window = frame_number(id + id_size, (size_t)1 << log) +
		    (log == 1 ? 256 : 0);
	} else {
		const uint64_t base = (uint64_t)1 << (10 + (p[5] >> 3));

		window = base + base / 8 * (p[5] & 7);
	}
	if (!(flags & 0x04))
		return fail(FAIL_FORMAT, "frame %llu has no checksum", frame);
	if (frame_number(id, id_size) != 0)
		return fail(FAIL_FORMAT, "frame %llu needs a dictionary",
		    frame);
	if (window > (uint64_t)1 << FRAME_WINDOW_LOG)
		return fail(FAIL_LIMIT, "frame %llu needs a window of %llu "
		    "bytes, limit 8 MiB; compress it again with zstd -19 "
		    "or less", frame, (unsigned long long)window);
	return 0;
}

size_t
frame_head_size(unsigned char flags)
{
	static const size_t id_sizes[] = { 0, 1, 2, 4 };
	const bool single = flags & 0x20;
	const size_t log = flags >> 6;

	return (single ? 5u : 6u) + id_sizes[flags & 3] +
	    (log > 0 || single ? (size_t)1 << log : 0);
}

#define TEXT_BYTES 256		/* that decide whether a file is text */

/* UTF-8 without control characters; the last one may be cut. */
static bool
is_text(const unsigned char *p, size_t n)
{
	const size_t cut = n > TEXT_BYTES ? TEXT_BYTES : n;
	size_t size;

	for (size_t i = 0; i < cut; i += size) {
		size = text_utf8(p + i, n - i);
		if (size == 0 || p[i] == 0x7f || (p[i] < ' ' &&
		    (p[i] == '\0' || strchr("\t\n\f\r", p[i]) == NULL)))
			return false;
	}
	return n > 0;
}

const char *
frame_foreign(const unsigned char *p, size_t n)
{
	static const struct {
		size_t at, n;
		const char *bytes, *what;
	} rows[] = {
		{ 0, 3, "\xff\xd8\xff", "a JPEG file" },
		{ 0, 4, "\x89PNG", "a PNG file" },
		{ 257, 5, "ustar", "a tar archive" },
		{ 0, 2, "\x1f\x8b", "a gzip file" },
		{ 0, 6, "\xfd" "7zXZ", "an xz file" },
		{ 0, 3, "BZh", "a bzip2 file" },
		{ 0, 4, "PK\3\4", "a zip archive" },
		{ 0, 6, "\x93NUMPY", "a NumPy file" },
		{ 0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (n >= rows[i].at + rows[i].n && memcmp(p + rows[i].at,
		    rows[i].bytes, rows[i].n) == 0)
			return rows[i].what;
	return is_text(p, n) ? "a text file" : NULL;
}
