/*
 * show: the ways of looking at a stream, one row each.
 *
 * A view hears of every header, record and end in turn and writes text.
 */
#ifndef SELF_STREAM_SHOW_H
#define SELF_STREAM_SHOW_H

#include "base/lookup.h"
#include "stream/digest.h"
#include "stream/dump.h"
#include "stream/stats.h"

struct show_field;

/* All zeros but for what the caller sets. */
struct show {
	struct dump out;		/* the caller's drain */
	const char *key;		/* --tensor NAME, --meta KEY */
	int64_t record;			/* the one to show; -1: all */
	uint64_t streams, records;	/* seen so far, in all */
	uint64_t begin, samples;	/* of this stream: first record, … */
	bool counts_samples;
	size_t found;			/* how often the key was met */
	struct digest digest;
	struct show_field *fields;	/* rows of --stats */
	size_t n_fields;
	struct lookup places;		/* of names among the rows */
};

struct show_view {
	const char *option;		/* "" is what is shown without one */
	int (*head)(struct show *, const struct head *);
	int (*record)(struct show *, const struct rec *);
	int (*end)(struct show *);	/* of one stream */
	int (*last)(struct show *);	/* of the file */
};

/* Rows end with an option of NULL. */
extern const struct show_view show_views[];

/* The whole input through one view. */
int show_all(struct show *, const struct show_view *, struct stream_in *)
    FAIL_CHECKED;
void show_free(struct show *);

/* Of --stats: a row per field. */
int show_stats_record(struct show *, const struct rec *) FAIL_CHECKED;
int show_stats_last(struct show *) FAIL_CHECKED;
void show_stats_free(struct show *);

#endif
