/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "base/num.h"
#include "image/jpeg.h"
#include "source/dataset.h"
#include "source/feed.h"

#define MOST 9007199254740992.0		/* 2^53 */
#define AT(member) offsetof(struct args, member)

/* Pixels of a record: bounded by the user's --batch, or else by this. */
#define RECORD_BYTES ((size_t)128 << 20)
#define BATCH_BYTES ((size_t)4000 << 20)

struct args {
	struct cli_common common;
	int64_t size, max_pixels;
	bool exif, strict, keep_jpeg, shuffle;
	const char *classes, *subset, *shard, *balance;
	int64_t epochs, per_class, batch, start_step;
};

static const struct opt opts[] = {
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL, 0, 0, "Images", false },
	{ "size", 'S', OPT_INT, AT(size), "N", "0", 0, 65500,
	    "short side to N, then the square in the middle; 0: as they are",
	    false },
	{ "exif", 0, OPT_FLAG, AT(exif), NULL, NULL, 0, 0,
	    "turn images upright as their EXIF data say", false },
	{ "max-pixels", 0, OPT_INT, AT(max_pixels), "N", "89478485", 1,
	    4000000000.0, "skip an image of more pixels", false },
	{ "strict", 0, OPT_FLAG, AT(strict), NULL, NULL, 0, 0,
	    "fail at the first image that would be skipped", false },
	{ "keep-jpeg", 0, OPT_FLAG, AT(keep_jpeg), NULL, NULL, 0, 0,
	    "pass JPEG files on as they are, for ssl-augment to decode", false },
	{ "classes", 'c', OPT_TEXT, AT(classes), "FILE", NULL, 0, 0,
	    "names of the classes, one a line", false },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL, 0, 0, "Choice and order", false },
	{ "subset", 0, OPT_TEXT, AT(subset), "FILE", NULL, 0, 0,
	    "only samples with these keys or numbers, one a line", false },
	{ "per-class", 0, OPT_INT, AT(per_class), "K", "0", 0, MOST,
	    "K random samples of each class; 0: all", false },
	{ "shuffle", 'r', OPT_FLAG, AT(shuffle), NULL, NULL, 0, 0,
	    "a new random order in each epoch", false },
	{ "balance", 0, OPT_TEXT, AT(balance), "CxK", NULL, 0, 0,
	    "batches of C random classes with K images each", false },
	{ "epochs", 'e', OPT_INT, AT(epochs), "E", "1", 0, 1000000000,
	    "how often to go through all samples; 0: without end", false },
	{ "shard", 0, OPT_TEXT, AT(shard), "I/N", NULL, 0, 0,
	    "every Nth sample of an epoch from the Ith on; I from 0", false },
	{ "batch", 'b', OPT_INT, AT(batch), "B", "64", 1, 1000000,
	    "samples in a record", false },
	{ "start-step", 0, OPT_INT, AT(start_step), "S", "0", 0, MOST,
	    "begin as if S batches had been written", false },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL, 0, 0, "All tools", false },
	CLI_COMMON
};

static const struct cli_tool tool = {
	.name = "ssl-decode",
	.operands = "[SOURCE...]",
	.summary = "read images from folders, archives, lists and streams; "
	    "write samples",
	.notes = "A SOURCE is a folder with a folder for each class (or "
	    "without), a tar archive of\nKEY.jpg and KEY.cls (.tar, .tar.zst, "
	    ".tar.gz), a JPEG file, a tensor stream (.tz),\n@FILE for a list "
	    "of paths (PATH or PATH<TAB>LABEL), or - for standard input.",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* "A<mark>B" as two numbers. */
static void
two_numbers(const char *option, const char *text, char mark, int64_t least,
    int64_t *a, int64_t *b)
{
	const char *at = strchr(text, mark);
	char first[32];

	if (at == NULL || (size_t)(at - text) >= sizeof(first))
		cli_usage("--%s %s: not of the form 2%c8", option, text, mark);
	memcpy(first, text, (size_t)(at - text));
	first[at - text] = '\0';
	if (num_int(first, least, 1000000000, a) < 0 ||
	    num_int(at + 1, 1, 1000000000, b) < 0)
		cli_die("--%s %s", option, text);
}

static struct order_config
order_of(const struct cli *cli, const struct args *a)
{
	struct order_config c = { .seed = a->common.seed,
		.shuffle = a->shuffle, .epochs = a->epochs, .n_shards = 1,
		.subset = a->subset, .per_class = a->per_class,
		.batch = a->batch, .start_step = a->start_step };

	if (a->shard != NULL) {
		two_numbers("shard", a->shard, '/', 0, &c.shard, &c.n_shards);
		if (c.shard >= c.n_shards)
			cli_usage("--shard %s: shards are counted from 0 to "
			    "%" PRId64, a->shard, c.n_shards - 1);
	}
	if (a->balance == NULL)
		return c;
	two_numbers("balance", a->balance, 'x', 1, &c.classes, &c.each);
	if (c.classes > 1000000 || c.classes * c.each > 1000000)
		cli_usage("--balance %s: over 1000000 samples", a->balance);
	if (cli_given(cli, "batch") && a->batch != c.classes * c.each)
		cli_usage("--balance %s makes batches of %" PRId64
		    "; leave --batch out", a->balance, c.classes * c.each);
	c.batch = c.classes * c.each;
	return c;
}

static struct source *
open_sources(struct cli *cli, const struct args *a)
{
	static char standard[] = "-";
	static char *const none[] = { standard };
	const bool given = cli->said.n_operands > 0;
	char *const *paths = given ? cli->said.operands : none;
	const size_t n = given ? (size_t)cli->said.n_operands : 1;
	struct source *s;

	for (size_t i = 0; i < n; i++)
		if (strcmp(paths[i], "-") == 0 && isatty(STDIN_FILENO) == 1)
			cli_usage("standard input is a terminal; name a "
			    "folder, an archive or a list");
	s = source_open(paths, n, a->classes);
	if (s == NULL || (a->strict && source_report_lost(s, true) < 0))
		cli_die("%s", "");
	source_report_other(s);
	return s;
}

static int
set_count(struct head *h, const char *name, uint64_t n)
{
	return value_set(&h->meta, name, value_int((int64_t)n), &h->arena);
}

/* What the records to come will hold. */
static void
describe(struct head *h, const struct source *s, const struct order *o,
    const struct order_config *c)
{
	int rc = source_describe(s, h);

	if (rc == 0)
		rc = dataset_describe(h, s, o);
	if (rc == 0 && c->epochs > 0)
		rc = set_count(h, "samples", order_samples(o));
	if (rc == 0 && c->epochs > 0)
		rc = set_count(h, "epochs", (uint64_t)c->epochs);
	if (rc == 0)
		rc = set_count(h, "epoch_samples", order_epoch_samples(o));
	if (rc == 0 && c->start_step > 0)
		rc = set_count(h, "start_step", (uint64_t)c->start_step);
	if (rc < 0)
		cli_die("%s", "header");
}

static void
write_all(const struct cli *cli, struct feed *f, struct stream_out *out,
    uint64_t total)
{
	struct progress *p = progress_new(cli, "images", total);
	const struct rec *r;
	uint64_t done = 0;
	size_t n;
	int got;

	while ((got = feed_next(f, &r)) > 0) {
		if (rec_samples(r, &n) < 0)
			cli_die("%s", "");
		if (stream_write(out, r) < 0)
			cli_die("%s", cli_out(cli));
		done += n;
		progress_at(p, done, NULL);
	}
	if (got < 0)
		cli_die("%s", "");
	progress_end(p);
	if (feed_report_bad(f) < 0)
		cli_die("%s", "");
}

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	struct head head = { 0 };
	struct feed_config config;
	struct order_config choice;
	struct source *source;
	struct order *order;
	struct stream_out *out;
	struct pool *pool;
	struct feed *feed;

	cli_start(&cli, &tool, &a, argc, argv);
	choice = order_of(&cli, &a);
	if (a.keep_jpeg && (a.size > 0 || a.exif))
		cli_usage("--keep-jpeg decodes nothing: leave --size and --exif "
		    "out");
	if (a.keep_jpeg && a.max_pixels > JPEG_MAX_PIXELS)
		cli_usage("--max-pixels %" PRId64 ": with --keep-jpeg at most "
		    "%d, as ssl-augment decodes no larger image",
		    a.max_pixels, JPEG_MAX_PIXELS);
	config = (struct feed_config){ .size = a.size,
		.keep_jpeg = a.keep_jpeg,
		.max_pixels = a.max_pixels, .upright = a.exif,
		.strict = a.strict,
		.max_bytes = a.size > 0 || cli_given(&cli, "batch") ?
		    BATCH_BYTES : RECORD_BYTES };
	if (cli_max_record(&cli) > 0)
		source_max_file(cli_max_record(&cli));
	source = open_sources(&cli, &a);
	order = order_new(source, &choice);
	if (order == NULL || (a.strict && order_report_lost(order, true) < 0))
		cli_die("%s", "");
	describe(&head, source, order, &choice);
	out = cli_create(&cli, &head);
	pool = cli_pool(&cli);
	feed = feed_new(source, order, pool, &config);
	if (feed == NULL)
		cli_die("%s", "");
	write_all(&cli, feed, out, a.epochs > 0 ? order_samples(order) : 0);
	if (source_report_lost(source, false) < 0 ||
	    order_report_lost(order, false) < 0)
		cli_die("%s", "");
	if (stream_finish(out) < 0)
		cli_die("%s", cli_out(&cli));
	feed_free(feed);
	pool_free(pool);
	order_free(order);
	source_close(source);
	head_free(&head);
	return CLI_DONE;
}
