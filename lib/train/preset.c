/* SPDX-License-Identifier: MIT */
#include "train/preset.h"

#include <stdio.h>
#include <string.h>

#define BYOL "--method byol --draw haiku --arch resnet50 --optimizer lars " \
	"--lr-scaling linear --warmup-epochs 10 "
#define MOCO "--method moco --arch resnet50 --queue 65536 --ema 0.999 " \
	"--optimizer sgd --lr 0.03 --weight-decay 1e-4 "
#define CIFAR "--arch resnet18 --stem cifar "
#define IMIX "--arch resnet50 --stem cifar --optimizer sgd --lr 0.125 " \
	"--lr-scaling linear --weight-decay 1e-4 --warmup-epochs 10 " \
	"--warmup-form imix --schedule cosine-epoch "

struct preset {
	const char *name, *help;
	const char *options;	/* as a command line has them */
};

/* In alphabetical order. */
static const struct preset table[] = {
	{ "byol-cifar10", "recipe byol-cifar, batch 256, 1000 epochs; "
	    "solo-learn's", CIFAR "--method byol --draw torch "
	    "--optimizer lars --lr 1 "
	    "--lr-scaling linear --weight-decay 1e-5 --trust 0.02 "
	    "--lars-form larc --lars-clip --warmup-epochs 10 --warmup-lr "
	    "3e-5" },
	{ "byol-imagenet-100", "recipe byol, batch 4096, 100 epochs",
	    BYOL "--lr 0.45 --weight-decay 1e-6 --ema 0.99" },
	{ "byol-imagenet-1000", "recipe byol, batch 4096, 1000 epochs",
	    BYOL "--lr 0.2 --weight-decay 1.5e-6 --ema 0.996" },
	{ "byol-imagenet-300", "recipe byol, batch 4096, 300 epochs",
	    BYOL "--lr 0.3 --weight-decay 1e-6 --ema 0.99" },
	{ "byol-imagenet-40", "recipe byol, batch 4096, 40 epochs",
	    BYOL "--lr 0.45 --weight-decay 1e-6 --ema 0.97" },
	{ "clsa-imagenet-200", "recipe clsa, batch 256, 200 epochs",
	    "--method clsa --arch resnet50 --queue 65536 --ema 0.999 "
	    "--optimizer sgd --lr 0.03 --weight-decay 1e-4 --temperature 0.2 "
	    "--schedule cosine-epoch --bn-groups 8" },
	{ "imix-byol-cifar10", "recipe imix, ssl-mix, batch 256, 2000 epochs",
	    IMIX "--method byol --draw torch --projector mlpbn1 "
	    "--predictor mlpbn1 --ema 0.999 --ema-schedule constant" },
	{ "imix-moco-cifar10", "recipe imix, ssl-mix, batch 256, 4000 epochs",
	    IMIX "--method moco --temperature 0.2 --projector mlpbn1 "
	    "--queue 4096 --ema 0.999" },
	{ "imix-npair-cifar10", "recipe imix, ssl-mix, batch 256, 4000 epochs",
	    IMIX "--method npair --temperature 0.2 --projector mlpbn" },
	{ "moco-cifar10", "recipe cifar-basic, batch 512, 200 epochs; the "
	    "authors' notebook", CIFAR "--method moco --projector lin "
	    "--temperature 0.1 --queue 4096 --ema 0.99 --optimizer sgd "
	    "--lr 0.06 --weight-decay 5e-4 --schedule cosine-epoch "
	    "--bn-groups 8" },
	{ "mocov1-imagenet-200", "recipe mocov1, batch 256, 200 epochs",
	    MOCO "--projector lin --temperature 0.07 --schedule step "
	    "--milestones 120,160 --bn-groups 8" },
	{ "mocov2-imagenet-200", "recipe mocov2, batch 256, 200 epochs",
	    MOCO "--projector mlp --temperature 0.2 --schedule cosine-epoch "
	    "--bn-groups 8" },
	{ "simclr-cifar10", "recipe simclr-cifar, batch 512, 1000 epochs",
	    CIFAR "--method simclr --draw haiku --temperature 0.5 "
	    "--optimizer lars --lars-form simclr --lr 1 --weight-decay 1e-4 "
	    "--warmup-epochs 10" },
	{ "simclr-imagenet", "recipe simclr, batch 4096, 100 epochs or more",
	    "--method simclr --draw haiku --arch resnet50 --temperature 0.1 "
	    "--optimizer lars --lars-form simclr --lr 0.3 --lr-scaling linear "
	    "--weight-decay 1e-6 --warmup-epochs 10" },
	{ "suncet-imagenet", "recipe suncet, batch 2816 and a support of "
	    "128x20, 100 epochs or more", "--method suncet --arch resnet50 "
	    "--temperature 0.1 --optimizer lars --lars-form larc --exclude "
	    "none --lr 4.8 --weight-decay 1e-6 --warmup-epochs 10 "
	    "--warmup-lr 0.6 --support-epochs 250" },
	{ "supcon-cifar10", "recipe cifar-basic, batch 1024, 1000 epochs",
	    "--method supcon --arch resnet50 --stem cifar --temperature 0.1 "
	    "--optimizer sgd --lr 0.5 --weight-decay 1e-4 --warmup-epochs 10 "
	    "--warmup-lr 0.01 --final-lr 5e-4 --schedule cosine-epoch" },
};

static const size_t n_presets = sizeof(table) / sizeof(table[0]);

int
preset_text(struct buf *b)
{
	int rc = 0;

	for (size_t i = 0; i < n_presets && rc == 0; i++)
		rc = buf_printf(b, "%s\t%s\t%s\n", table[i].name,
		    table[i].help, table[i].options);
	return rc;
}

/* The row of that name, or NULL and a failure that names the others. */
static const struct preset *
find(const char *name)
{
	char names[1024] = "";
	size_t used = 0;

	for (size_t i = 0; i < n_presets; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used,
			    sizeof(names) - used, " %s", table[i].name);
	}
	fail(FAIL_USAGE, "no preset is called %s; there are:%s", name, names);
	return NULL;
}

/* The preset's words as a command line. */
static int
words(struct arena *arena, const struct preset *p, char ***argv)
{
	const size_t size = strlen(p->options);
	char *word = arena_string(arena, p->options, size);
	int n = 0;

	*argv = arena_get(arena, (size + 2) * sizeof(**argv));
	if (word == NULL || *argv == NULL)
		return fail_last();
	(*argv)[n++] = word;	/* the program's name, so to speak */
	while (*word != '\0') {
		const size_t end = strcspn(word, " ");
		const bool last = word[end] == '\0';

		word[end] = '\0';
		(*argv)[n++] = word;
		word += last ? end : end + 1;
	}
	(*argv)[n] = NULL;
	return n;
}

static size_t
size_of(const struct opt *row)
{
	return row->type == OPT_FLAG ? sizeof(bool) : row->type == OPT_INT ?
	    sizeof(int64_t) : row->type == OPT_FLOAT ? sizeof(double) :
	    sizeof(const char *);
}

int
preset_apply(struct arena *arena, const char *name, const struct opt *rows,
    size_t n, void *args, size_t args_size, struct opt_said *said)
{
	unsigned char *own = arena_get(arena, args_size), *to = args;
	const struct preset *p = find(name);
	struct opt_said given;
	char **argv;
	int argc, rc;

	if (own == NULL || p == NULL)
		return fail_last();
	if ((argc = words(arena, p, &argv)) < 0)
		return argc;
	if ((rc = opt_parse(rows, n, own, argc, argv, &given)) < 0)
		return fail_note("--preset %s", p->name);
	for (size_t i = 0; i < n; i++) {
		if (!given.given[i] || said->given[i])
			continue;
		memcpy(to + rows[i].at, own + rows[i].at, size_of(&rows[i]));
		said->given[i] = true;
	}
	return 0;
}
