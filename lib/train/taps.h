/*
 * taps: tensors from within a step, by name, as a stream.
 *
 * A record is one tensor of one step: {"step", "name", "value"}.  Names:
 * online.X and target.X, parameters and statistics before the optimizer's
 * step; grad.X, the gradient of online.X; activation.X, what layer X gave in
 * the last pass of the online network, [N,H,W,C], where a layer without
 * parameters has its number for a name; embedding0 and embedding1, as the
 * loss had them; logits, which the loss's softmax is over; queue.
 */
#ifndef SELF_TRAIN_TAPS_H
#define SELF_TRAIN_TAPS_H

#include "base/buf.h"
#include "method/method.h"
#include "stream/stream.h"

#define TAP_MOST METHOD_KEEP	/* names */

/* All zeros is no tap.  Borrows the text. */
struct tap {
	const char *name[TAP_MOST];
	size_t size[TAP_MOST], n;	/* bytes of each name */
	const char *path;
	struct stream_out *out;		/* the caller's, who ends it */
};

/* "NAME,NAME=FILE"; FAIL_USAGE for a name that the method does not have.  Its
 * options then say which values are to be kept. */
int tap_parse(struct tap *, const char *text, struct method_run *)
    FAIL_CHECKED;

/* The named tensors of the step that has just been taken back. */
int tap_write(const struct tap *, const struct method_run *, uint64_t step)
    FAIL_CHECKED;

/* All names there are, a line each. */
int tap_list(const struct method_run *, struct buf *) FAIL_CHECKED;

/* Makes `to` the header of a stream of taps, with the history of `from`. */
int tap_head(struct head *to, const struct head *from) FAIL_CHECKED;

#endif
