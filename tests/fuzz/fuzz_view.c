/* SPDX-License-Identifier: MIT */
/*
 * Anything as a stream of samples, pixels or JPEG files: augmented, and as a
 * source of ssl-decode.
 */
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "source/dataset.h"
#include "source/feed.h"
#include "view/view.h"

const struct fuzz_target fuzz_target = { .choices = 1, .is_stream = true };

static int
give(void *arg, const struct rec *r)
{
	size_t n;

	(void)arg;
	fuzz_must(rec_samples(r, &n));
	return 0;
}

static void
augment(const unsigned char *bytes, size_t size, int how)
{
	static const char *const names[] = { "byol", "simclr-cifar", "clsa",
		"none", "mocov2", "weak-cifar", "imix", "linear" };
	static struct recipe r;
	struct view_config v = { .recipe = &r, .give = give,
		.only_index = how & 64 ? 3 : -1, .batch = how & 128 ? 3 : 0,
		.keep_image = how & 4, .draft = how & 1 };
	struct stream_in *in = stream_open_bytes(bytes, size);
	struct view_counts counts = { 0 };
	struct head h = { 0 };

	if (recipe_find(&r, recipe_builtin, names[how >> 3 & 7]) < 0)
		fuzz_must(recipe_find(&r, recipe_builtin, "byol"));
	recipe_resize(&r, 8);
	if (in == NULL || head_copy(&h, stream_head(in)) < 0 ||
	    view_describe(&h, &v) < 0 ||
	    view_run(in, fuzz_pool(), &v, &counts) < 0 ||
	    view_check_batch(&h, &v, &counts) < 0)
		fuzz_failed();
	head_free(&h);
	stream_close(in);
}

static int
feed(const struct source *s, struct order *o, int how)
{
	const struct feed_config c = { .size = how & 16 ? 8 : 0,
		.max_pixels = 100000, .max_bytes = (size_t)1 << 22,
		.keep_jpeg = (how & 48) == 32, .upright = (how & 96) == 64,
		.strict = how & 128 };
	struct feed *f = feed_new(s, o, fuzz_pool(), &c);
	const struct rec *r;
	int got = -1;

	for (int n = 0; f != NULL && n < 50 && (got = feed_next(f, &r)) > 0;
	    n++)
		fuzz_must(give(NULL, r));
	if (got >= 0)
		got = feed_report_bad(f);
	feed_free(f);
	return got;
}

static void
decode(char *path, int how)
{
	const struct order_config c = { .seed = 1, .shuffle = how & 4,
		.epochs = 2, .n_shards = 1, .batch = 3,
		.per_class = how & 8 ? 2 : 0 };
	struct source *s = source_open(&path, 1, NULL);
	struct order *o = s == NULL ? NULL : order_new(s, &c);
	struct head h = { 0 };

	if (o == NULL || source_describe(s, &h) < 0 ||
	    dataset_describe(&h, s, o) < 0 || feed(s, o, how) < 0 ||
	    source_report_lost(s, false) < 0)
		fuzz_failed();
	head_free(&h);
	order_free(o);
	source_close(s);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	char path[FUZZ_PATH];
	unsigned char *packed;
	size_t n;
	int fd;

	if (size < 1)
		return 0;
	packed = fuzz_pack(bytes + 1, size - 1, 0, &n);
	if (bytes[0] & 2) {
		fd = fuzz_file(packed, n, path);
		decode(path, bytes[0]);
		close(fd);
	} else {
		augment(packed, n, bytes[0]);
	}
	free(packed);
	return 0;
}
