/*
 * digest: one number for what a stream holds, however it is packed.
 *
 * SHA-256 (FIPS 180-4) over the records in canonical MessagePack: shortest
 * encodings, floats of 64 bits, tensors as dtype, shape, data, fields in
 * their order.  Headers, ends, frames and levels do not count.
 */
#ifndef SELF_STREAM_DIGEST_H
#define SELF_STREAM_DIGEST_H

#include "stream/rec.h"

#define DIGEST_TEXT 65		/* 64 digits and a NUL */

struct digest {
	uint32_t state[8];
	uint64_t size;
	unsigned char block[64];
};

void digest_init(struct digest *);
void digest_bytes(struct digest *, const void *, size_t);
void digest_record(struct digest *, const struct rec *);
void digest_text(struct digest *, char text[DIGEST_TEXT]);

#endif
