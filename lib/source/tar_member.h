/*
 * tar_member: the members of a tar archive, one after the other.
 *
 * Reads v7, ustar, pax and GNU tar, sparse members too.  The archive's end is
 * two blocks of zeros; what follows is another archive, padding of zeros, or
 * garbage.  An archive without this mark is cut short.
 */
#ifndef SELF_SOURCE_TAR_MEMBER_H
#define SELF_SOURCE_TAR_MEMBER_H

#include "base/buf.h"
#include "source/tar_in.h"

enum tar_type {
	TAR_FILE,
	TAR_FOLDER,
	TAR_HARD_LINK,
	TAR_SYMBOLIC_LINK,
	TAR_OTHER		/* devices, pipes */
};

/* `size` bytes of a sparse file at `offset`; what lies between is zeros. */
struct tar_piece {
	uint64_t offset, size;
};

/* All zeros is empty; storage is reused. */
struct tar_member {
	enum tar_type type;
	struct buf name, link;	/* text with a NUL; link: target of a link */
	uint64_t size;		/* of the file */
	uint64_t stored;	/* bytes of it in the archive */
	bool is_sparse;
	struct buf pieces;	/* struct tar_piece, where is_sparse */
};

enum tar_event {
	TAR_MEMBER = 1,		/* a member; its stored bytes come next */
	TAR_MARK,		/* the end of an archive */
	TAR_END			/* the end of the input */
};

/* Where a reader stands.  All zeros but for `in` is the beginning. */
struct tar_reader {
	struct tar_in *in;
	uint64_t left;		/* stored bytes and padding of the member */
	uint64_t zeros;		/* blocks of zeros just read */
	bool begun;		/* an archive: no mark since the last member */
	uint64_t n_members;
	bool has_garbage;	/* after the end of an archive … */
	uint64_t garbage_at;	/* … at this byte */
};

/* The next event, skipping what was not read of the last member's bytes; or
 * a failure: FAIL_FORMAT for damaged or cut archives. */
int tar_next(struct tar_reader *, struct tar_member *) FAIL_CHECKED;

/* The next `size` stored bytes of the member; no more than it has. */
int tar_read(struct tar_reader *, void *to, size_t size) FAIL_CHECKED;

/* Whether these bytes, 512, are a member's header: its checksum holds. */
bool tar_is_header(const unsigned char *);

void tar_member_free(struct tar_member *);

/*
 * tar_sparse.c: the maps of sparse members.  Each fills m->pieces, size and
 * is_sparse; `left` is reduced by the bytes of the map that were read.
 */
int tar_sparse_old(struct tar_reader *, struct tar_member *,
    const unsigned char *header) FAIL_CHECKED;
int tar_sparse_text(struct tar_member *, const char *map) FAIL_CHECKED;
int tar_sparse_front(struct tar_reader *, struct tar_member *) FAIL_CHECKED;
int tar_sparse_check(const struct tar_member *) FAIL_CHECKED;

/* A number field of a header, octal or base 256. */
int tar_number(const unsigned char *field, size_t size, uint64_t *out)
    FAIL_CHECKED;

#endif
