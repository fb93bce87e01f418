/* SPDX-License-Identifier: MIT */
#include "source/tar_in.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef SELF_ZLIB
#include <zlib.h>
#endif

#define BLOCK ((size_t)1 << 16)
#define SMALL_BLOCK ((size_t)1 << 14)	/* most of a plain file is skipped */

/* Contents of more than BELIEVED bytes must be at most EXPANSION times as large
 * as the compressed bytes. */
#define BELIEVED ((uint64_t)64 << 20)
#define EXPANSION 128

static bool believe_all;

void
tar_in_believe(void)
{
	believe_all = true;
}

enum packing { PLAIN, GZIP, OTHER };

struct tar_in {
	int fd;
	enum packing packing;
	uint64_t at;		/* bytes consumed */
	uint64_t unpacked;	/* bytes, if the file is compressed */
	uint64_t file_at, file_size;
	bool ended, garbage;
	struct archive *archive;	/* OTHER: decompresses */
	struct archive_entry *entry;
#ifdef SELF_ZLIB
	z_stream z;
	bool in_member;		/* GZIP: of compressed data */
#endif
	unsigned char raw[BLOCK];	/* compressed bytes */
	size_t from, n;		/* bytes not yet consumed, in `block` */
	unsigned char block[2 * BLOCK];
};

static int
cut_short(uint64_t missing)
{
	return fail(FAIL_FORMAT, "cut short: ends %llu bytes early",
	    (unsigned long long)missing);
}

/* Up to `size` bytes of the file at file_at, 0 at its end. */
static int
read_file(struct tar_in *in, void *to, size_t size, size_t *got)
{
	ssize_t n;

	do
		n = pread(in->fd, to, size, (off_t)in->file_at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_errno("read");
	*got = (size_t)n;
	in->file_at += (uint64_t)n;
	return 0;
}

static int
archive_fail(struct archive *a)
{
	const char *why = archive_error_string(a);
	const int error = archive_errno(a);

	return fail(error == ENOMEM ? FAIL_MEMORY : error == EIO ? FAIL_IO :
	    FAIL_FORMAT, "%s", why != NULL ? why : "compressed data are "
	    "damaged");
}

/* libarchive's callback: the file's next bytes. */
static la_ssize_t
give_block(struct archive *a, void *data, const void **block)
{
	struct tar_in *in = data;
	size_t got = 0;

	if (read_file(in, in->raw, BLOCK, &got) < 0) {
		archive_set_error(a, EIO, "%s", fail_text());
		return -1;
	}
	*block = in->raw;
	return (la_ssize_t)got;
}

/* Decompression alone: what is in the archive is tar_member's business.
 * libarchive goes on without memory unless each answer is looked at. */
static int
begin_other(struct tar_in *in)
{
	struct archive *a = archive_read_new();

	in->archive = a;
	in->entry = archive_entry_new();
	if (a == NULL || in->entry == NULL)
		return fail_memory(sizeof(*in));
	if (archive_read_support_filter_gzip(a) < ARCHIVE_WARN ||
	    archive_read_support_filter_zstd(a) < ARCHIVE_WARN ||
	    archive_read_support_filter_xz(a) < ARCHIVE_WARN ||
	    archive_read_support_filter_bzip2(a) < ARCHIVE_WARN ||
	    archive_read_support_format_raw(a) < ARCHIVE_WARN ||
	    archive_read_support_format_empty(a) < ARCHIVE_WARN ||
	    archive_read_set_callback_data(a, in) < ARCHIVE_WARN ||
	    archive_read_set_read_callback(a, give_block) < ARCHIVE_WARN ||
	    archive_read_open1(a) != ARCHIVE_OK)
		return archive_fail(a);
	switch (archive_read_next_header2(a, in->entry)) {
	case ARCHIVE_EOF:
		in->ended = true;
		return 0;
	case ARCHIVE_OK:
	case ARCHIVE_WARN:
		return 0;
	default:
		return archive_fail(a);
	}
}

/* bzip2's reader stops at what it does not know. */
static int
check_rest(struct tar_in *in)
{
	size_t got = 1;

	in->file_at = (uint64_t)archive_filter_bytes(in->archive, -1);
	while (!in->garbage && got > 0) {
		unsigned char some[512];

		if (read_file(in, some, sizeof(some), &got) < 0)
			return fail_last();
		for (size_t i = 0; i < got; i++)
			in->garbage = in->garbage || some[i] != 0;
	}
	return 0;
}

static int
fill_other(struct tar_in *in, unsigned char *to, size_t size, size_t *got)
{
	const la_ssize_t n = archive_read_data(in->archive, to, size);

	if (n < 0)
		return archive_fail(in->archive);
	*got = (size_t)n;
	return n == 0 ? check_rest(in) : 0;
}

#ifdef SELF_ZLIB
static int
begin_gzip(struct tar_in *in)
{
	in->packing = GZIP;
	return inflateInit2(&in->z, 15 + 16) == Z_OK ? 0 :
	    fail_memory(sizeof(in->z));
}

/* Compressed bytes for z; none left is the file's end. */
static int
feed_gzip(struct tar_in *in)
{
	size_t got = 0;

	if (in->z.avail_in > 0)
		return 0;
	if (read_file(in, in->raw, BLOCK, &got) < 0)
		return fail_last();
	in->z.next_in = in->raw;
	in->z.avail_in = (uInt)got;
	return 0;
}

/* After a member: another one, padding of zeros, or what is neither. */
static int
next_gzip_member(struct tar_in *in)
{
	while (feed_gzip(in) == 0) {
		if (in->z.avail_in == 0) {
			in->ended = true;
			return 0;
		}
		if (*in->z.next_in == 0x1F && !in->garbage) {
			in->in_member = true;
			return inflateReset(&in->z) == Z_OK ? 0 :
			    fail(FAIL_FORMAT, "gzip data are damaged");
		}
		in->garbage = in->garbage || *in->z.next_in != 0;
		in->z.next_in++;
		in->z.avail_in--;
	}
	return fail_last();
}

static int
fill_gzip(struct tar_in *in, unsigned char *to, size_t size, size_t *got)
{
	in->z.next_out = to;
	in->z.avail_out = (uInt)size;
	while (in->z.avail_out == size && !in->ended) {
		int rc;

		if (!in->in_member) {
			if (next_gzip_member(in) < 0)
				return fail_last();
			continue;
		}
		if (feed_gzip(in) < 0)
			return fail_last();
		if (in->z.avail_in == 0)
			return fail(FAIL_FORMAT, "cut short: gzip data end "
			    "early");
		rc = inflate(&in->z, Z_NO_FLUSH);
		if (rc == Z_STREAM_END)
			in->in_member = false;
		else if (rc == Z_MEM_ERROR)
			return fail(FAIL_MEMORY, "no memory for zlib");
		else if (rc != Z_OK)
			return fail(FAIL_FORMAT, "gzip data are damaged: %s",
			    in->z.msg != NULL ? in->z.msg : "no reason known");
	}
	*got = size - in->z.avail_out;
	return 0;
}
#endif

/* Images hardly shrink: what unfolds to much more is no archive of them. */
static int
count_unpacked(struct tar_in *in, size_t got)
{
	in->unpacked += got;
	if (in->unpacked <= BELIEVED || believe_all ||
	    in->unpacked / EXPANSION <= in->file_at)
		return 0;
	return fail(FAIL_LIMIT, "%" PRIu64 " bytes from %" PRIu64 " compressed "
	    "bytes, a ratio over %d: refused; if the archive is right, give "
	    "--max-record with the size of its largest file", in->unpacked,
	    in->file_at, EXPANSION);
}

static int
fill(struct tar_in *in, unsigned char *to, size_t size, size_t *got)
{
	int rc;

	switch (in->packing) {
	case PLAIN:
		return read_file(in, to, size, got);
#ifdef SELF_ZLIB
	case GZIP:
		rc = fill_gzip(in, to, size, got);
		break;
#endif
	default:
		rc = fill_other(in, to, size, got);
	}
	return rc < 0 ? rc : count_unpacked(in, *got);
}

static const char gzip_mark[] = "\x1F\x8B";

static bool
begins(const void *head, size_t size, const char *mark)
{
	return size >= strlen(mark) && memcmp(head, mark, strlen(mark)) == 0;
}

bool
tar_in_is_packed(const unsigned char *head, size_t size)
{
	/* zstd's skippable frames may come first. */
	return begins(head, size, gzip_mark) ||
	    begins(head, size, "(\xB5/\xFD") || begins(head, size, "BZh") ||
	    begins(head, size, "\xFD" "7zXZ") || (size > 3 &&
	    (head[0] & 0xF0) == 0x50 && begins(head + 1, 3, "*M\x18"));
}

/* Which packing it is, from the first bytes. */
static int
begin(struct tar_in *in)
{
	unsigned char head[8];
	struct stat st;
	size_t got = 0;

	if (fstat(in->fd, &st) < 0)
		return fail_errno("stat");
	in->file_size = (uint64_t)st.st_size;
	if (read_file(in, head, sizeof(head), &got) < 0)
		return fail_last();
	in->file_at = 0;
#ifdef SELF_ZLIB
	if (begins(head, got, gzip_mark))
		return begin_gzip(in);
#endif
	if (!tar_in_is_packed(head, got))
		return 0;
	in->packing = OTHER;
	return begin_other(in);
}

struct tar_in *
tar_in_new(int fd)
{
	struct tar_in *in = calloc(1, sizeof(*in));

	if (in == NULL) {
		fail_memory(sizeof(*in));
		return NULL;
	}
	in->fd = fd;
	if (begin(in) < 0) {
		tar_in_free(in);
		return NULL;
	}
	return in;
}

void
tar_in_free(struct tar_in *in)
{
	if (in == NULL)
		return;
	archive_read_free(in->archive);
	archive_entry_free(in->entry);
#ifdef SELF_ZLIB
	if (in->packing == GZIP)
		inflateEnd(&in->z);
#endif
	free(in);
}

bool
tar_in_is_plain(const struct tar_in *in)
{
	return in->packing == PLAIN;
}

bool
tar_in_has_garbage(const struct tar_in *in)
{
	return in->garbage;
}

uint64_t
tar_in_at(const struct tar_in *in)
{
	return in->at;
}

int
tar_in_peek(struct tar_in *in, size_t size, const unsigned char **to,
    size_t *got)
{
	if (in->n < size && in->from > 0) {
		memmove(in->block, in->block + in->from, in->n);
		in->from = 0;
	}
	while (in->n < size && !in->ended) {
		size_t more = 0;

		if (fill(in, in->block + in->n, in->packing == PLAIN ?
		    SMALL_BLOCK : BLOCK, &more) < 0)
			return fail_last();
		in->ended = in->ended || more == 0;
		in->n += more;
	}
	*to = in->block + in->from;
	*got = in->n;
	return 0;
}

static void
consume(struct tar_in *in, size_t n)
{
	in->from += n;
	in->n -= n;
	in->at += n;
}

int
tar_in_read(struct tar_in *in, void *to, size_t size)
{
	unsigned char *out = to;

	while (size > 0) {
		const unsigned char *some;
		size_t got;

		if (tar_in_peek(in, 1, &some, &got) < 0)
			return fail_last();
		if (got == 0)
			return cut_short(size);
		got = got < size ? got : size;
		memcpy(out, some, got);
		consume(in, got);
		out += got;
		size -= got;
	}
	return 0;
}

int
tar_in_skip(struct tar_in *in, uint64_t size)
{
	while (size > 0) {
		const unsigned char *some;
		size_t got;

		/* Of a plain file, what is skipped is not read. */
		if (in->packing == PLAIN && size > in->n) {
			if (in->at + size > in->file_size)
				return cut_short(in->at + size -
				    in->file_size);
			in->at += size;
			in->file_at = in->at;
			in->from = in->n = 0;
			return 0;
		}
		if (tar_in_peek(in, 1, &some, &got) < 0)
			return fail_last();
		if (got == 0)
			return cut_short(size);
		got = got < size ? got : (size_t)size;
		consume(in, got);
		size -= got;
	}
	return 0;
}
