/* SPDX-License-Identifier: MIT */
#include "image/jpeg.h"

#include <stdlib.h>

#include "base/rng.h"
#include "image/resize.h"
#include "tap.h"

/* Files made with Pillow, and the pixels it reads from them. */
static const char *const files[] = { "colour", "full", "gray", "progressive",
	"turned", "cmyk", "inks", "ycck", "arithmetic" };

#define N_FILES (sizeof(files) / sizeof(files[0]))

static struct buf
load(const char *name, const char *extension)
{
	const char *tests = getenv("TESTS");
	struct buf b = { 0 };
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/data/%s.%s",
	    tests != NULL ? tests : "tests", name, extension);
	f = fopen(path, "rb");
	if (f == NULL || buf_reserve(&b, 1 << 16) < 0) {
		printf("Bail out! cannot read %s\n", path);
		exit(1);
	}
	b.size = fread(b.data, 1, 1 << 16, f);
	fclose(f);
	return b;
}

/* Pixels of a P6 file of 3 lines of header. */
static const unsigned char *
pixels_of(const struct buf *ppm, int *width, int *height)
{
	int used = 0;

	if (sscanf((const char *)ppm->data, "P6 %d %d 255%n", width, height,
	    &used) != 2 || used == 0) {
		printf("Bail out! no PPM\n");
		exit(1);
	}
	return ppm->data + used + 1;
}

static void
test_file(struct jpeg_reader *r, const char *name)
{
	struct buf jpg = load(name, "jpg"), ppm = load(name, "ppm");
	struct picture p = { 0 };
	struct jpeg_info info;
	int width, height;
	const unsigned char *want = pixels_of(&ppm, &width, &height);

	is_int(jpeg_look(jpg.data, jpg.size, &info), 0, "%s: look", name);
	ok(info.width == width && info.height == height, "%s: size", name);
	is_int(info.orientation, strcmp(name, "turned") == 0 ? 6 : 1,
	    "%s: orientation", name);
	is_int(jpeg_read(r, &p, jpg.data, jpg.size, JPEG_MAX_PIXELS), 0,
	    "%s: read", name);
	ok(p.image.width == width && p.image.height == height &&
	    p.image.channels == 3 && memcmp(p.image.data, want,
	    (size_t)width * (size_t)height * 3) == 0, "pitfall 34: %s: Pillow's "
	    "pixels, three channels", name);
	is_int(jpeg_read(r, &p, jpg.data, jpg.size, width * height - 1),
	    FAIL_LIMIT, "%s: one pixel too many", name);
	picture_free(&p);
	buf_free(&jpg);
	buf_free(&ppm);
}

/* Cut anywhere, a file is refused; in a copy of its own, so that reading
 * past the end does not go unnoticed by a sanitizer. */
static void
test_cut(struct jpeg_reader *r, const char *name)
{
	struct buf jpg = load(name, "jpg");
	struct picture p = { 0 };
	struct jpeg_info info;
	int taken = 0, silent = 0;

	for (size_t n = 0; n < jpg.size; n++) {
		unsigned char *copy = malloc(n + 1);

		memcpy(copy, jpg.data, n);
		taken += jpeg_read(r, &p, copy, n, JPEG_MAX_PIXELS) == 0;
		silent += *fail_text() == '\0';
		if (jpeg_look(copy, n, &info) < 0)
			silent += *fail_text() == '\0';
		free(copy);
	}
	is_int(taken, 0, "%s: refused wherever it is cut", name);
	is_int(silent, 0, "%s: with a reason", name);
	picture_free(&p);
	buf_free(&jpg);
}

/* Whatever is done to its bytes, nothing worse than a failure comes of it. */
static void
test_damage(struct jpeg_reader *r, const char *name)
{
	struct buf jpg = load(name, "jpg");
	struct picture p = { 0 };
	int refused = 0;

	for (unsigned round = 0; round < 2000; round++) {
		struct rng g = rng_at(1, round, 0, 0, 1);
		const size_t at = (size_t)rng_below(&g, jpg.size);
		const unsigned char before = jpg.data[at];

		jpg.data[at] = (unsigned char)rng_u32(&g);
		refused += jpeg_read(r, &p, jpg.data, jpg.size,
		    1 << 22) < 0;
		jpg.data[at] = before;
	}
	ok(refused > 0 && refused < 2000, "%s: %d of 2000 changes refused",
	    name, refused);
	is_int(jpeg_read(r, &p, jpg.data, jpg.size, JPEG_MAX_PIXELS), 0,
	    "%s: the reader is as good as new", name);
	picture_free(&p);
	buf_free(&jpg);
}

/* Sets the size in the frame header. */
static void
claim(struct buf *jpg, unsigned width, unsigned height)
{
	for (size_t i = 2; i + 9 < jpg->size; i++)
		if (jpg->data[i] == 0xFF && (jpg->data[i + 1] == 0xC0 ||
		    jpg->data[i + 1] == 0xC2 || jpg->data[i + 1] == 0xC9)) {
			jpg->data[i + 5] = (unsigned char)(height >> 8);
			jpg->data[i + 6] = (unsigned char)height;
			jpg->data[i + 7] = (unsigned char)(width >> 8);
			jpg->data[i + 8] = (unsigned char)width;
			return;
		}
}

static void
test_claims(struct jpeg_reader *r, const char *name)
{
	struct buf jpg = load(name, "jpg");
	struct picture p = { 0 };

	claim(&jpg, 65500, 65500);
	is_int(jpeg_read(r, &p, jpg.data, jpg.size, JPEG_MAX_PIXELS),
	    FAIL_LIMIT, "%s: 65500x65500 px is over the limit", name);
	claim(&jpg, 13000, 13000);
	is_int(jpeg_read(r, &p, jpg.data, jpg.size, JPEG_MAX_PIXELS),
	    FAIL_LIMIT, "%s: 13000x13000 px is not believed", name);
	is_int((long long)p.bytes.room, 0, "%s: and takes no memory", name);
	claim(&jpg, 2000, 2000);
	ok(jpeg_read(r, &p, jpg.data, jpg.size, JPEG_MAX_PIXELS) < 0,
	    "%s: 2000x2000 px end early", name);
	picture_free(&p);
	buf_free(&jpg);
}

/* An arithmetic decoder makes up data after the scan's end: bytes that follow
 * the image do not count. */
static void
test_short_scan(struct jpeg_reader *r)
{
	struct buf jpg = load("arithmetic", "jpg");
	struct picture p = { 0 };
	const size_t size = jpg.size;
	static const unsigned char scan[] = { 1, 0xFF, 0, 2, 0xFF, 0xD3, 3,
		0xFF, 0xFF, 0, 4, 0xFF, 0xD9, 0xFF };

	if (buf_reserve(&jpg, 1 << 18) < 0)
		exit(1);
	memset(jpg.data + size, 0, 1 << 18);
	jpg.size = size + (1 << 18);
	is_int(jpeg_read(r, &p, jpg.data, jpg.size, JPEG_MAX_PIXELS), 0,
	    "more bytes after an image");
	claim(&jpg, 13000, 13000);
	is_int(jpeg_read(r, &p, jpg.data, jpg.size, JPEG_MAX_PIXELS),
	    FAIL_LIMIT, "a large claim and a short scan");
	is_int(jpeg_check(r, jpg.data, jpg.size, JPEG_MAX_PIXELS), FAIL_LIMIT,
	    "... checked");
	is_int((long long)jpeg_scan_bytes(scan, sizeof(scan)), 11,
	    "a scan's bytes");
	is_int((long long)jpeg_scan_bytes(scan, 11), 11, "... without an end");
	is_int((long long)jpeg_scan_bytes(scan, 12), 12, "... half an end");
	is_int((long long)jpeg_scan_bytes(scan, 0), 0, "... none");
	picture_free(&p);
	buf_free(&jpg);
}

static void
test_orient(void)
{
	/* 2x3 pixels a b / c d / e f, by orientation (TIFF 6.0, page 36). */
	static const char *const want[] = { "abcdef", "badcfe", "fedcba",
		"efcdab", "acebdf", "ecafdb", "fdbeca", "bdface" };
	unsigned char pixels[] = "abcdef";
	const struct image from = { .data = pixels, .height = 3, .width = 2,
		.channels = 1, .stride = 2 };
	struct picture p = { 0 };

	for (int o = 1; o <= 8; o++) {
		char got[7] = "";

		is_int(picture_orient(&p, &from, o), 0, "orientation %d", o);
		memcpy(got, p.image.data, 6);
		is_text(got, want[o - 1], "orientation %d: pixels", o);
		is_int(p.image.height, o > 4 ? 2 : 3, "orientation %d: height",
		    o);
	}
	picture_free(&p);
}

static void
test_write(struct jpeg_reader *r, int channels, int height, int width)
{
	struct picture from = { 0 }, back = { 0 };
	struct buf first = { 0 }, second = { 0 };
	double error = 0;

	if (picture_resize(&from, height, width, channels) < 0)
		exit(1);
	for (size_t i = 0; i < from.bytes.size; i++)
		from.image.data[i] = (unsigned char)
		    (i / (size_t)channels % (size_t)width * 2 + 40);
	is_int(jpeg_write(&first, &from.image, 95), 0, "write %dx%dx%d",
	    width, height, channels);
	is_int(jpeg_write(&second, &from.image, 95), 0, "write again");
	ok(first.size == second.size &&
	    memcmp(first.data, second.data, first.size) == 0,
	    "the same bytes");
	is_int(jpeg_read(r, &back, first.data, first.size, JPEG_MAX_PIXELS),
	    0, "read back: %s", fail_text());
	for (size_t i = 0; i < back.bytes.size; i++)
		error += abs(back.image.data[i] - from.image.data[channels == 3
		    ? i : i / 3]);
	ok(error / (double)back.bytes.size < 3, "near what was written");
	buf_free(&first);
	buf_free(&second);
	picture_free(&from);
	picture_free(&back);
}

/* The size in the middle; numbers from Pillow and torchvision. */
static void
test_resize(void)
{
	static unsigned char ramp[7 * 4 * 3];
	const struct image from = { .data = ramp, .height = 4, .width = 7,
		.channels = 3, .stride = 21 };
	unsigned char out[3 * 3 * 3], thin[65500 * 3];
	const struct image to = { .data = out, .height = 3, .width = 3,
		.channels = 3, .stride = 9 };
	const struct image line = { .data = thin, .height = 1, .width = 65500,
		.channels = 3, .stride = sizeof(thin) };
	static const unsigned char want[] = { 40, 69, 98, 76, 105, 134,
		112, 141, 170 };
	struct resize_room room = { 0 };
	int wrong = 0;

	for (size_t i = 0; i < sizeof(ramp); i++)
		ramp[i] = (unsigned char)(20 * (i / 3 % 7) + 30 * (i / 21) +
		    i % 3);
	is_int(resize_and_crop(&to, &from, 3, RESIZE_BILINEAR,
	    &room), 0, "resize 7x4 to 3");
	for (size_t i = 0; i < 9; i++)
		wrong += out[3 * i] != want[i];
	is_int(wrong, 0, "Pillow's pixels");
	memset(thin, 77, sizeof(thin));
	is_int(resize_and_crop(&to, &line, 3, RESIZE_BILINEAR,
	    &room), 0, "resize 65500x1 to 3");
	ok(out[0] == 77 && out[26] == 77, "of one colour");
	resize_room_free(&room);
}

/* Any part has the whole picture's pixels. */
static void
test_parts(struct jpeg_reader *r, const char *name, const struct buf *jpg,
    int shrink)
{
	struct picture whole = { 0 }, part = { 0 };
	struct rng draw = rng_at(4, 0, jpg->size, 0, 1);
	int wrong = 0, larger = 0;
	struct jpeg_info info;
	struct rect all = { 0, 0, 0, 0 };

	if (jpeg_look(jpg->data, jpg->size, &info) < 0)
		info.width = info.height = 1;
	all.width = (info.width + shrink - 1) / shrink;
	all.height = (info.height + shrink - 1) / shrink;
	if ((shrink == 1 ? jpeg_read(r, &whole, jpg->data, jpg->size,
	    JPEG_MAX_PIXELS) : jpeg_read_part(r, &whole, &all, shrink,
	    jpg->data, jpg->size, JPEG_MAX_PIXELS)) < 0) {
		ok(false, "%s: %s", name, fail_text());
		return;
	}
	ok(whole.image.width == all.width && whole.image.height == all.height,
	    "%s: %d times smaller", name, shrink);
	for (int i = 0; i < 300; i++) {
		const int w = whole.image.width, h = whole.image.height;
		const int x = (int)rng_below(&draw, (uint64_t)w);
		const int y = (int)rng_below(&draw, (uint64_t)h);
		const struct rect want = { x, y,
			(int)rng_below(&draw, (uint64_t)(w - x)) + 1,
			(int)rng_below(&draw, (uint64_t)(h - y)) + 1 };
		struct rect got = want;
		bool good = jpeg_read_part(r, &part, &got, shrink,
		    jpg->data, jpg->size, JPEG_MAX_PIXELS) == 0;
		struct image a, b;

		good = good && got.x <= x && got.y <= y
		    && got.x + got.width >= x + want.width
		    && got.y + got.height >= y + want.height
		    && part.image.width == got.width
		    && part.image.height == got.height;
		if (!good) {
			wrong++;
			continue;
		}
		larger += got.width > want.width + 40;
		a = image_crop(&whole.image, x, y, want.width, want.height);
		b = image_crop(&part.image, x - got.x, y - got.y, want.width,
		    want.height);
		for (int row = 0; row < want.height; row++)
			good = good && memcmp(a.data + (size_t)row * a.stride,
			    b.data + (size_t)row * b.stride,
			    (size_t)want.width * 3) == 0;
		wrong += !good;
	}
	is_int(wrong, 0, "%s: parts are parts of the whole", name);
	ok(larger == 0 || whole.image.width < 200, "%s: not much is decoded "
	    "in vain: %d", name, larger);
	is_int(jpeg_read_part(r, &part, &(struct rect){ 0, 0,
	    whole.image.width + 1, 1 }, shrink, jpg->data, jpg->size,
	    JPEG_MAX_PIXELS), FAIL_FORMAT, "%s: a part outside", name);
	picture_free(&whole);
	picture_free(&part);
}

static void
test_all_parts(struct jpeg_reader *r)
{
	struct rng draw = rng_at(6, 0, 0, 0, 1);
	struct picture p = { 0 };
	struct buf jpg = { 0 };

	for (size_t i = 0; i < N_FILES; i++) {
		struct buf file = load(files[i], "jpg");

		for (int shrink = 1; shrink <= 8; shrink *= 2)
			test_parts(r, files[i], &file, shrink);
		buf_free(&file);
	}
	if (picture_resize(&p, 301, 419, 3) < 0)
		exit(1);
	for (size_t i = 0; i < p.bytes.size; i++)
		p.image.data[i] = (unsigned char)(rng_below(&draw, 60) + i % 3
		    * 40 + i / 30 % 100);
	if (jpeg_write(&jpg, &p.image, 80) < 0)
		exit(1);
	for (int shrink = 1; shrink <= 8; shrink *= 2)
		test_parts(r, "noise of 419x301 px, 4:2:0", &jpg, shrink);
	picture_free(&p);
	buf_free(&jpg);
}

int
main(void)
{
	struct jpeg_reader *r = jpeg_reader_new();

	if (r == NULL) {
		printf("Bail out! %s\n", fail_text());
		return 1;
	}
	for (size_t i = 0; i < N_FILES; i++) {
		test_file(r, files[i]);
		test_cut(r, files[i]);
		test_damage(r, files[i]);
	}
	test_claims(r, "colour");
	test_claims(r, "progressive");
	test_claims(r, "cmyk");
	test_short_scan(r);
	test_orient();
	test_write(r, 3, 30, 40);
	test_write(r, 1, 17, 9);
	test_write(r, 3, 1, 1);
	test_write(r, 3, 200, 60);
	test_resize();
	test_all_parts(r);
	jpeg_reader_free(r);
	return tap_done();
}
