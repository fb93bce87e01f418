/*
 * agree: does what a run is resumed with agree with its checkpoint?
 *
 * A checkpoint keeps its run's options (train/restore.h), the history of the
 * stream that it was trained on and, of that stream's header, what
 * agree_keep stores.  Each check adds a clause for each contradiction that it
 * finds; agree_end makes one failure of all.  resume_begin (train/resume.h)
 * calls them in turn.
 */
#ifndef SELF_TRAIN_AGREE_H
#define SELF_TRAIN_AGREE_H

#include "base/buf.h"
#include "base/opt.h"
#include "train/ckpt.h"
#include "train/options.h"

/* All zeros has found nothing; agree_end frees it. */
struct agree {
	const struct ckpt *ckpt;	/* borrowed */
	struct buf clauses;
	bool other_method;	/* --method is not the checkpoint's */
	bool usage;		/* an option of this command is in it */
	bool fixed;		/* it cannot be overruled */
};

/* A command line, as its rows describe it. */
struct agree_line {
	const struct opt *rows;
	size_t n;
	const struct opt_said *said;
	const void *args;
	const struct train_config *config;	/* within args */
};

/* Options given that would make another network than the checkpoint's; for
 * --init too, where a head that the checkpoint lacks is anybody's. */
int agree_network(struct agree *, const struct agree_line *, bool resume)
    FAIL_CHECKED;

/* Options given that differ from those of the checkpoint's run. */
int agree_options(struct agree *, const struct agree_line *) FAIL_CHECKED;

/* The stream against the one that the checkpoint's run read. */
int agree_stream(struct agree *, const struct head *stream) FAIL_CHECKED;
int agree_support(struct agree *, const struct head *stream) FAIL_CHECKED;

/* One more contradiction, as a clause of the sentence. */
int agree_clause(struct agree *, const char *format, ...) FAIL_PRINTF(2, 3)
    FAIL_CHECKED;

/* 0 if nothing was found, or with `anyway` nothing but what may be overruled
 * (which is then logged); FAIL_USAGE or FAIL_FORMAT otherwise. */
int agree_end(struct agree *, bool anyway) FAIL_CHECKED;

/* Stores what tells this stream (meta.data) and the labelled one
 * (meta.support; NULL: none) from others. */
int agree_keep(struct head *, const struct head *stream,
    const struct head *support) FAIL_CHECKED;

#endif
