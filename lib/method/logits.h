/*
 * logits: what the softmax of a method's loss is over, as one matrix, for
 * those who want to see it.
 *
 * Losses never hold it (kernel_attend); it is made anew from the embeddings
 * of the step that has just been taken back.
 */
#ifndef SELF_METHOD_LOGITS_H
#define SELF_METHOD_LOGITS_H

#include "method/method.h"

/* Rows, and what stands in the columns: keys first, then the ring. */
struct logits {
	const float *query, *key;	/* host, [n,P] and [m,P], any length */
	size_t n, m;
	bool own;		/* of the keys only a row's own: m = n, and
				 * one column */
	bool queue;
};

/* False for a method without softmax and before the first step. */
bool logits_shape(const struct method_run *, size_t *rows, size_t *columns);

/* Cosines divided by the loss's temperature: out (host, [rows,columns]) is
 * written.  Not before logits_shape says so. */
int logits_write(const struct method_run *, float *out) FAIL_CHECKED;

#endif
