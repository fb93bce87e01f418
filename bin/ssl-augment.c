/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/cli.h"
#include "view/view.h"

#define RECIPE_BYTES ((size_t)1 << 20)	/* most of a recipe file */

struct args {
	struct cli_common common;
	const char *recipe, *set, *ops;
	int64_t batch, size, views, only_index;
	bool keep_image, draft, list;
};

#define AT(field) offsetof(struct args, field)
static const struct opt opts[] = {
	{ "recipe", 'r', OPT_TEXT, AT(recipe), "NAME|FILE", NULL, 0, 0,
	    "how views are made; a FILE has a / or ends in .recipe", false },
	{ "batch", 'b', OPT_INT, AT(batch), "B", "0", 0, 1048576,
	    "samples in a record, full ones only; 0: as they come", false },
	{ "size", 0, OPT_INT, AT(size), "PX", "0", 0, 65535,
	    "width and height of all views; 0: the recipe's", false },
	{ "views", 0, OPT_INT, AT(views), "N", "0", 0, RECIPE_VIEWS,
	    "the recipe's first N views only; 0: all", false },
	{ "set", 0, OPT_TEXT, AT(set), "[V.]NAME=X,…", NULL, 0, 0,
	    "change the recipe's numbers, in view V or in all", false },
	{ "ops", 0, OPT_TEXT, AT(ops), "OP[=N],…", NULL, 0, 0,
	    "a fixed chain instead of a recipe, to view0", false },
	{ "keep-image", 0, OPT_FLAG, AT(keep_image), NULL, NULL, 0, 0,
	    "pass the pictures on beside their views", false },
	{ "draft", 0, OPT_FLAG, AT(draft), NULL, NULL, 0, 0,
	    "decode JPEG files smaller where all crops stay large enough",
	    false },
	{ "only-index", 0, OPT_INT, AT(only_index), "I", "-1", -1,
	    9007199254740992.0, "make the views of sample I alone", false },
	{ "list", 0, OPT_FLAG, AT(list), NULL, NULL, 0, 0,
	    "print all recipes, or the one given as it would be used, in the "
	    "words of a file", true },
	CLI_COMMON
};

static const struct cli_tool tool = {
	.name = "ssl-augment",
	.operands = "[INPUT]",
	.summary = "samples to random views",
	.notes = "Recipes: byol, simclr, mocov1, mocov2, clsa, clsa-multi, "
	    "suncet, imix, linear, weak,\neach also with -cifar behind it; "
	    "--list prints all, --list --recipe NAME one.",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
};

static void
read_file(struct buf *text, const char *path)
{
	FILE *f = fopen(path, "r");
	size_t got = 1;

	if (f == NULL) {
		fail_errno("cannot open");
		cli_die("%s", path);
	}
	text->max = RECIPE_BYTES;
	while (got > 0) {
		if (buf_reserve(text, 4096) < 0)
			cli_die("%s", path);
		got = fread(text->data + text->size, 1, 4095, f);
		text->size += got;
	}
	text->data[text->size] = '\0';
	if (ferror(f)) {
		fail_errno("cannot read");
		cli_die("%s", path);
	}
	fclose(f);
}

static bool
is_file(const char *name)
{
	const char *dot = strrchr(name, '.');

	return strchr(name, '/') != NULL
	    || (dot != NULL && strcmp(dot, ".recipe") == 0);
}

static void
load_recipe(struct recipe *r, const struct args *a)
{
	struct buf text = { 0 };

	if (!is_file(a->recipe)) {
		if (recipe_find(r, recipe_builtin, a->recipe) < 0)
			cli_die("--recipe");
	} else {
		read_file(&text, a->recipe);
		if (recipe_check_bytes((const char *)text.data, text.size) < 0
		    || recipe_find(r, (const char *)text.data, NULL) < 0)
			cli_die("%s", a->recipe);
		buf_free(&text);
	}
	if (a->views > 0 && recipe_shorten(r, (int)a->views) < 0)
		cli_die("--views");
	if (a->size > 0)
		recipe_resize(r, (int)a->size);
	if (a->set != NULL && recipe_change(r, a->set) < 0)
		cli_die("--set");
}

/* The recipe as it would be used, or all there are. */
static void
list(const struct cli *cli, const struct args *a, struct recipe *r)
{
	static const char *const of_views[] = { "ops", "batch", "keep-image",
		"draft", "only-index" };
	static const char *const of_one[] = { "set", "size", "views" };
	struct buf text = { 0 };

	for (size_t i = 0; i < sizeof(of_views) / sizeof(of_views[0]); i++)
		if (cli_given(cli, of_views[i]))
			cli_usage("--list makes no views: leave --%s out",
			    of_views[i]);
	for (size_t i = 0; i < sizeof(of_one) / sizeof(of_one[0]); i++)
		if (a->recipe == NULL && cli_given(cli, of_one[i]))
			cli_usage("--%s goes with --recipe", of_one[i]);

	if (a->recipe != NULL) {
		load_recipe(r, a);
		if (recipe_text(r, &text) < 0)
			cli_die("--list");
	}
	if (a->recipe != NULL)
		cli_put(text.data, text.size);
	else
		cli_put(recipe_builtin, strlen(recipe_builtin));
	buf_free(&text);
	cli_flush();
}

static void
configure(struct view_config *c, struct recipe *r, struct chain *ch,
    const struct args *a)
{
	*c = (struct view_config){ .batch = (size_t)a->batch,
		.seed = (uint64_t)a->common.seed,
		.keep_image = a->keep_image, .draft = a->draft,
		.only_index = a->only_index };
	if ((a->recipe == NULL) == (a->ops == NULL))
		cli_usage("give either --recipe or --ops");
	if (a->ops != NULL) {
		if (a->set != NULL || a->size > 0 || a->views > 0 || a->draft)
			cli_usage("--set, --size, --views and --draft go with "
			    "--recipe");
		if (chain_parse(ch, a->ops) < 0)
			cli_die("--ops");
		c->chain = ch;
		return;
	}
	load_recipe(r, a);
	c->recipe = r;
}

/* Where the records of views go. */
struct target {
	const struct cli *cli;
	struct head head;
	struct stream_out *out;		/* NULL: not begun, for want of a batch */
	struct progress *progress;
	uint64_t records;
};

static int
give(void *arg, const struct rec *r)
{
	struct target *t = arg;

	if (t->out == NULL)
		t->out = cli_create(t->cli, &t->head);
	if (stream_write(t->out, r) < 0)
		cli_die("%s", cli_out(t->cli));
	progress_at(t->progress, ++t->records, "");
	return 0;
}

static void
say(const struct view_config *config, const struct view_counts *n)
{
	if (config->only_index >= 0 && n->records == 0)
		cli_usage("no sample has index %" PRId64, config->only_index);
	if (n->dropped > 0)
		cli_say("samples left over at the ends of epochs (less than a "
		    "batch): %" PRIu64, n->dropped);
	if (view_report_bad(n) < 0)
		cli_die("%s", "");
}

static void
run(const struct cli *cli, struct view_config *config)
{
	struct stream_in *in = cli_open(cli, cli_input(cli));
	struct pool *pool = cli_pool(cli);
	struct target target = { .cli = cli };
	struct view_counts counts;

	if (head_copy(&target.head, stream_head(in)) < 0
	    || view_describe(&target.head, config) < 0)
		cli_die("%s", stream_path(in));
	if (view_has_batch(&target.head, config))
		target.out = cli_create(cli, &target.head);
	target.progress = progress_new(cli, "records", (uint64_t)
	    value_get_int(&target.head.meta, "steps", 0));
	config->give = give;
	config->arg = &target;
	if (view_run(in, pool, config, &counts) < 0
	    || view_check_batch(&target.head, config, &counts) < 0)
		cli_die("%s", stream_path(in));
	progress_end(target.progress);
	say(config, &counts);
	cli_warn_streams(in);
	if (stream_finish(target.out) < 0)
		cli_die("%s", cli_out(cli));
	stream_close(in);
	pool_free(pool);
	head_free(&target.head);
}

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	static struct recipe recipe;
	static struct chain chain;
	struct view_config config;

	cli_start(&cli, &tool, &a, argc, argv);
	if (a.list) {
		list(&cli, &a, &recipe);
		return CLI_DONE;
	}
	configure(&config, &recipe, &chain, &a);
	run(&cli, &config);
	return CLI_DONE;
}
