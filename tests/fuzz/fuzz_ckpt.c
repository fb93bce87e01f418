/* SPDX-License-Identifier: MIT */
/*
 * Anything as a checkpoint: as ssl-encode loads it, and as ssl-train begins
 * with it or goes on with it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "train/infer.h"
#include "train/resume.h"
#include "train/restore.h"

const struct fuzz_target fuzz_target = { .choices = 1, .is_stream = true };

struct args {
	struct train_config train;
};

static const struct opt opts[] = { TRAIN_OPTIONS(struct args) };
#define N_OPTS (sizeof(opts) / sizeof(opts[0]))

static struct kernel *
kernel(void)
{
	static struct kernel *k;

	if (k == NULL && (k = kernel_new(fuzz_pool())) == NULL)
		abort();
	return k;
}

/* Two small images through the network. */
static void
use(struct infer *f, bool heads)
{
	static unsigned char pixels[2 * 4 * 4 * BATCH_CHANNELS];
	const size_t channels = (size_t)infer_channels(f);
	const struct tensor t = { .dtype = DTYPE_U1, .n_dims = 4,
		.shape = { 2, 4, 4, channels }, .data = pixels,
		.bytes = 32 * channels };
	const int sizes[3] = { infer_features(f),
		heads ? infer_projections(f) : 0,
		heads ? infer_predictions(f) : 0 };
	float *out[3] = { NULL };
	struct infer_part part = { .pixels = &t, .n = 2 };
	int bad;

	for (int i = 0; i < 3; i++)
		if (sizes[i] > 0 && (out[i] = malloc((size_t)sizes[i] * 2 *
		    sizeof(float))) == NULL)
			return;
	part.feature = out[0];
	part.projection = out[1];
	part.prediction = out[2];
	if (infer_size(f, &t) < 0 || infer_run(f, &part, 1, &bad) < 0)
		fuzz_failed();
	for (int i = 0; i < 3; i++)
		free(out[i]);
}

static void
encode(const char *path, int how)
{
	double mean[BATCH_CHANNELS], std[BATCH_CHANNELS];
	struct ckpt *c = ckpt_read(path);
	struct infer *f = NULL;
	int n = 0;

	if (c != NULL)
		n = ckpt_get_floats(ckpt_head(c), "mean", mean,
		    BATCH_CHANNELS);
	if (n > 0 && ckpt_get_floats(ckpt_head(c), "std", std,
	    BATCH_CHANNELS) == n)
		f = infer_new(kernel(), c, how & 1 ? "target" : "online",
		    how & 2, mean, std, n);
	if (f != NULL)
		use(f, how & 2);
	else if (c == NULL || n < 0)
		fuzz_failed();
	infer_free(f);
	ckpt_free(c);
}

/* A run as it would begin, described as its own checkpoint would be. */
static void
begin(struct ckpt *c, const struct agree_line *line, struct args *a)
{
	struct head views = { 0 }, head = { 0 };
	struct buf text = { 0 };
	struct train t;

	fuzz_must(head_init(&views, "samples"));
	if (resume_begin(c, line, &views, a, &a->train) < 0 ||
	    train_init(&t, &a->train, kernel(), &views, c,
	    a->train.resume != NULL) < 0) {
		fuzz_failed();
	} else {
		if (resume_describe(&t, &views, NULL, line, true, &head) < 0 ||
		    restore_text(&head.meta, &text) < 0)
			fuzz_failed();
		train_fini(&t);
	}
	buf_free(&text);
	head_free(&head);
	head_free(&views);
}

static void
train(char *path, int how)
{
	static char *const methods[] = { "byol", "moco", "simclr", "suncet" };
	char *argv[] = { "x", how & 4 ? "--resume" : "--init", path,
		"--resume-anyway", "--method", methods[how >> 3 & 3],
		"--total-steps", "10", "--queue", "64", NULL };
	static char *short_argv[] = { "x", "--resume", NULL, NULL };
	struct opt_said said;
	struct args a;
	struct ckpt *c;
	struct running r = { 0 };
	const struct agree_line line = { opts, N_OPTS, &said, &a, &a.train };

	short_argv[2] = path;
	if (!(how & 4))		/* --resume-anyway goes with --resume */
		argv[3] = "--nesterov";
	fuzz_must(how & 32 ? opt_parse(opts, N_OPTS, &a, 3, short_argv, &said) :
	    opt_parse(opts, N_OPTS, &a, 10, argv, &said));
	if (resume_open(&a.train, &line, &r, "-", &c) < 0) {
		fuzz_failed();
	} else {
		begin(c, &line, &a);
		ckpt_free(c);
	}
	running_free(&r);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	char path[FUZZ_PATH];
	int fd;

	if (size < 1)
		return 0;
	fd = fuzz_stream(bytes + 1, size - 1, path);
	if (bytes[0] & 64)
		encode(path, bytes[0]);
	else
		train(path, bytes[0]);
	close(fd);
	return 0;
}
