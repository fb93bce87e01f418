/* SPDX-License-Identifier: MIT */
#include "augment/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "augment/ops.h"
#include "base/num.h"
#include "image/geom.h"
#include "image/tone.h"

/* Numbers follow the name as in `form`: 'i' a whole one, 'f' any, 'R' a
 * filter's name; other letters stand for themselves. */
struct chain_row {
	const char *name, *form;
	double min, max;		/* of every number */
	int (*apply)(struct aug_canvas *, const double *numbers,
	    enum resize_filter);
};

#define FUNCTION(name) \
	static int \
	name(struct aug_canvas *c, const double *n, enum resize_filter filter)

#define PICTURE (&c->picture.image)

FUNCTION(crop)
{
	const struct image *m = PICTURE;
	struct image part;

	if (n[2] < 1 || n[3] < 1 || n[0] + n[2] > m->width
	    || n[1] + n[3] > m->height)
		return fail(FAIL_USAGE, "%gx%g at %g,%g does not lie inside "
		    "%dx%d", n[2], n[3], n[0], n[1], m->width, m->height);
	part = image_crop(m, (int)n[0], (int)n[1], (int)n[2], (int)n[3]);
	return aug_resize(c, &part, part.height, part.width, filter);
}

FUNCTION(resize)
{
	if (n[0] < 1 || n[1] < 1)
		return fail(FAIL_USAGE, "%gx%g px", n[0], n[1]);
	return aug_resize(c, PICTURE, (int)n[1], (int)n[0], filter);
}

#define TONE(name, call) \
	FUNCTION(name) \
	{ \
		(void)n; \
		(void)filter; \
		call; \
		return 0; \
	}

TONE(flip, geom_flip(PICTURE))
TONE(brightness, tone_brightness(PICTURE, (float)n[0]))
TONE(contrast, tone_contrast(PICTURE, (float)n[0]))
TONE(saturation, tone_saturation(PICTURE, (float)n[0]))
TONE(hue, tone_hue(PICTURE, n[0]))
TONE(gray, tone_gray(PICTURE))
TONE(solarize, tone_solarize(PICTURE, (int)n[0]))
TONE(posterize, tone_posterize(PICTURE, (int)n[0]))
TONE(autocontrast, tone_autocontrast(PICTURE))
TONE(equalize, tone_equalize(PICTURE))
TONE(invert, tone_invert(PICTURE))

FUNCTION(sharpness)
{
	(void)filter;
	return tone_sharpness(PICTURE, (float)n[0], &c->other);
}

FUNCTION(blur)
{
	(void)filter;
	if (n[0] <= 0 || (int)n[1] % 2 == 0)
		return fail(FAIL_USAGE, "sigma %g must be above 0 and taps %g "
		    "odd", n[0], n[1]);
	return blur_gauss(PICTURE, n[0], (int)n[1], BLUR_REFLECT, &c->blur);
}

#define AFFINE(name, b, x, d, y) \
	FUNCTION(name) \
	{ \
		const double m[6] = { 1, b, x, d, 1, y }; \
		(void)filter; \
		return aug_affine(c, m); \
	}

AFFINE(shearx, n[0], 0, 0, 0)
AFFINE(sheary, 0, 0, n[0], 0)
AFFINE(translatex, 0, n[0], 0, 0)
AFFINE(translatey, 0, 0, 0, n[0])

FUNCTION(rotate)
{
	(void)filter;
	if (aug_turn_over(c, PICTURE->height, PICTURE->width) < 0)
		return fail_last();
	geom_rotate(PICTURE, &c->other.image, n[0]);
	return 0;
}

static const struct chain_row rows[] = {
	{ "autocontrast", "", 0, 0, autocontrast },
	{ "blur", "f:i", 0, BLUR_TAPS, blur },
	{ "brightness", "f", 0, 1e6, brightness },
	{ "contrast", "f", 0, 1e6, contrast },
	{ "crop", "i,i,i,i", 0, 1 << 20, crop },
	{ "equalize", "", 0, 0, equalize },
	{ "flip", "", 0, 0, flip },
	{ "gray", "", 0, 0, gray },
	{ "hue", "f", -0.5, 0.5, hue },
	{ "invert", "", 0, 0, invert },
	{ "posterize", "i", 0, 8, posterize },
	{ "resize", "ixi:R", 0, 65535, resize },
	{ "rotate", "f", -1e6, 1e6, rotate },
	{ "saturation", "f", 0, 1e6, saturation },
	{ "sharpness", "f", 0, 1e6, sharpness },
	{ "shearx", "f", -1e3, 1e3, shearx },
	{ "sheary", "f", -1e3, 1e3, sheary },
	{ "solarize", "i", 0, 256, solarize },
	{ "translatex", "f", -1e6, 1e6, translatex },
	{ "translatey", "f", -1e6, 1e6, translatey },
};

static const struct chain_row *
find_row(const char *name, size_t size)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == size
		    && memcmp(rows[i].name, name, size) == 0)
			return &rows[i];
	return NULL;
}

static int
parse_number(const char **text, const struct chain_row *row, char kind,
    double *to)
{
	const size_t size = strspn(*text, "+-.0123456789eE");
	char word[64];
	int64_t whole;

	if (size >= sizeof(word))
		return fail(FAIL_USAGE, "a number of %zu characters", size);
	snprintf(word, sizeof(word), "%.*s", (int)size, *text);
	*text += size;
	if (kind == 'f')
		return num_float(word, row->min, row->max, to);
	if (num_int(word, (int64_t)row->min, (int64_t)row->max, &whole) < 0)
		return fail_last();
	*to = (double)whole;
	return 0;
}

static int
parse_filter(const char **text, enum resize_filter *to)
{
	static const char *const names[] = { "bilinear", "bicubic" };

	for (int i = 0; i < 2; i++) {
		const size_t size = strlen(names[i]);

		if (strncmp(*text, names[i], size) == 0) {
			*text += size;
			*to = i == 0 ? RESIZE_BILINEAR : RESIZE_BICUBIC;
			return 0;
		}
	}
	return fail(FAIL_USAGE, "bilinear or bicubic is wanted, not '%s'",
	    *text);
}

static int
parse_form(struct chain *ch, const char **text)
{
	const struct chain_row *row = ch->links[ch->n].row;
	double *number = ch->links[ch->n].numbers;

	for (const char *f = row->form; *f != '\0'; f++) {
		int rc = 0;

		if (*f == 'i' || *f == 'f')
			rc = parse_number(text, row, *f, number++);
		else if (*f == 'R')
			rc = parse_filter(text, &ch->links[ch->n].filter);
		else if (**text == *f)
			++*text;
		else
			rc = fail(FAIL_USAGE, "'%c' is wanted at '%s'", *f,
			    *text);
		if (rc < 0)
			return fail_note("%s", row->name);
	}
	return 0;
}

int
chain_parse(struct chain *ch, const char *text)
{
	ch->n = 0;
	while (*text != '\0') {
		const size_t size = strcspn(text, "=,");
		const struct chain_row *row = find_row(text, size);

		if (row == NULL)
			return fail(FAIL_USAGE, "there is no operation '%.*s'",
			    (int)size, text);
		if (ch->n == CHAIN_MOST)
			return fail(FAIL_USAGE, "more than %d operations",
			    CHAIN_MOST);
		ch->links[ch->n].row = row;
		text += size;
		if (*row->form != '\0' && *text++ != '=')
			return fail(FAIL_USAGE, "%s: '=' is wanted", row->name);
		if (parse_form(ch, &text) < 0)
			return fail_last();
		ch->n++;
		if (*text == '\0')
			return 0;
		if (*text++ != ',')
			return fail(FAIL_USAGE, "%s: a comma is wanted at "
			    "'%s'", row->name, text - 1);
	}
	return fail(FAIL_USAGE, "no operation at the end");
}

int
chain_apply(const struct chain *ch, struct aug_canvas *c,
    const struct image *source)
{
	const struct aug_source whole = aug_whole(source);

	c->source = &whole;
	c->is_floats = false;
	if (aug_bytes(c) < 0)
		return fail_last();
	for (int i = 0; i < ch->n; i++)
		if (ch->links[i].row->apply(c, ch->links[i].numbers,
		    ch->links[i].filter) < 0)
			return fail_note("%s", ch->links[i].row->name);
	return 0;
}
