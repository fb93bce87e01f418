/* SPDX-License-Identifier: MIT */
/*
 * Anything as the options of ssl-train, words with a NUL behind each: what is
 * accepted describes a run, and a small one begins.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "train/loop.h"
#include "train/preset.h"
#include "train/restore.h"
#include "train/resume.h"
#include "train/uses.h"

#define WORDS_MOST 62

struct args {
	struct train_config train;
};

static const struct opt opts[] = { TRAIN_OPTIONS(struct args) };
#define N_OPTS (sizeof(opts) / sizeof(opts[0]))

static const char *const words[] = { "--method", "byol", "moco", "simclr",
	"suncet", "clsa", "npair", "supcon", "--arch", "resnet18", "resnet50",
	"--width", "--projector", "d-bn-relu-128", "64nobias-relu-8", "none",
	"--predictor", "--queue", "--mean", "--std", "0.5,0.5,0.5", "--lr",
	"--optimizer", "lars", "--schedule", "step", "--milestones", "1,2,3",
	"--steps-per-epoch", "--total-steps", "--warmup-epochs", "--tap",
	"--init", "--resume", "--monitor", "--help", "--", "-", "=", "1e999",
	"nan", "-1", "99999999999999999999", NULL };
const struct fuzz_target fuzz_target = { .words = words };

/* A large network takes memory, as it should: not here. */
static bool
is_small(const struct train_config *c)
{
	const char *texts[2] = { c->projector, c->predictor };

	for (int i = 0; i < 2; i++)
		for (const char *p = texts[i]; p != NULL && *p != '\0'; p++)
			if (strspn(p, "0123456789") > 2)
				return false;
	return c->width <= 4 && c->width > 0 && c->channels <= 4 &&
	    c->queue <= 512 && c->projector_hidden <= 64 &&
	    c->projector_out <= 64 && c->predictor_hidden <= 64 &&
	    (c->projector != NULL || (c->projector_hidden > 0 &&
	    c->projector_out > 0)) &&
	    (c->predictor != NULL || c->predictor_hidden > 0);
}

static void
begin(struct args *a, const struct opt_said *said)
{
	const struct agree_line line = { opts, N_OPTS, said, a, &a->train };
	static struct kernel *k;
	struct head views = { 0 }, head = { 0 };
	struct buf text = { 0 };
	struct train t;

	if (k == NULL && (k = kernel_new(fuzz_pool())) == NULL)
		abort();
	fuzz_must(head_init(&views, "samples"));
	if (train_init(&t, &a->train, k, &views, NULL, false) < 0) {
		fuzz_failed();
	} else {
		if ((a->train.tap != NULL && tap_parse(&t.tap, a->train.tap,
		    &t.run) < 0) || resume_describe(&t, &views, NULL, &line,
		    true, &head) < 0 || restore_text(&head.meta, &text) < 0)
			fuzz_failed();
		train_fini(&t);
	}
	buf_free(&text);
	head_free(&head);
	head_free(&views);
}

static void
use(int argc, char **argv)
{
	struct opt_said said;
	struct buf text = { 0 };
	struct args a;

	if (opt_parse(opts, N_OPTS, &a, argc, argv, &said) < 0) {
		fuzz_failed();
		return;
	}
	if (said.help || said.complete) {
		fuzz_must(opt_help(opts, N_OPTS, &text));
		fuzz_must(opt_list(opts, N_OPTS, &text));
		buf_free(&text);
		return;
	}
	if (a.train.projector == NULL)
		a.train.projector = "4-bn-relu-3";
	if (a.train.predictor == NULL && strcmp(a.train.method, "byol") == 0)
		a.train.predictor = "4-relu-3";
	if (a.train.queue == 0)
		a.train.queue = 64;
	if (a.train.width > 4)
		a.train.width = 1;
	if (uses_check(opts, N_OPTS, &said, &a.train, NULL) < 0)
		fuzz_failed();
	if (is_small(&a.train))
		begin(&a, &said);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	char *argv[WORDS_MOST + 2], *text = malloc(size + 1);
	int argc = 0;

	if (text == NULL)
		return 0;
	memcpy(text, bytes, size);
	text[size] = '\0';
	argv[argc++] = "ssl-train";
	for (char *p = text; p < text + size && argc <= WORDS_MOST;
	    p += strlen(p) + 1)
		argv[argc++] = p;
	argv[argc] = NULL;
	use(argc, argv);
	free(text);
	return 0;
}
