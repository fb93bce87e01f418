/* SPDX-License-Identifier: MIT */
/* Anything as features: each score of them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "eval/eval.h"
#include "fuzz.h"

const struct fuzz_target fuzz_target = { .choices = 1, .is_stream = true };

/* A command line; what is NULL was not chosen. */
static int
line(char **argv, char *const *words, size_t n)
{
	int argc = 1;

	argv[0] = "x";
	for (size_t i = 0; i < n; i++)
		if (words[i] != NULL)
			argv[argc++] = words[i];
	argv[argc] = NULL;
	return argc;
}

static void
score(const struct eval *e, int argc, char **argv)
{
	static _Alignas(max_align_t) unsigned char args[EVAL_ARGS];
	struct buf scores = { 0 };
	struct opt_said said;

	fuzz_must(opt_parse(e->opts, e->n_opts, args, argc, argv, &said));
	if ((e->check != NULL && e->check(args, &said) < 0) ||
	    e->run(args, 1, fuzz_pool(), &scores) < 0)
		fuzz_failed();
	else if (scores.size == 0)
		abort();
	buf_free(&scores);
}

#define WORDS(...) (char *const []){ __VA_ARGS__ }, \
	sizeof((char *const []){ __VA_ARGS__ }) / sizeof(char *)

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	char path[FUZZ_PATH], *argv[32], *field;
	int how, fd, argc;

	if (size < 1)
		return 0;
	how = bytes[0] >> 2;
	field = how & 1 ? "image" : "feature";
	fd = fuzz_stream(bytes + 1, size - 1, path);
	switch (bytes[0] & 3) {
	case 0:
		argc = line(argv, WORDS("--train", path, "--test", path,
		    "--feature", field, how & 2 ? "--k=3" : NULL));
		score(&eval_knn, argc, argv);
		break;
	case 1:
		argc = line(argv, WORDS("--train", path, "--test", path,
		    "--feature", field, how & 2 ? "--epochs=2" : "--steps=10",
		    how & 2 ? "--optimizer=sgd" : NULL,
		    how & 4 ? "--l2=0" : "--l2=1e-3,1",
		    how & 8 ? "--per-class" : NULL,
		    how & 16 ? "--scale=none" : NULL));
		score(&eval_linear, argc, argv);
		break;
	default:
		argc = line(argv, WORDS("--test", path, "--feature", field,
		    how & 2 ? "--pair" : NULL, how & 2 ? path : NULL,
		    (how & 6) == 6 ? "--pair-feature=projection" : NULL));
		score(&eval_stats, argc, argv);
	}
	close(fd);
	return 0;
}
