/*
 * jpeg: JPEG files in memory to RGB pixels and back (libjpeg-turbo).
 *
 * Decoding gives what Pillow's open(f).convert("RGB") gives: accurate integer
 * DCT, smooth chroma upsampling, gray as three equal channels, four
 * components as inverted CMYK (as Adobe stores it).  It is stricter in one
 * way: where libjpeg would warn of damage and guess, the image is refused.
 * A file without Huffman tables (a frame of Motion JPEG) gets the standard's.
 *
 * Whether a file is refused, and why, depends on its bytes alone: not on the
 * images that the reader decoded before, nor on the part that is decoded.
 * Nothing here looks beyond the `size` bytes it is given.
 */
#ifndef SELF_IMAGE_JPEG_H
#define SELF_IMAGE_JPEG_H

#include <stdbool.h>
#include <stdint.h>

#include "image/image.h"

#define JPEG_MAX_PIXELS 178956970	/* Pillow's limit, 2^30 / 6 */

/* What the markers before the picture data say. */
struct jpeg_info {
	int height, width;	/* px as stored, at least 1 */
	int components;
	int orientation;	/* EXIF, 1 to 8; 1 when absent or no lawful
				 * value.  5 to 8 swap height and width. */
};

/* Reads markers only; FAIL_FORMAT when there is no frame header, which names
 * the format of a file of another one ("a PNG image, not JPEG"). */
int jpeg_look(const void *bytes, size_t size, struct jpeg_info *) FAIL_CHECKED;

/* The bytes of coded data before the marker that ends a scan, which these
 * bytes begin with; all if there is none.  Restart markers end no scan. */
size_t jpeg_scan_bytes(const void *bytes, size_t size);

/* A decoder, used for any number of images by one thread at a time.  It
 * keeps memory from one to the next, nothing else. */
struct jpeg_reader;
struct jpeg_reader *jpeg_reader_new(void);
void jpeg_reader_free(struct jpeg_reader *);	/* NULL is fine */

/*
 * Decodes into `to`, which becomes [height,width,3].  FAIL_LIMIT above
 * max_pixels, and for a file far too short for the size it claims (before
 * memory is taken); FAIL_FORMAT for damage.
 */
int jpeg_read(struct jpeg_reader *, struct picture *to, const void *bytes,
    size_t size, int64_t max_pixels) FAIL_CHECKED;

/* The same into storage of the caller; the size must be what it expects. */
int jpeg_read_into(struct jpeg_reader *, const struct image *to,
    const void *bytes, size_t size, int64_t max_pixels) FAIL_CHECKED;

/* Whether jpeg_read would decode it, in about half the time: nothing is
 * transformed.  The same failures. */
int jpeg_check(struct jpeg_reader *, const void *bytes, size_t size,
    int64_t max_pixels) FAIL_CHECKED;

/*
 * Decodes the rectangle *part, and as little more as can be: then *part says
 * which one, of what size `to` became, [height,width,3].  The pixels in the
 * rectangle asked for are those of the whole image.  It must lie inside;
 * FAIL_FORMAT otherwise.  Damage anywhere in the file is a failure, the same
 * as jpeg_read's.
 *
 * All of it in the picture shrunk 1, 2, 4 or 8 times (rounded up) by smaller
 * cosine transforms, which costs that much less.
 */
int jpeg_read_part(struct jpeg_reader *, struct picture *to,
    struct rect *part, int shrink, const void *bytes, size_t size,
    int64_t max_pixels) FAIL_CHECKED;

/* to becomes `from` turned upright for an EXIF orientation 1 to 8. */
int picture_orient(struct picture *to, const struct image *from,
    int orientation) FAIL_CHECKED;

/*
 * Appends a baseline JPEG of an image with 1 or 3 channels; quality 1 to 100
 * as libjpeg means it, colour stored at half resolution (4:2:0).  The same
 * pixels always give the same bytes.
 */
int jpeg_write(struct buf *to, const struct image *from, int quality)
    FAIL_CHECKED;

#endif
