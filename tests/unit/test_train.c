/* SPDX-License-Identifier: MIT */
/* Records to batches, runs, checkpoints, going on where a run stood. */
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "tap.h"
#include "train/infer.h"
#include "train/loop.h"

enum { N = 6, SIDE = 8 };

static struct kernel *kernel;
static char folder[256];

static const char *
path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
must(int rc)
{
	if (rc < 0) {
		printf("Bail out! %s\n", fail_text());
		exit(1);
	}
}

static void
add_view(struct rec *rec, const char *name, struct rng *r)
{
	const size_t shape[] = { N, SIDE, SIDE, 3 };
	void *data;

	must(rec_add_tensor(rec, name, DTYPE_U1, 4, shape, &data));
	for (size_t i = 0; i < N * SIDE * SIDE * 3; i++)
		((uint8_t *)data)[i] = (uint8_t)rng_below(r, 256);
}

/* One pixel that is not a number. */
static void
add_bad_view(struct rec *rec, const char *name)
{
	const size_t shape[] = { N, SIDE, SIDE, 3 };
	void *data;

	must(rec_add_tensor(rec, name, DTYPE_F4, 4, shape, &data));
	for (size_t i = 0; i < N * SIDE * SIDE * 3; i++)
		((float *)data)[i] = i == 100 ? NAN : (float)(i % 256);
}

/* A stream of `steps` records; the one numbered `bad` has such a pixel. */
static void
write_views(const char *name, int steps, int first, int bad)
{
	struct head head = { 0 };
	struct rec rec = { 0 };
	struct stream_out *out;
	const double mean[] = { 0.5, 0.25, 0.125 }, std[] = { 0.5, 0.5, 1 };

	must(head_init(&head, "samples"));
	must(value_set(&head.meta, "steps", value_int(steps - first),
	    &head.arena));
	must(value_set(&head.meta, "steps_per_epoch", value_int(2),
	    &head.arena));
	must(ckpt_set_floats(&head, "mean", mean, 3));
	must(ckpt_set_floats(&head, "std", std, 3));
	if ((out = stream_create(path_of(name), 1, &head)) == NULL)
		must(-1);
	for (int i = first; i < steps; i++) {
		struct rng r = rng_at(4, 0, (uint64_t)i, 0, 7);

		rec_clear(&rec);
		add_view(&rec, "view0", &r);
		if (i == bad)
			add_bad_view(&rec, "view1");
		else
			add_view(&rec, "view1", &r);
		must(rec_add(&rec, "epoch", value_int(i / 2)));
		must(rec_add(&rec, "step", value_int(i)));
		must(stream_write(out, &rec));
	}
	must(stream_finish(out));
	rec_free(&rec);
	head_free(&head);
}

static struct train_config
config(void)
{
	return (struct train_config){ .method = "byol", .arch = "resnet18",
		.stem = "cifar", .width = 4, .channels = 3,
		.projector_hidden = 16, .projector_out = 8,
		.predictor_hidden = 16, .optimizer = "sgd", .rate = 0.05,
		.momentum = 0.9, .trust = 1e-3, .beta1 = 0.9,
		.beta2 = 0.999, .epsilon = 1e-8, .schedule = "cosine",
		.warmup_form = "linear",
		.gamma = 0.1, .ema = 0.9, .ema_final = 1,
		.ema_schedule = "cosine", .target_start = "copy",
		.draw = "torch", .residual_scale = -1,
		.target_buffers = "own", .rate_scaling = "none",
		.lars_form = "byol", .exclude = "auto", .groups = 1,
		.temperature = 0.1, .steps = -1, .seed = 3 };
}

static int
save(void *arg, const struct train *t)
{
	struct head head = { 0 };
	struct stream_out *out;

	must(head_init(&head, "checkpoint"));
	must(train_describe(t, &head));
	if ((out = stream_create(path_of(arg), 1, &head)) == NULL)
		must(-1);
	must(train_write(t, out));
	head_free(&head);
	return 0;
}

/* Trains on a stream and saves; what train_run returned, steps in *steps. */
static int
run(const char *views, const struct train_config *c, const char *first,
    bool resume, const char *last, uint64_t *steps)
{
	struct stream_in *in = stream_open(path_of(views));
	struct ckpt *from = first == NULL ? NULL : ckpt_read(path_of(first));
	struct train t;
	struct batch *b;
	char name[64];
	int rc;

	if (in == NULL || (first != NULL && from == NULL))
		must(-1);
	must(train_init(&t, c, kernel, stream_head(in), from, resume));
	snprintf(name, sizeof(name), "%s", last);
	t.arg = name;
	t.save = save;
	t.save_every = 2;
	if ((b = batch_new(in, kernel, &t.norm, t.run.row, t.step)) == NULL)
		must(-1);
	rc = train_run(&t, b);
	*steps = t.step;
	if (rc == 0)
		must(save(name, &t));
	batch_free(b);
	train_fini(&t);
	ckpt_free(from);
	stream_close(in);
	return rc;
}

/* True when both checkpoints hold the same tensors. */
static bool
same(const char *a, const char *b)
{
	struct stream_in *x = stream_open(path_of(a)), *y;
	struct rec r = { 0 }, s = { 0 };
	bool equal = true;
	int got = 1;

	y = stream_open(path_of(b));
	if (x == NULL || y == NULL)
		must(-1);
	while (equal && got > 0) {
		got = stream_read(x, &r);
		equal = got == stream_read(y, &s) && got >= 0;
		if (equal && got > 0) {
			const struct tensor *v = rec_find(&r, "value")->tensor;
			const struct tensor *w = rec_find(&s, "value")->tensor;

			equal = v->bytes == w->bytes &&
			    memcmp(v->data, w->data, v->bytes) == 0;
		}
	}
	rec_free(&r);
	rec_free(&s);
	stream_close(x);
	stream_close(y);
	return equal;
}

/* Pitfall 33: once, by the trainer, in units of 0..255. */
static void
normalisation(void)
{
	const double mean[] = { 0.5, 0.25, 0.125 }, std[] = { 0.5, 0.5, 1 };
	uint8_t pixels[6] = { 0, 255, 51, 255, 0, 102 };
	float real[6] = { 0, 255, 51, 255, 0, 102 }, y[6];
	const float want[6] = { -1, 1.5f, 0.075f, 1, -0.5f, 0.275f };
	struct tensor t = { .dtype = DTYPE_U1, .n_dims = 4,
		.shape = { 1, 1, 2, 3 }, .bytes = 6, .data = pixels };
	struct batch_pixels p = { .kernel = kernel };
	struct batch_norm norm;
	double x[4];

	must(batch_norm_init(&norm, 3, mean, std, 3));
	must(batch_room(&p, 6));
	batch_upload(&p, 0, &t, &norm);
	kernel_download(kernel, y, p.x, 6);
	for (int i = 0; i < 6; i++)
		is_near(y[i], want[i], 1e-6, "pitfall 33: bytes, %d", i);
	t.dtype = DTYPE_F4;
	t.bytes = sizeof(real);
	t.data = real;
	batch_upload(&p, 0, &t, &norm);
	kernel_download(kernel, y, p.x, 6);
	is_near(y[1], 1.5, 1e-6, "pitfall 33: floats are in the same units");
	batch_pixels_free(&p);
	ok(batch_norm_init(&norm, 3, mean, std, 2) < 0, "two means for "
	    "three channels");
	is_int(batch_numbers("1,0.5,-2", -9, 9, x, 4), 3, "numbers");
	ok(x[2] == -2, "… in order");
	ok(batch_numbers("1,,2", -9, 9, x, 4) < 0, "an empty number");
	ok(batch_numbers("1,2,3,4,5", -9, 9, x, 4) < 0, "too many numbers");
}

static void
runs(void)
{
	struct train_config c = config();
	uint64_t steps;

	write_views("views.tz", 5, 0, -1);
	write_views("late.tz", 5, 3, -1);
	is_int(run("views.tz", &c, NULL, false, "whole.tz", &steps), 0,
	    "a run");
	is_int(steps, 5, "… of all steps");
	is_int(run("views.tz", &c, NULL, false, "again.tz", &steps), 0,
	    "the same again");
	ok(same("whole.tz", "again.tz"), "… gives the same network");
	c.steps = 3;
	is_int(run("views.tz", &c, NULL, false, "part.tz", &steps), 0,
	    "the same, stopped early");
	is_int(steps, 3, "… after three steps");
	ok(!same("whole.tz", "part.tz"), "… is another network");
	c.steps = -1;
	is_int(run("views.tz", &c, "part.tz", true, "on.tz", &steps), 0,
	    "it goes on");
	is_int(steps, 5, "… to the end");
	ok(same("whole.tz", "on.tz"), "… as if never stopped");
	is_int(run("late.tz", &c, "part.tz", true, "late-on.tz", &steps), 0,
	    "it goes on with a stream that begins there");
	ok(same("whole.tz", "late-on.tz"), "… as if never stopped");
	c.total_steps = 9;
	is_int(run("views.tz", &c, NULL, false, "short.tz", &steps), 0,
	    "a stream shorter than the run");
	is_int(steps, 5, "… ends it");
}

/* What went wrong leaves the last good checkpoint alone. */
static void
divergence(void)
{
	const struct train_config c = config();
	struct train_config wild = c;
	uint64_t steps;

	write_views("bad.tz", 5, 0, 3);
	is_int(run("bad.tz", &c, NULL, false, "bad-out.tz", &steps),
	    FAIL_FORMAT, "a pixel that is not a number ends the run");
	is_int(steps, 3, "… at its step");
	ok(strstr(fail_text(), "record 3: view1: a value that is not finite")
	    != NULL, "… and says which: %s", fail_text());
	wild.rate = 1e30;
	is_int(run("views.tz", &wild, NULL, false, "wild.tz", &steps),
	    FAIL_DIVERGED, "a loss that is not a number ends the run");
	ok(steps > 0 && steps < 5 && strstr(fail_text(), "diverged") != NULL,
	    "… at its step: %s", fail_text());
	write_views("bad2.tz", 2, 0, -1);
	{
		struct train_config two = c;

		two.total_steps = 5;
		must(run("bad2.tz", &two, NULL, false, "two.tz", &steps));
	}
	ok(same("bad-out.tz", "two.tz"), "the last good checkpoint stays");
}

static void
checkpoints(void)
{
	struct train_config c = config();
	struct ckpt *ckpt = ckpt_read(path_of("whole.tz"));
	const double mean[] = { 0.5 }, std[] = { 0.5 };
	struct enc_spec spec;
	struct infer *f;
	double x[4];
	uint64_t steps;

	if (ckpt == NULL)
		must(-1);
	must(ckpt_spec(ckpt, &spec));
	is_text(spec.encoder->name, "resnet18", "the encoder's name");
	is_text(spec.shape.stem, "cifar", "its stem");
	is_int(spec.shape.width, 4, "its width");
	is_int(spec.projector.n, 4, "the projector's layers");
	ok(spec.projector.layer[0].bias && !spec.projector.layer[3].bias,
	    "… and biases");
	is_int(ckpt_get_floats(ckpt_head(ckpt), "mean", x, 4), 3,
	    "pitfall 33: the mean is kept");
	ok(x[2] == 0.125, "… the stream's");
	ok(ckpt_find(ckpt, "optimizer.momentum.online.encoder.conv1.weight")
	    != NULL, "momentum is kept");
	f = infer_new(kernel, ckpt, "target", true, mean, std, 1);
	ok(f != NULL, "the target network encodes");
	is_int(f == NULL ? -1 : infer_features(f), 32, "… to features");
	is_int(f == NULL ? -1 : infer_projections(f), 8, "… projections");
	is_int(f == NULL ? -1 : infer_predictions(f), 0, "… no predictions");
	infer_free(f);
	ckpt_free(ckpt);
	ok(ckpt_read(path_of("views.tz")) == NULL, "views are no checkpoint");
	ok(ckpt_read(path_of("absent.tz")) == NULL, "an absent file");
	/* The network is the checkpoint's, whatever the options say. */
	c.width = 64;
	c.arch = "resnet50";
	c.steps = 0;
	must(run("views.tz", &c, "whole.tz", false, "init.tz", &steps));
	is_int(steps, 0, "no steps");
	ckpt = ckpt_read(path_of("init.tz"));
	if (ckpt == NULL)
		must(-1);
	must(ckpt_spec(ckpt, &spec));
	is_int(spec.shape.width, 4, "--init brings its network");
	ok(!ckpt_has(ckpt, "optimizer."), "… and no optimizer");
	ckpt_free(ckpt);
}

static void
clean_up(void)
{
	static const char *const names[] = { "views.tz", "late.tz",
		"whole.tz", "again.tz", "part.tz", "on.tz", "late-on.tz",
		"short.tz", "bad.tz", "wild.tz", "bad-out.tz", "bad2.tz",
		"two.tz",
		"init.tz" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(folder);
}

int
main(void)
{
	const char *where = getenv("TMPDIR");
	struct pool *pool = pool_new(2);

	snprintf(folder, sizeof(folder), "%s/self-train-XXXXXX",
	    where == NULL ? "/tmp" : where);
	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL || mkdtemp(folder) == NULL)
		return 1;
	normalisation();
	runs();
	divergence();
	checkpoints();
	clean_up();
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
