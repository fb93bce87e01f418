/*
 * parts: what methods are put together from (inside lib/method only).
 */
#ifndef SELF_METHOD_PARTS_H
#define SELF_METHOD_PARTS_H

#include "method/logits.h"
#include "method/method.h"

/* Device memory for the plans made so far, and `n_host` host arrays of
 * `host` floats each. */
int parts_reserve(struct method_run *, int n_host, size_t host) FAIL_CHECKED;
void parts_unplan(struct method_run *);

/* Plans of view v through the online network, up to value `last`, and
 * through the target; n samples. */
int parts_plan_online(struct method_run *, int v,
    const struct method_view *, int n, int last) FAIL_CHECKED;
int parts_plan_target(struct method_run *, int v,
    const struct method_view *, int n) FAIL_CHECKED;

/* View v through the online network; value `last` to the host.  With
 * microbatches, pass after pass, of which nothing is kept. */
void parts_forward(struct method_run *, int v, const float *x, int last,
    float *host);

/* Gradients of the parameters from the host's slopes of value `last`; with
 * microbatches, each goes forward again. */
void parts_backward(struct method_run *, int v, const float *x, int last,
    const float *slope);

/* View v through the target network, its projections to the host. */
void parts_target(struct method_run *, int v, const float *x, float *host);

/* The same in an order of its own (drawn by step) where batch norm has
 * groups, so that a sample and its key do not share statistics; rows come
 * back in the record's order. */
int parts_keys(struct method_run *, const struct method_batch *, int v,
    float *host) FAIL_CHECKED;

/* The target follows the online network by `ema`; running statistics as the
 * options say. */
void parts_follow(struct method_run *, double ema);

/* What the loss of the projections is called with: sizes, options, work. */
struct loss_call parts_call(struct method_run *, size_t n);

/*
 * All views, and the support behind them, in one pass through the online
 * network, which is plan 0: batch norm sees all of them together.  Projections
 * are in host[PARTS_Z], view after view, and their slopes are expected in
 * host[PARTS_SLOPE]; host[PARTS_MORE] is as long, for whatever else.
 */
enum { PARTS_Z, PARTS_SLOPE, PARTS_MORE, PARTS_HOST };
int parts_plan_joint(struct method_run *, const struct method_batch *)
    FAIL_CHECKED;
void parts_forward_joint(struct method_run *, const struct method_batch *);
void parts_backward_joint(struct method_run *, const struct method_batch *);

/* Logits of all rows of both views with all. */
void parts_logits_joint(const struct method_run *, struct logits *);

/* View v's rows in those arrays; the support is behind the last. */
struct loss_array parts_joint(const struct method_run *,
    const struct method_batch *, int v);

#endif
