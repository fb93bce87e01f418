/*
 * pack: values as MessagePack.  The only file that knows MessagePack.
 */
#ifndef SELF_STREAM_PACK_H
#define SELF_STREAM_PACK_H

#include "stream/frame.h"
#include "stream/value.h"

#define PACK_NESTING 16		/* an item is level 1, what is in it 2, … */
#define PACK_MOST ((size_t)1 << 22)	/* values of one item, in all */
#define PACK_TEXT ((size_t)1 << 26)	/* bytes of one text */

/* Bytes of all payloads of an item, for all input (2^32 at the start); to be
 * called before there are threads. */
void pack_limit(uint64_t bytes);

/* Reads items one after the other. */
struct unpack;
struct unpack *unpack_new(struct frame_in *borrowed);

/*
 * The next item: 1, or 0 at the end of the input, or a failure.  It lies in
 * the arena; memory is taken as the bytes arrive, never because of what a
 * length says.  Maps have text without NUL as keys, no two alike.  Tensors
 * come as maps, their bytes (VALUE_BYTES) aligned like a tensor's data.
 */
int unpack_item(struct unpack *, struct value *, struct arena *)
    FAIL_CHECKED;

/* Whether the next item has begun to come, as frame_ready() has it. */
bool unpack_ready(const struct unpack *);
void unpack_free(struct unpack *);		/* NULL is fine */

/* Where packed bytes go; canonical: every float in 64 bits. */
struct pack_sink {
	int (*write)(void *arg, const void *bytes, size_t size);
	void *arg;
	bool canonical;
};

/* One value, in the shortest encoding. */
int pack_value(const struct pack_sink *, const struct value *) FAIL_CHECKED;

#endif
