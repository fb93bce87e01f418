/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "eval/eval.h"

/* What every score shares stands first, then the score's own arguments. */
struct args {
	struct cli_common common;
	_Alignas(max_align_t) unsigned char own[EVAL_ARGS];
};

static const struct opt common[] = { CLI_COMMON };

#define N_COMMON (sizeof(common) / sizeof(common[0]))

/* The tool as one command line sees it: the options of one score, or of all
 * when no score is named (for --help and completion). */
struct face {
	struct cli_tool tool;
	struct opt opts[OPT_MOST];
	char name[64], notes[2048];
};

static void
add_opt(struct face *f, struct opt row, size_t at)
{
	row.at += at;
	if (f->tool.n_opts < OPT_MOST)
		f->opts[f->tool.n_opts++] = row;
}

static void
add_score(struct face *f, const struct eval *e, bool heading)
{
	if (heading)
		add_opt(f, (struct opt){ .help = e->name }, 0);
	for (size_t i = 0; i < e->n_opts; i++)
		add_opt(f, e->opts[i], offsetof(struct args, own));
	if (heading)
		snprintf(f->notes + strlen(f->notes),
		    sizeof(f->notes) - strlen(f->notes), "%s  %-10s %s",
		    *f->notes != '\0' ? "\n" : "scores:\n", e->name,
		    e->summary);
}

/* `e` NULL: all scores. */
static void
face_init(struct face *f, const struct eval *e)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->name, sizeof(f->name), "ssl-eval%s%s", e != NULL ? " " :
	    "", e != NULL ? e->name : "");
	f->tool = (struct cli_tool){
		.name = f->name,
		.operands = e != NULL ? "" : "SCORE",
		.summary = e != NULL ? e->summary :
		    "features in, scores out as name<TAB>number",
		.notes = e != NULL ? e->notes : f->notes,
		.opts = f->opts,
	};
	if (e != NULL)
		add_score(f, e, false);
	for (size_t i = 0; e == NULL && i < eval_count(); i++)
		add_score(f, eval_at(i), true);
	if (e == NULL)
		add_opt(f, (struct opt){ .help = "all scores" }, 0);
	for (size_t i = 0; i < N_COMMON; i++)
		add_opt(f, common[i], 0);
}

int
main(int argc, char **argv)
{
	static struct face face;
	static struct args a;
	const struct eval *e = NULL;
	struct buf scores = { 0 };
	struct cli cli;
	struct pool *pool;

	face_init(&face, NULL);
	if (argc < 2 || argv[1][0] == '-') {
		cli_start(&cli, &face.tool, &a, argc, argv);
		cli_usage("name a score first; --help lists them");
	}
	e = eval_find(argv[1]);
	if (e != NULL)
		face_init(&face, e);
	cli_start(&cli, &face.tool, &a, e != NULL ? argc - 1 : 1,
	    e != NULL ? argv + 1 : argv);
	if (e == NULL)
		cli_die("%s", "");
	if (cli.said.n_operands > 0)
		cli_usage("unexpected argument '%s'", cli.said.operands[0]);
	if (e->check != NULL && e->check(a.own, &cli.said) < 0)
		cli_die("%s", "");
	/* Features come faster than one thread unpacks them; the other tools
	 * have more to do with what they read. */
	stream_threads((int)a.common.threads);
	pool = cli_pool(&cli);
	if (e->run(a.own, (uint64_t)a.common.seed, pool, &scores) < 0)
		cli_die("%s", "");
	cli_text(&cli);
	cli_put(scores.data, scores.size);
	cli_flush();
	pool_free(pool);
	buf_free(&scores);
	return CLI_DONE;
}
