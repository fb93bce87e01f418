/*
 * outfile: a file that appears under its name only when it is complete.
 *
 * It is written beside its place under a temporary name; commit syncs and
 * renames.  What was neither committed nor discarded when the process ends is
 * taken away by outfile_discard_all, which a signal handler may call.
 */
#ifndef SELF_BASE_OUTFILE_H
#define SELF_BASE_OUTFILE_H

#include "base/fail.h"

struct outfile;

/* Removes temporary files of this output that killed processes left; those of
 * running ones and of other outputs stay.  outfile_new does so too. */
void outfile_clear(const char *path);

/* NULL and a failure when the file cannot be begun.  An existing file that
 * is not a regular one (/dev/full, a FIFO) is written straight. */
struct outfile *outfile_new(const char *path);
int outfile_fd(const struct outfile *);

/* fsync, close, rename over the name, sync the folder; frees. */
int outfile_commit(struct outfile *) FAIL_CHECKED;

/* Removes what was written; frees.  NULL is fine. */
void outfile_discard(struct outfile *);

/* Removes what every outfile at work has written; async-signal-safe. */
void outfile_discard_all(void);

#endif
