/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "image/synth.h"
#include "image/synth_folder.h"

struct args {
	struct cli_common common;
	int64_t size, train, test, classes, quality;
	bool force;
};

#define AT(member) offsetof(struct args, member)

static const struct opt opts[] = {
	{ "size", 0, OPT_INT, AT(size), "PX", "32", 8, 4096,
	    "height and width of a picture", false },
	{ "train", 0, OPT_INT, AT(train), "N", "10000", 0, 1e9,
	    "pictures under train/, over all classes", false },
	{ "test", 0, OPT_INT, AT(test), "N", "2000", 0, 1e9,
	    "pictures under test/, over all classes", false },
	{ "classes", 0, OPT_INT, AT(classes), "C", "10", 1, SYNTH_CLASSES,
	    "how many of the 30 classes", false },
	{ "quality", 0, OPT_INT, AT(quality), "Q", "92", 1, 100,
	    "of the JPEGs", false },
	{ "force", 0, OPT_FLAG, AT(force), NULL, NULL, 0, 0,
	    "replace a set that ssl-synth made", true },
	CLI_COMMON
};

static const struct cli_tool tool = {
	.name = "ssl-synth",
	.operands = "FOLDER",
	.summary = "draws a labelled set of procedural pictures: a folder of "
	    "JPEGs",
	.notes = "A class is a shape with a texture (ring-stripes); colours, "
	    "place, size, turn,\nlight, background and clutter are chance. "
	    "FOLDER/train/CLASS/NNNNN.jpg and\nFOLDER/test/CLASS/NNNNN.jpg "
	    "appear all at once, when complete. The folder may be\nnamed "
	    "with -o as well.",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
};

#define AT_ONCE 1024		/* pictures between two looks at progress */

static const char *
folder(const struct cli *cli)
{
	const bool named = strcmp(cli->common->out, "-") != 0;

	if (cli->said.n_operands + named > 1)
		cli_usage("one folder at a time");
	if (cli->said.n_operands + named == 0 ||
	    (!named && strcmp(cli->said.operands[0], "-") == 0))
		cli_usage("name the folder to make");
	return named ? cli->common->out : cli->said.operands[0];
}

/* Classes that get no image; a part that is not wanted has none at all. */
static void
remark_empty(const char *option, int64_t n, int64_t classes)
{
	if (n > 0 && n < classes)
		log_line(LOG_WARNING, "%" PRId64 " of %" PRId64 " classes have "
		    "no image under %s/; --%s %" PRId64 " or more gives each "
		    "one", classes - n, classes, option, option, classes);
}

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	struct synth_plan plan;
	struct synth_folder *f;
	struct pool *pool;
	struct progress *progress;
	uint64_t done = 0;
	int n;

	cli_start(&cli, &tool, &a, argc, argv);
	plan = (struct synth_plan){
		.path = folder(&cli), .replace = a.force,
		.n = { (uint64_t)a.train, (uint64_t)a.test },
		.classes = (int)a.classes, .size = (int)a.size,
		.quality = (int)a.quality, .seed = (uint64_t)a.common.seed,
	};
	remark_empty("train", a.train, a.classes);
	remark_empty("test", a.test, a.classes);
	pool = cli_pool(&cli);
	f = synth_folder_new(&plan, pool);
	if (f == NULL)
		cli_die("%s", "");
	progress = progress_new(&cli, "pictures", plan.n[0] + plan.n[1]);
	while ((n = synth_folder_write(f, AT_ONCE)) > 0)
		progress_at(progress, done += (uint64_t)n, NULL);
	progress_end(progress);
	if (n < 0)
		synth_folder_discard(f);
	if (n < 0 || synth_folder_finish(f) < 0)
		cli_die("%s", "");
	pool_free(pool);
	return CLI_DONE;
}
