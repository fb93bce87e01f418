/*
 * hash: FNV-1a, for tables in memory; nothing that is stored depends on it.
 */
#ifndef SELF_BASE_HASH_H
#define SELF_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_NONE 14695981039346656037u		/* of no bytes */

/* The hash of what has the hash `h`, followed by n bytes. */
static inline uint64_t
hash_bytes(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 1099511628211u;
	return h;
}

#endif
