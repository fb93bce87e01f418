/*
 * fail: how the library reports failure.
 *
 * A function that can fail returns 0 (or a count) or a negative code, and
 * leaves one line of text for the calling thread.  Callers on the way up may
 * put context in front of it.  The text never ends in a newline.
 */
#ifndef SELF_BASE_FAIL_H
#define SELF_BASE_FAIL_H

/* Streams hold little-endian numbers, used as they lie in memory; sizes count in
 * 64 bits. */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || !defined(__LP64__)
#error "ssl-tools needs a little-endian 64-bit machine, as x86-64 and arm64 are"
#endif

#include <stdbool.h>
#include <stddef.h>

enum fail_code {
	FAIL_IO = -1,		/* the system refused: open, read, write, close */
	FAIL_FORMAT = -2,	/* bytes from outside break a rule */
	FAIL_LIMIT = -3,	/* lawful but larger than we take */
	FAIL_MEMORY = -4,	/* no memory */
	FAIL_USAGE = -5,	/* the user asked for something impossible */
	FAIL_DIVERGED = -6	/* a number became NaN or infinite */
};

/* A failure that can be carried from one thread to another. */
struct fail_state {
	int code;
	char text[1024];
};

#define FAIL_CHECKED __attribute__((warn_unused_result))
#define FAIL_PRINTF(at, first) __attribute__((format(printf, at, first)))

/* Stores the message for this thread; returns code. */
int fail(int code, const char *format, ...) FAIL_PRINTF(2, 3);

/* The same with ": " and the system's reason for errno; returns FAIL_IO. */
int fail_errno(const char *format, ...) FAIL_PRINTF(1, 2);

/* No memory for `bytes`; returns FAIL_MEMORY. */
int fail_memory(size_t bytes);

/* Puts "context: " in front of the message; returns the stored code. */
int fail_note(const char *format, ...) FAIL_PRINTF(1, 2);

/* The message and code of this thread's last failure. */
const char *fail_text(void);
int fail_last(void);

/* Whether a file's own bytes are at fault (FAIL_FORMAT, FAIL_LIMIT), so that
 * it may be skipped.  Every other failure must end the run: a machine that
 * fails, no memory, no descriptors, says nothing about the file. */
bool fail_is_data(int code);

/* Takes this thread's failure away, and puts one in place. */
void fail_save(struct fail_state *);
int fail_restore(const struct fail_state *);

#endif
