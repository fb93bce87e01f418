/* SPDX-License-Identifier: MIT */
#include "image/jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "base/num.h"

#define ROWS_AT_ONCE 16
#define MAX_SCANS 100		/* real progressive files have about ten */

/*
 * Huffman codes spend a bit or more on each block of 64 samples, so no more
 * than 1024 px come from a byte, however the components are sampled.  Claims
 * above that are believed only where they cost less than SMALL bytes.
 */
#define PIXELS_PER_BYTE 1024
#define SMALL ((uint64_t)32 << 20)

/* libjpeg's failure, as ours, and the way back out of it. */
struct trap {
	struct jpeg_error_mgr errors;	/* first: libjpeg hands it back */
	jmp_buf back;
};

/*
 * libjpeg's decompressor is created for each image and destroyed after it
 * (0.2 us): one that is used again keeps the quantization and Huffman tables
 * of the image before, and gives them to a file that lacks its own.
 */
struct jpeg_reader {
	struct jpeg_decompress_struct info;
	struct trap trap;
	struct jpeg_progress_mgr progress;
	size_t data_bytes;		/* after the first scan's header */
	struct buf row;			/* one, of up to four components */
	struct picture corner;		/* what jpeg_check decodes */
};

/* One image to decode. */
struct job {
	struct jpeg_reader *reader;
	struct picture *picture;	/* either to be sized here … */
	const struct image *image;	/* … or given */
	struct rect *part;		/* of the picture, or NULL for all */
	int shrink;			/* with a part */
	const void *bytes;
	size_t size;
	int64_t max_pixels;
};

static _Noreturn void
leave(j_common_ptr info)
{
	longjmp(((struct trap *)(void *)info->err)->back, 1);
}

/* What is wrong with the file, or that there is no memory. */
static void
report(j_common_ptr info)
{
	char text[JMSG_LENGTH_MAX];

	switch (info->err->msg_code) {
	case JERR_OUT_OF_MEMORY:
		fail(FAIL_MEMORY, "no memory for libjpeg");
		break;
	case JERR_NO_QUANT_TABLE:
		fail(FAIL_FORMAT, "no quantization table %d",
		    info->err->msg_parm.i[0]);
		break;
	case JERR_NO_HUFF_TABLE:
		fail(FAIL_FORMAT, "no Huffman table %d",
		    info->err->msg_parm.i[0]);
		break;
	default:
		info->err->format_message(info, text);
		fail(FAIL_FORMAT, "%s", text);
	}
}

static _Noreturn void
on_error(j_common_ptr info)
{
	report(info);
	leave(info);
}

/* Damage ends the image; remarks that touch no pixel do not. */
static void
on_message(j_common_ptr info, int level)
{
	const int code = info->err->msg_code;

	if (level < 0 && code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM)
		on_error(info);
}

static void
on_output(j_common_ptr info)
{
	(void)info;
}

static void
trap_init(struct trap *t)
{
	jpeg_std_error(&t->errors);
	t->errors.error_exit = on_error;
	t->errors.emit_message = on_message;
	t->errors.output_message = on_output;
}

static bool
is_plausible(uint64_t bytes, uint64_t pixels, uint64_t data_bytes)
{
	return bytes <= SMALL || pixels / PIXELS_PER_BYTE <= data_bytes;
}

/*
 * Arithmetic decoding makes up data without end when a scan stops short.  Of
 * several scans, all are decoded before the first row: this is checked alike
 * whatever rows are read.  A single one is measured by check_claims.
 */
static void
on_progress(j_common_ptr common)
{
	struct jpeg_decompress_struct *info =
	    (struct jpeg_decompress_struct *)(void *)common;
	const struct jpeg_reader *r = common->client_data;
	const uint64_t pixels = (uint64_t)info->input_iMCU_row * DCTSIZE *
	    (uint64_t)info->max_v_samp_factor * info->image_width;

	if (!jpeg_has_multiple_scans(info))
		return;
	if (info->input_scan_number > MAX_SCANS) {
		fail(FAIL_LIMIT, "more than %d scans", MAX_SCANS);
		leave(common);
	}
	if (info->input_scan_number == 1 && !is_plausible(pixels * 3, pixels,
	    r->data_bytes - info->src->bytes_in_buffer)) {
		fail(FAIL_FORMAT, "image data ends early");
		leave(common);
	}
}

/* Bytes of coefficients libjpeg keeps for the whole picture. */
static uint64_t
coefficient_bytes(struct jpeg_decompress_struct *info)
{
	uint64_t blocks = 0;

	if (!jpeg_has_multiple_scans(info))
		return 0;
	for (int i = 0; i < info->num_components; i++) {
		const jpeg_component_info *c = &info->comp_info[i];

		blocks += (uint64_t)(c->width_in_blocks + 4) *
		    (c->height_in_blocks + 4);
	}
	return blocks * sizeof(JBLOCK);
}

static int
check_claims(struct jpeg_reader *r, int64_t max_pixels)
{
	struct jpeg_decompress_struct *info = &r->info;
	const uint64_t pixels = (uint64_t)info->image_width *
	    info->image_height;
	const uint64_t kept = coefficient_bytes(info);

	r->data_bytes = info->src->bytes_in_buffer;
	if (info->arith_code && !jpeg_has_multiple_scans(info))
		r->data_bytes = jpeg_scan_bytes(info->src->next_input_byte,
		    r->data_bytes);
	if (pixels > (uint64_t)max_pixels)
		return fail(FAIL_LIMIT, "%ux%u px, limit %lld px in all",
		    info->image_width, info->image_height,
		    (long long)max_pixels);
	if (!is_plausible(pixels * 3 + kept, pixels, r->data_bytes))
		return fail(FAIL_LIMIT,
		    "claims %ux%u px but holds %zu bytes of image data",
		    info->image_width, info->image_height, r->data_bytes);
	info->mem->max_memory_to_use = (long)(kept + SMALL);
	return 0;
}

static int
choose_colours(struct jpeg_decompress_struct *info)
{
	switch (info->num_components) {
	case 1:
	case 3:
		info->out_color_space = JCS_RGB;
		return 0;
	case 4:
		info->out_color_space = JCS_CMYK;
		return 0;
	default:
		return fail(FAIL_FORMAT, "%d components",
		    info->num_components);
	}
}

/* a b / 255, rounded, for a and b in 0..255. */
static unsigned char
share(unsigned a, unsigned b)
{
	const unsigned t = a * b + 128;

	return (unsigned char)(((t >> 8) + t) >> 8);
}

/* Inks come inverted: 255 is none of it. */
static void
row_from_inks(unsigned char *rgb, const unsigned char *inks, int width)
{
	for (int x = 0; x < width; x++, rgb += 3, inks += 4)
		for (int c = 0; c < 3; c++)
			rgb[c] = (unsigned char)(inks[3] -
			    share(255u - inks[c], inks[3]));
}

static void
read_inks(struct jpeg_reader *r, const struct image *to)
{
	struct jpeg_decompress_struct *info = &r->info;
	unsigned char *row = r->row.data;

	while (info->output_scanline < info->output_height) {
		const size_t y = info->output_scanline;

		jpeg_read_scanlines(info, &row, 1);
		row_from_inks(to->data + y * to->stride, row, to->width);
	}
}

/* Rows from `first` on, as many as `to` has. */
static void
read_rows(struct jpeg_decompress_struct *info, const struct image *to,
    size_t first)
{
	const size_t end = first + (size_t)to->height;
	JSAMPROW rows[ROWS_AT_ONCE];

	while (info->output_scanline < end) {
		const size_t y = info->output_scanline;
		size_t n = end - y;

		n = n > ROWS_AT_ONCE ? ROWS_AT_ONCE : n;
		for (size_t i = 0; i < n; i++)
			rows[i] = to->data + (y - first + i) * to->stride;
		jpeg_read_scanlines(info, rows, (JDIMENSION)n);
	}
}

/*
 * After jpeg_start_decompress: only the columns that are needed.  libjpeg
 * begins at a block's edge and treats both edges as the picture's when it
 * smooths colours, so that two columns on either side would be wrong.
 */
static void
narrow(struct jpeg_decompress_struct *info, struct rect *part)
{
	enum { MARGIN = 2 };
	const int whole = (int)info->output_width;
	const int left = part->x < MARGIN ? 0 : part->x - MARGIN;
	const int right = part->x + part->width;
	const int end = whole - right < MARGIN ? whole : right + MARGIN;
	JDIMENSION x = (JDIMENSION)left, width = (JDIMENSION)(end - left);

	if (width < info->output_width)
		jpeg_crop_scanline(info, &x, &width);
	part->x = (int)x;
	part->width = (int)width;
}

/*
 * Decodes what follows the rows that were read, without making pixels, so
 * that damage is found wherever it is.  Skipping to the end of an image
 * would decode nothing, skipping to its last row decodes all.  Several scans
 * were decoded when the first row was.
 */
static void
pass_to_end(struct jpeg_reader *r)
{
	struct jpeg_decompress_struct *info = &r->info;
	const JDIMENSION last = info->output_height - 1;
	unsigned char *row = r->row.data;

	if (jpeg_has_multiple_scans(info))
		return;
	if (info->output_scanline < last)
		jpeg_skip_scanlines(info, last - info->output_scanline);
	while (info->output_scanline <= last)
		jpeg_read_scanlines(info, &row, 1);
	jpeg_finish_decompress(info);
}

/*
 * Whether a progressive file ends before all bits of all coefficients came.
 * Then libjpeg smooths over blocks, and a part alone would come out
 * otherwise.
 */
static bool
is_unfinished(const struct jpeg_decompress_struct *info)
{
	if (info->coef_bits == NULL)
		return false;
	for (int c = 0; c < info->num_components; c++)
		for (int i = 0; i < DCTSIZE2; i++)
			if (info->coef_bits[c][i] != 0)
				return true;
	return false;
}

static int
read_part(const struct job *job)
{
	struct jpeg_decompress_struct *info = &job->reader->info;
	struct rect *part = job->part;

	if (is_unfinished(info))
		*part = (struct rect){ 0, 0, (int)info->output_width,
			(int)info->output_height };
	narrow(info, part);
	if (picture_resize(job->picture, part->height, part->width, 3) < 0)
		return fail_last();
	if (part->y > 0)
		jpeg_skip_scanlines(info, (JDIMENSION)part->y);
	read_rows(info, &job->picture->image, (size_t)part->y);
	return 0;
}

/* Inks are decoded as a whole: they are rare. */
static int
check_part(const struct job *job)
{
	struct jpeg_decompress_struct *info = &job->reader->info;
	struct rect *p = job->part;

	info->scale_num = 1;
	info->scale_denom = (unsigned)job->shrink;
	jpeg_calc_output_dimensions(info);
	if (p->x < 0 || p->y < 0 || p->width < 1 || p->height < 1
	    || (unsigned)p->x + (unsigned)p->width > info->output_width
	    || (unsigned)p->y + (unsigned)p->height > info->output_height)
		return fail(FAIL_FORMAT, "%dx%d px at %d,%d of %ux%u",
		    p->width, p->height, p->x, p->y, info->output_width,
		    info->output_height);
	if (info->out_color_space == JCS_CMYK)
		*p = (struct rect){ 0, 0, (int)info->output_width,
			(int)info->output_height };
	return 0;
}

static int
prepare_target(const struct job *job, int height, int width)
{
	if (job->picture != NULL)
		return picture_resize(job->picture, height, width, 3);
	if (job->image->height != height || job->image->width != width ||
	    job->image->channels != 3)
		return fail(FAIL_FORMAT, "%dx%d px instead of %dx%d", width,
		    height, job->image->width, job->image->height);
	return 0;
}

/* All rows, of CMYK also where a part would do. */
static int
read_whole(const struct job *job)
{
	struct jpeg_decompress_struct *info = &job->reader->info;
	const struct image *to;

	if (prepare_target(job, (int)info->output_height,
	    (int)info->output_width) < 0)
		return fail_last();
	to = job->picture != NULL ? &job->picture->image : job->image;
	if (info->out_color_space == JCS_CMYK)
		read_inks(job->reader, to);
	else
		read_rows(info, to, 0);
	return 0;
}

static int
decode(const struct job *job)
{
	struct jpeg_reader *r = job->reader;
	struct jpeg_decompress_struct *info = &r->info;
	int rc;

	jpeg_create_decompress(info);
	info->progress = &r->progress;
	jpeg_mem_src(info, job->bytes, (unsigned long)job->size);
	jpeg_read_header(info, TRUE);
	if (check_claims(r, job->max_pixels) < 0 || choose_colours(info) < 0 ||
	    (job->part != NULL && check_part(job) < 0) ||
	    buf_reserve(&r->row, 4 * (size_t)info->image_width) < 0)
		return fail_last();
	jpeg_start_decompress(info);
	rc = job->part != NULL && info->out_color_space != JCS_CMYK ?
	    read_part(job) : read_whole(job);
	if (rc == 0)
		pass_to_end(r);
	return rc;
}

/* A failure inside libjpeg comes out as ours. */
static int
guarded_decode(const struct job *job)
{
	if (setjmp(job->reader->trap.back) != 0)
		return fail_last();
	return decode(job);
}

struct jpeg_reader *
jpeg_reader_new(void)
{
	struct jpeg_reader *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		fail_memory(sizeof(*r));
		return NULL;
	}
	trap_init(&r->trap);
	r->info.err = &r->trap.errors;
	r->info.client_data = r;
	r->progress.progress_monitor = on_progress;
	return r;
}

void
jpeg_reader_free(struct jpeg_reader *r)
{
	if (r == NULL)
		return;
	buf_free(&r->row);
	picture_free(&r->corner);
	free(r);
}

static int
run(struct jpeg_reader *r, const struct job *job)
{
	int rc;

	if (job->size == 0)
		return fail(FAIL_FORMAT, "empty file");
	rc = guarded_decode(job);
	jpeg_destroy_decompress(&r->info);
	return rc;
}

int
jpeg_read(struct jpeg_reader *r, struct picture *to, const void *bytes,
    size_t size, int64_t max_pixels)
{
	return run(r, &(struct job){ .reader = r, .picture = to,
	    .bytes = bytes, .size = size, .max_pixels = max_pixels });
}

int
jpeg_read_part(struct jpeg_reader *r, struct picture *to, struct rect *part,
    int shrink, const void *bytes, size_t size, int64_t max_pixels)
{
	return run(r, &(struct job){ .reader = r, .picture = to,
	    .part = part, .shrink = shrink, .bytes = bytes, .size = size,
	    .max_pixels = max_pixels });
}

int
jpeg_check(struct jpeg_reader *r, const void *bytes, size_t size,
    int64_t max_pixels)
{
	struct rect one = { 0, 0, 1, 1 };

	return jpeg_read_part(r, &r->corner, &one, DCTSIZE, bytes, size,
	    max_pixels);
}

int
jpeg_read_into(struct jpeg_reader *r, const struct image *to,
    const void *bytes, size_t size, int64_t max_pixels)
{
	return run(r, &(struct job){ .reader = r, .image = to,
	    .bytes = bytes, .size = size, .max_pixels = max_pixels });
}

#define WRITE_STEP 4096

/* A compressor that grows a buf. */
struct jpeg_writer {
	struct jpeg_compress_struct info;
	struct trap trap;
	struct jpeg_destination_mgr to;
	struct buf *buf;
	const struct image *from;
	int quality;
};

static boolean
more_room(j_compress_ptr info)
{
	struct jpeg_writer *w = info->client_data;

	if (buf_reserve(w->buf, WRITE_STEP) < 0)
		leave((j_common_ptr)info);
	w->to.next_output_byte = w->buf->data + w->buf->size;
	w->to.free_in_buffer = w->buf->room - w->buf->size;
	return TRUE;
}

static void
begin_output(j_compress_ptr info)
{
	more_room(info);
}

/* libjpeg calls this with the whole room used, whatever is left says. */
static boolean
next_output(j_compress_ptr info)
{
	struct jpeg_writer *w = info->client_data;

	w->buf->size = w->buf->room;
	return more_room(info);
}

static void
end_output(j_compress_ptr info)
{
	struct jpeg_writer *w = info->client_data;

	w->buf->size = w->buf->room - w->to.free_in_buffer;
}

static void
encode(struct jpeg_writer *w)
{
	struct jpeg_compress_struct *info = &w->info;

	jpeg_create_compress(info);
	info->client_data = w;
	info->dest = &w->to;
	info->image_width = (JDIMENSION)w->from->width;
	info->image_height = (JDIMENSION)w->from->height;
	info->input_components = w->from->channels;
	info->in_color_space = w->from->channels == 1 ? JCS_GRAYSCALE :
	    JCS_RGB;
	jpeg_set_defaults(info);
	jpeg_set_quality(info, w->quality, TRUE);
	jpeg_start_compress(info, TRUE);
	while (info->next_scanline < info->image_height) {
		JSAMPROW row = w->from->data +
		    (size_t)info->next_scanline * w->from->stride;

		jpeg_write_scanlines(info, &row, 1);
	}
	jpeg_finish_compress(info);
}

static int
guarded_encode(struct jpeg_writer *w)
{
	if (setjmp(w->trap.back) != 0)
		return fail_last();
	encode(w);
	return 0;
}

int
jpeg_write(struct buf *to, const struct image *from, int quality)
{
	struct jpeg_writer w = { .buf = to, .from = from, .quality = quality };
	const size_t before = to->size;
	int rc;

	if (from->channels != 1 && from->channels != 3)
		return fail(FAIL_USAGE, "a JPEG of %d channels",
		    from->channels);
	trap_init(&w.trap);
	w.info.err = &w.trap.errors;
	w.to.init_destination = begin_output;
	w.to.empty_output_buffer = next_output;
	w.to.term_destination = end_output;
	rc = guarded_encode(&w);
	jpeg_destroy_compress(&w.info);
	if (rc < 0)
		to->size = before;
	return rc;
}
