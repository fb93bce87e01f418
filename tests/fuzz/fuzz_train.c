/* SPDX-License-Identifier: MIT */
/* Anything as a stream of views: a few steps of a tiny network. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "train/loop.h"

const struct fuzz_target fuzz_target = { .choices = 1, .is_stream = true };

struct args {
	struct train_config train;
};

static const struct opt opts[] = { TRAIN_OPTIONS(struct args) };
#define N_OPTS (sizeof(opts) / sizeof(opts[0]))

static void
configure(struct args *a, char *method, int how)
{
	const bool keys = strcmp(method, "moco") == 0 ||
	    strcmp(method, "clsa") == 0;
	char *argv[] = { "x", "--method", method, "--stem", "cifar", "--width",
		"1", "--projector", "4-bn-relu-3", "--total-steps", "3",
		"--steps", "3", "--queue", keys ? "8" : "0", NULL };
	struct opt_said said;

	fuzz_must(opt_parse(opts, N_OPTS, a, 15, argv, &said));
	if (strcmp(method, "byol") == 0)
		a->train.predictor = "4-relu-3";
	a->train.symmetric = how & 8;
	a->train.groups = how & 16 ? 2 : a->train.groups;
	a->train.microbatch = how & 32 ? 1 : 0;
}

/* The same stream is the labelled one, where the method wants one. */
static void
run(struct train *t, struct stream_in *in, struct stream_in *support,
    struct kernel *k)
{
	struct batch *b = batch_new(in, k, &t->norm, t->run.row, 0);

	if (b == NULL || (support != NULL && batch_support(b, support,
	    t->support_end) < 0) || train_run(t, b) < 0)
		fuzz_failed();
	else
		train_tell_end(t);
	batch_free(b);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	static char *const methods[] = { "byol", "moco", "simclr", "supcon",
		"npair", "clsa", "suncet", "byol" };
	static struct kernel *k;
	struct stream_in *in, *support = NULL;
	unsigned char *packed;
	struct train t;
	struct args a;
	size_t n;

	if (k == NULL && (k = kernel_new(fuzz_pool())) == NULL)
		abort();
	if (size < 1)
		return 0;
	packed = fuzz_pack(bytes + 1, size - 1, 0, &n);
	in = stream_open_bytes(packed, n);
	configure(&a, methods[bytes[0] & 7], bytes[0]);
	if (in != NULL && strcmp(a.train.method, "suncet") == 0)
		support = stream_open_bytes(packed, n);
	if (in == NULL || train_init(&t, &a.train, k, stream_head(in), NULL,
	    false) < 0) {
		fuzz_failed();
	} else {
		run(&t, in, support, k);
		train_fini(&t);
	}
	stream_close(in);
	stream_close(support);
	free(packed);
	return 0;
}
