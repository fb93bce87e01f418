/* SPDX-License-Identifier: MIT */
/*
 * Anything as a recipe's file, as changes to a recipe, or as a chain: applied
 * to an image, and a recipe's own text reads as the same recipe.
 */
#define _XOPEN_SOURCE 700
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "augment/chain.h"
#include "augment/recipe.h"
#include "fuzz.h"
#include "view/view.h"

static const char *const words[] = { "recipe ", "size", "mean", "std", "view",
	"weak", "strong", "pick times=", "each=", "| ", "p=", "crop", "area=",
	"ratio=", "flip", "jitter", "brightness=", "gray", "blur", "sigma=",
	"solarize", "pad", "centre", "cutout", "rotate", "shear", "translate",
	"posterize", "autocontrast", "equalize", "invert", "sharpness=",
	"resize=", "1.", "0.", "0.5..1", "/3", ",", "=", ":", "\n", "\t", "#",
	"nan", "inf", "1e308", "-1", "65535", "99999999999", NULL };
const struct fuzz_target fuzz_target = { .choices = 1, .words = words };

static int
give(void *arg, const struct rec *r)
{
	(void)arg;
	(void)r;
	return 0;
}

/* A stream of two small images. */
static struct buf image;

static void
make_image(void)
{
	const size_t shape[4] = { 2, 9, 7, 3 };
	struct head h = { 0 };
	struct rec r = { 0 };
	char path[] = "/tmp/fuzz-recipe-XXXXXX";
	int fd = mkstemp(path);
	struct stream_out *out;
	void *pixels;

	fuzz_must(head_init(&h, "samples"));
	fuzz_must(rec_add_tensor(&r, "image", DTYPE_U1, 4, shape, &pixels));
	for (int i = 0; i < 2 * 9 * 7 * 3; i++)
		((unsigned char *)pixels)[i] = (unsigned char)(i * 37);
	fuzz_must(rec_add_tensor(&r, "index", DTYPE_I8, 1, shape, &pixels));
	((int64_t *)pixels)[0] = 0;
	((int64_t *)pixels)[1] = 1;
	out = fd < 0 ? NULL : stream_create(path, 1, &h);
	if (out == NULL || stream_write(out, &r) < 0 || stream_finish(out) < 0 ||
	    buf_reserve(&image, 65536) < 0)
		fuzz_must(-1);
	close(fd);
	if ((fd = open(path, O_RDONLY)) < 0)
		abort();
	image.size = (size_t)read(fd, image.data, 65536);
	close(fd);
	unlink(path);
	rec_free(&r);
	head_free(&h);
}

static void
apply(const struct recipe *r, const struct chain *c)
{
	const struct view_config v = { .recipe = r, .chain = c, .give = give,
		.only_index = -1 };
	struct stream_in *in = stream_open_bytes(image.data, image.size);
	struct view_counts counts;
	struct head h = { 0 };

	if (in == NULL || head_copy(&h, stream_head(in)) < 0)
		abort();
	if (view_describe(&h, &v) < 0 ||
	    view_run(in, fuzz_pool(), &v, &counts) < 0)
		fuzz_failed();
	stream_close(in);
	head_free(&h);
}

/* The text of the recipe reads as one that has the same text. */
static void
write_text(const struct recipe *r)
{
	static struct recipe again;
	struct buf text = { 0 }, second = { 0 };

	fuzz_must(recipe_text(r, &text));
	fuzz_must(buf_append(&text, "", 1));
	fuzz_must(recipe_find(&again, (const char *)text.data, NULL));
	fuzz_must(recipe_text(&again, &second));
	if (second.size + 1 != text.size ||
	    memcmp(text.data, second.data, second.size) != 0)
		abort();
	buf_free(&text);
	buf_free(&second);
}

static int
read_recipe(struct recipe *r, const char *text, size_t size, int how)
{
	static const char *const names[] = { "byol", "simclr", "clsa",
		"clsa-multi", "suncet", "imix", "weak-cifar", "mocov2" };

	if (how % 3 == 0)
		return recipe_check_bytes(text, size) < 0 ||
		    recipe_find(r, text, NULL) < 0 ? -1 : 0;
	fuzz_must(recipe_find(r, recipe_builtin, names[how >> 3 & 7]));
	recipe_resize(r, 16);
	return recipe_change(r, text) < 0 ? -1 : 0;
}

static void
use(const char *text, size_t size, int how)
{
	static struct recipe r;
	static struct chain c;
	bool large = false;

	if (how % 3 == 2) {
		memset(&c, 0, sizeof(c));
		if (chain_parse(&c, text) < 0)
			fuzz_failed();
		else
			apply(NULL, &c);
		return;
	}
	if (read_recipe(&r, text, size, how) < 0) {
		fuzz_failed();
		return;
	}
	write_text(&r);
	for (int i = 0; i < r.n_views; i++)
		large = large || r.views[i].size > 300;
	if (!large)
		apply(&r, NULL);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	char *text;

	if (image.size == 0)
		make_image();
	if (size < 1 || (text = malloc(size)) == NULL)
		return 0;
	memcpy(text, bytes + 1, size - 1);
	text[size - 1] = '\0';
	use(text, size - 1, bytes[0]);
	free(text);
	return 0;
}
