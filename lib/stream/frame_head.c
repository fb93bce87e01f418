/* SPDX-License-Identifier: MIT */
#include "stream/frame_head.h"

#include <stdbool.h>

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
