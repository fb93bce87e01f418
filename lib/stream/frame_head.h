/*
 * frame_head: headers of zstd frames (RFC 8878, 3.1.1.1), whose rules here
 * are narrower than zstd's.
 */
#ifndef SELF_STREAM_FRAME_HEAD_H
#define SELF_STREAM_FRAME_HEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

extern const unsigned char frame_magic[4];

/* The number in n little-endian bytes, n at most 8. */
uint64_t frame_number(const unsigned char *p, size_t n);

/* Bytes of the frame header with these flags, its fifth byte. */
size_t frame_head_size(unsigned char flags);

/* Checks the header in p, whole, of frame number `frame`: a checksum, no
 * dictionary, a window of at most 8 MiB; FAIL_FORMAT or FAIL_LIMIT. */
int frame_head_check(const unsigned char *p, unsigned long long frame)
    FAIL_CHECKED;

/* What a file that begins with these bytes is instead ("a JPEG file"), or
 * NULL.  Static storage. */
const char *frame_foreign(const unsigned char *p, size_t n);

#endif
