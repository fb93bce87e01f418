/*
 * softmax: cross-entropy of cosines with one key that is each row's own
 * (inside lib/loss only).
 *
 * The own key is kept apart from the candidates it competes with: where it
 * nearly wins, the loss log(1 + exp(rest - own)) and the slope
 * share (mean - own key) keep their digits.
 */
#ifndef SELF_LOSS_SOFTMAX_H
#define SELF_LOSS_SOFTMAX_H

#include "loss/loss.h"

/* Host memory of the work's arena; NULL and a failure. */
float *softmax_floats(struct loss_work *, size_t n);
double *softmax_doubles(struct loss_work *, size_t n);

/* Device memory of n floats, the work's own: the next call gives the same. */
float *softmax_device(struct loss_work *, size_t n);

/* n rows, unit length; the last four are made by the functions below. */
struct softmax {
	size_t n, p;
	double scale;		/* 1 / temperature */
	const float *query, *key;	/* unit rows [n,p] */
	bool others;		/* the batch's other keys are candidates */
	const float *queue;	/* device [k,p], or NULL */
	size_t k;
	double *own;		/* [n] scale times query . key */
	double *rest;		/* [n] log-sum-exp over the others */
	double *share;		/* [n] of the others among all candidates */
	float *mean;		/* [n,p] of the others, by their weights */
};

/* Fills in own, rest, share and mean. */
int softmax_run(struct softmax *, struct loss_work *) FAIL_CHECKED;

/* Log-sum-exp over all candidates of row i, and its loss. */
double softmax_all(const struct softmax *, size_t i);
double softmax_loss(const struct softmax *, size_t i);

/* back [n,p] = sum over the other rows j of exp(s_ji - all of j) query_j:
 * what a key gets from the queries that it is not the own key of. */
int softmax_back(const struct softmax *, struct loss_work *, float *back)
    FAIL_CHECKED;

/* log(exp(a) + exp(b)); both may be -inf. */
double softmax_join(double a, double b);

#endif
