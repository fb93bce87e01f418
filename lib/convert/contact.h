/*
 * contact: a stream's images as a contact sheet.
 *
 * Picture fields are u1 [N,H,W,C], and f2, f4 or f8 [N,H,W,C] in the same
 * 0..255 units, C 1 or 3.  A sample is a row of cells, one for each picture
 * field: its `image` first, then views in the order of the record.  Samples
 * stand in `columns` side by side and read like text.
 */
#ifndef SELF_CONVERT_CONTACT_H
#define SELF_CONVERT_CONTACT_H

#include "base/buf.h"
#include "stream/stream.h"

struct contact {
	int rows;		/* of samples, 1 and above */
	int columns;		/* samples side by side; 0: about 8 pictures */
	int scale;		/* enlargement of the largest picture; 0: cells
				 * of about 100 px */
	int quality;		/* of the JPEG */
	bool png;		/* a PNG instead */
};

/* The format that a file's name asks for: .jpg, .jpeg or no extension is
 * JPEG, .png is PNG; FAIL_USAGE for another extension. */
int contact_format(struct contact *, const char *path) FAIL_CHECKED;

/* Appends a JPEG or PNG of the first samples.  Reads no further than it needs;
 * FAIL_FORMAT when there is no picture. */
int contact_sheet(const struct contact *, struct stream_in *,
    struct buf *file) FAIL_CHECKED;

#endif
