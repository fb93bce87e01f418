/*
 * kind: what a kind of source provides; rows are in src_table.c.
 */
#ifndef SELF_SOURCE_KIND_H
#define SELF_SOURCE_KIND_H

#include "source/skips.h"
#include "source/source.h"


/* What is known of an operand before anybody opens it. */
struct src_probe {
	const char *path;		/* as given */
	int fd;				/* can be read at any offset */
	bool is_folder;
	bool is_only;			/* fd alone has it; the path does not */
	unsigned char head[512];	/* the first bytes of a file */
	size_t n_head;
};

/* One operand at work. */
struct src_part {
	const struct src_kind *kind;
	char *path;			/* as given */
	size_t first, n;		/* samples: first … first + n - 1 */
	struct names classes;		/* its own class names; may be none */
	bool classes_sorted;		/* their order means nothing */
	int64_t max_label;		/* of its labels, -1 when none */
	int64_t *to_class;		/* own class to the source's; NULL: same */
	struct skips skips;		/* what did not become a sample */
	int *spill;			/* the source's; see src_spill.  NULL:
					 * there is no source, only the part */
	void *state;			/* the kind's own */
};

struct src_kind {
	const char *name, *help;

	/* 1 when it can open this, 0, or a failure of the machine. */
	int (*knows)(const struct src_probe *);

	/* Fills n, classes, max_label, state.  May take probe->fd by setting
	 * it to -1.  After a failure, close is called too. */
	int (*open)(struct src_part *, struct src_probe *);
	void (*close)(struct src_part *);

	/* Whatever depends on the source's other parts, once all are open;
	 * NULL: nothing does. */
	int (*settle)(struct src_part *, const struct src_part *all,
	    size_t n);

	int64_t (*label)(const struct src_part *, size_t i);
	int (*key)(const struct src_part *, size_t i, struct buf *append);

	/* For messages; NULL: path of the part, ": ", key. */
	int (*where)(const struct src_part *, size_t i, struct buf *append);
	int (*read)(const struct src_part *, size_t i, struct source_sample *);

	/* Streams only; NULL elsewhere. */
	int (*index)(const struct src_part *, size_t i, int64_t *);
	const struct head *(*head)(const struct src_part *);
	size_t (*n_fields)(const struct src_part *);
	const struct source_field *(*field)(const struct src_part *, size_t f);
	int (*read_field)(const struct src_part *, size_t i, size_t f, void *);
};

extern const struct src_kind src_dir, src_tar, src_tz, src_list, src_file;
extern const struct src_kind *const src_table[];

/* What a file's name says of its content, in upper or lower case. */
enum src_name {
	SRC_NAME_JPEG,		/* .jpg .jpeg .jpe .jfif */
	SRC_NAME_IMAGE,		/* .png and others that are not read */
	SRC_NAME_OTHER,		/* .txt and others that are no image */
	SRC_NAME_BARE,		/* no extension, or a number */
	SRC_NAME_UNKNOWN	/* any other extension */
};
enum src_name src_name(const char *name);	/* without its folder */
bool src_is_picture_name(const char *path);	/* whether SRC_NAME_JPEG */

/* Hidden files, and folders that systems leave: .DS_Store, __MACOSX. */
bool src_is_junk_name(const char *name);

/* A spill for all parts of the source, made when it is first asked for; the
 * source closes it.  A failure is negative. */
int src_spill(struct src_part *) FAIL_CHECKED;

/* The path without the sample's own part: "a/b.tar" and "x" give "a/x". */
int src_beside(const char *path, const char *name, struct buf *to)
    FAIL_CHECKED;

/* Whether it may be text: no JPEG, no compressed stream, no archive.  UTF-16
 * is, and so is an empty file. */
bool src_is_text(const struct src_probe *);

/* A label as text: a number from -1 on, or a class name, which is added to
 * the part's classes when `may_add`: one line with a letter, no number. */
int src_label(struct src_part *, const char *text, bool may_add,
    int64_t *label) FAIL_CHECKED;

/* After open failed for a sample's file: FAIL_FORMAT where the path is at
 * fault (missing, not readable for us), so that the sample is skipped;
 * otherwise FAIL_IO. */
int src_fail_open(void);

/* FAIL_LIMIT if `bytes` is more than an image file may have. */
int src_check_size(uint64_t bytes) FAIL_CHECKED;

/* All of an open file, from its beginning. */
int src_read_file(int fd, struct buf *to) FAIL_CHECKED;

/* One more operand into a part that src_file opened. */
int src_file_add(struct src_part *, const char *path) FAIL_CHECKED;

#endif
