/*
 * dump: headers and records as text, for people and for other programs.
 *
 * Text from a stream is escaped as JSON does it, so that nothing reaches a
 * terminal's ear.
 */
#ifndef SELF_STREAM_DUMP_H
#define SELF_STREAM_DUMP_H

#include "base/buf.h"
#include "stream/stream.h"

/*
 * Text grows in `text`; with a `drain`, it is emptied into it whenever there
 * is much, and dump_end empties what is left.
 */
struct dump {
	struct buf text;
	int (*drain)(void *arg, const void *text, size_t size);
	void *arg;
};
int dump_end(struct dump *) FAIL_CHECKED;
void dump_free(struct dump *);

/* Text from outside with JSON's escapes, without quotes. */
int dump_text(struct dump *, const char *, size_t) FAIL_CHECKED;

/* Compact JSON.  NaN and infinities are null; a tensor is {"dtype":…,
 * "shape":…,"data":…} with the data as nested arrays, [] when there is none;
 * bytes are hex text. */
int dump_json(struct dump *, const struct value *) FAIL_CHECKED;

/* {"tensorstream":1,"meta":…,"history":…} */
int dump_json_head(struct dump *, const struct head *) FAIL_CHECKED;

/* One line in short, like "f4 [3,5], -1 to 1, mean 0, deviation 0.5"; no
 * newline. */
int dump_brief(struct dump *, const struct value *) FAIL_CHECKED;

/* "u1 [2,3]", "text", "array of 3", … */
int dump_type(struct dump *, const struct value *) FAIL_CHECKED;

/* Every number: a line for each row of the last dimension, TABs between; one
 * number a line when there is only one dimension. */
int dump_numbers(struct dump *, const struct tensor *) FAIL_CHECKED;

/* A history entry as a shell would be told: "ssl-decode --shuffle photos". */
int dump_command(struct dump *, const struct value *entry) FAIL_CHECKED;

/* The pipelines that make the stream again, those of side inputs first. */
int dump_replay(struct dump *, const struct head *) FAIL_CHECKED;

#endif
