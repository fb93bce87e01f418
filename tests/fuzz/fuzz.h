/*
 * fuzz: what the targets share.
 *
 * A target is LLVMFuzzerTestOneInput and one struct fuzz_target.  It is linked
 * with libFuzzer, or with driver.c, which tries files and damaged copies of
 * them (see there).  What a target finds wrong ends in abort().
 */
#ifndef SELF_FUZZ_FUZZ_H
#define SELF_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "stream/rec.h"

#define FUZZ_MOST ((size_t)1 << 20)	/* bytes of an input */
#define FUZZ_PATH 32

/* How a target's inputs are changed. */
struct fuzz_target {
	size_t choices;		/* first bytes, which choose what is done */
	bool is_stream;		/* behind them: items of MessagePack */
	const char *const *words;	/* worth putting in; NULL, or NULL last */
};
extern const struct fuzz_target fuzz_target;

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);
size_t LLVMFuzzerMutate(unsigned char *, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(unsigned char *, size_t size, size_t most,
    unsigned seed);

/* The bytes as zstd frames with checksums, a new one every `cut` bytes (0: one
 * in all).  Freed by the caller. */
unsigned char *fuzz_pack(const unsigned char *, size_t size, size_t cut,
    size_t *packed);

/* A file in memory that holds the bytes; its path, and its descriptor, which
 * the caller closes. */
int fuzz_file(const void *, size_t size, char path[FUZZ_PATH]);

/* The same, of the bytes packed as one frame. */
int fuzz_stream(const unsigned char *, size_t size, char path[FUZZ_PATH]);

/* Aborts unless the failure has words. */
void fuzz_failed(void);

/* For a call that must not fail: aborts with the failure's words. */
void fuzz_must(int rc);

/* One thread, for all inputs. */
struct pool *fuzz_pool(void);

#endif
