/* SPDX-License-Identifier: MIT */
/* From options, a stream's header and a checkpoint to a run that can begin. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "train/loop.h"
#include "train/remarks.h"

/* torchvision's, for streams that do not say theirs. */
static const double imagenet_mean[] = { 0.485, 0.456, 0.406 };
static const double imagenet_std[] = { 0.229, 0.224, 0.225 };

/* FAIL_USAGE for the width of a layer that the head does not have. */
static int
check_widths(const char *option, const char *text, const struct enc_head *h,
    int64_t hidden, int64_t out)
{
	int sizes[ENC_HEAD_LAYERS];
	const int n = enc_head_sizes(h, sizes);

	if (hidden > 0 && n < 2)
		return fail(FAIL_USAGE, "--%s-hidden: the %s %s has no hidden "
		    "layer", option, option, text);
	if (out > 0 && n < 1)
		return fail(FAIL_USAGE, "--%s-out: the %s %s has no layer",
		    option, option, text);
	return 0;
}

/* The head that a text describes, with the widths asked for. */
static int
parse_head(const char *option, const char *text, int features,
    int64_t hidden, int64_t out, struct enc_head *h)
{
	int rc;

	memset(h, 0, sizeof(*h));
	if (strcmp(text, "none") == 0)
		return check_widths(option, text, h, hidden, out);
	if ((rc = enc_head_parse(text, features, h)) < 0)
		return fail_note("--%s", option);
	if ((rc = check_widths(option, text, h, hidden, out)) < 0)
		return rc;
	enc_head_resize(h, (int)hidden, (int)out);
	return 0;
}

int
train_head(const char *option, const char *text, int features,
    int64_t hidden, int64_t out, struct enc_head *h)
{
	return parse_head(option, text, features, hidden, out, h);
}

/* A predictor gives as many numbers as the projector; a text that spells its
 * layers out is taken by its word. */
static int
make_predictor(struct enc_spec *s, const struct method *m,
    const struct train_config *c, int features)
{
	const char *text = c->predictor != NULL ? c->predictor :
	    m->projector;
	const bool fits = c->predictor == NULL || enc_head_preset(text);
	int sizes[ENC_HEAD_LAYERS];
	const int n = enc_head_sizes(&s->projector, sizes);
	const int out = n > 0 ? sizes[n - 1] : features;

	return parse_head("predictor", text, features, c->predictor_hidden,
	    fits ? out : 0, &s->predictor);
}

/* Heads that the method wants and the checkpoint (or nobody) gives. */
static int
complete_heads(struct enc_spec *s, const struct method *m,
    const struct train_config *c)
{
	const int features = enc_features(s);
	int rc = features < 0 ? features : 0;

	if (rc == 0 && s->projector.n == 0)
		rc = parse_head("projector", c->projector != NULL ?
		    c->projector : m->projector, features,
		    c->projector_hidden, c->projector_out, &s->projector);
	if (!m->predictor)
		s->predictor.n = 0;
	else if (rc == 0 && s->predictor.n == 0)
		rc = make_predictor(s, m, c, features);
	return rc;
}

/* Before any memory is taken: does the checkpoint hold what it says? */
static int
check_init(const struct ckpt *init, const struct enc_spec *s)
{
	struct enc_model m;
	int rc = enc_model_init(&m, s);

	if (rc < 0)
		return rc;
	rc = ckpt_check(init, "online.", &m.net.layout, m.net.layout.n);
	enc_model_fini(&m);
	return rc;
}

static int
make_spec(struct enc_spec *s, const struct method *m,
    const struct train_config *c, const struct ckpt *init)
{
	int rc;

	memset(s, 0, sizeof(*s));
	if (init != NULL) {
		if ((rc = ckpt_spec(init, s)) < 0 ||
		    (rc = complete_heads(s, m, c)) < 0)
			return rc;
		return check_init(init, s);
	}
	if ((s->encoder = enc_find(c->arch)) == NULL)
		return fail_last();
	s->shape = (struct enc_shape){ (int)c->channels, (int)c->width,
		c->stem };
	return complete_heads(s, m, c);
}

/* Does the header say nothing of views, and come from ssl-decode?  Another
 * program may have made views all the same, and passed it on. */
static bool
of_samples(const struct head *h)
{
	const struct value *all = &h->history;

	return value_find(&h->meta, "views") == NULL &&
	    all->type == VALUE_ARRAY && all->array.n > 0 &&
	    strcmp(value_get_text(&all->array.items[all->array.n - 1],
		"tool", ""), "ssl-decode") == 0;
}

/* One of mean and std: the option, the checkpoint, the stream, ImageNet. */
static int
numbers(double *x, const char *name, const char *option,
    const struct head *stream, const struct ckpt *init,
    const double *otherwise)
{
	int n = 0;

	if (option != NULL) {
		n = batch_numbers(option, -1e9, 1e9, x, BATCH_CHANNELS);
		return n < 0 ? fail_note("--%s", name) : n;
	}
	if (init != NULL)
		n = ckpt_get_floats(ckpt_head(init), name, x, BATCH_CHANNELS);
	if (n == 0)
		n = ckpt_get_floats(stream, name, x, BATCH_CHANNELS);
	if (n == 0) {
		if (!of_samples(stream))
			log_line(LOG_INFO, "no %s in the stream header; "
			    "using ImageNet's", name);
		memcpy(x, otherwise, 3 * sizeof(*x));
		n = 3;
	}
	return n;
}

static int
make_norm(struct train *t, const struct train_config *c,
    const struct head *stream, const struct ckpt *init)
{
	const int n = numbers(t->mean, "mean", c->mean, stream, init,
	    imagenet_mean);
	const int n_std = n < 0 ? n : numbers(t->std, "std", c->std, stream,
	    init, imagenet_std);

	if (n_std < 0)
		return n_std;
	if (n != n_std)
		return fail(FAIL_USAGE, "%d numbers of the mean, but %d of "
		    "the deviation", n, n_std);
	t->n_mean = n;
	return batch_norm_init(&t->norm, t->spec.shape.channels, t->mean,
	    t->std, n);
}

static uint64_t
known(const struct value *meta, const char *name)
{
	const int64_t n = value_get_int(meta, name, 0);

	return n > 0 ? (uint64_t)n : 0;
}

/* How long the run is.  A run that goes on keeps its length, since a stream
 * that begins later is shorter. */
static void
make_length(struct train *t, const struct train_config *c,
    const struct head *stream, const struct ckpt *resume)
{
	uint64_t own;		/* the stream's steps in an epoch */
	const struct value *old = resume == NULL ? NULL :
	    &ckpt_head(resume)->meta;

	t->total = (uint64_t)c->total_steps;
	if (t->total == 0)
		t->total = known(old, "total_steps");
	if (t->total == 0)
		t->total = known(&stream->meta, "steps");
	if (t->total == 0 && c->steps > 0)
		t->total = (uint64_t)c->steps;
	own = known(&stream->meta, "steps_per_epoch");
	t->steps_per_epoch = (uint64_t)c->steps_per_epoch;
	if (t->steps_per_epoch > 0 && own > 0 && own != t->steps_per_epoch)
		log_line(LOG_WARNING, "--steps-per-epoch %" PRIu64 ", but an "
		    "epoch of the stream has %" PRIu64, t->steps_per_epoch,
		    own);
	if (t->steps_per_epoch == 0)
		t->steps_per_epoch = known(old, "steps_per_epoch");
	if (t->steps_per_epoch == 0)
		t->steps_per_epoch = own;
	t->stream_end = known(&stream->meta, "steps");
	if (t->stream_end > 0)
		t->stream_end += known(&stream->meta, "start_step");
	t->stop = c->steps < 0 ? UINT64_MAX : (uint64_t)c->steps;
	if (t->total > 0 && t->total < t->stop)
		t->stop = t->total;
	t->planned = t->total > 0 && c->total_steps == 0 &&
	    (c->steps < 0 || (uint64_t)c->steps > t->total);
}

/* Epochs to steps. */
static int
in_steps(const struct train *t, const char *option, double epochs,
    uint64_t *steps)
{
	if (epochs > 0 && t->steps_per_epoch == 0)
		return fail(FAIL_USAGE, "--%s: the stream does not tell how "
		    "many steps an epoch has; give --steps-per-epoch",
		    option);
	*steps = (uint64_t)llround(epochs * (double)t->steps_per_epoch);
	return 0;
}

static int
make_milestones(struct train *t, const char *text)
{
	double epochs[SCHED_MILESTONES];
	const int n = text == NULL ? 0 : batch_numbers(text, 0, 1e9, epochs,
	    SCHED_MILESTONES);

	if (n < 0)
		return fail_note("--milestones");
	for (int i = 0; i < n; i++) {
		const int rc = in_steps(t, "milestones", epochs[i],
		    &t->rate.milestone[i]);

		if (rc < 0)
			return rc;
	}
	t->rate.n_milestones = n;
	return n > 0 || t->rate.kind != SCHED_STEP ? 0 : fail(FAIL_USAGE,
	    "--schedule step: give --milestones, the epochs of its steps");
}

/* The batch's pictures as the stream tells them. */
static int
make_rate(struct train *t, const struct train_config *c,
    const struct head *stream)
{
	const double n = (double)value_get_int(&stream->meta, "batch", 0);
	enum sched_scaling scaling;
	const int rc = sched_scaling(c->rate_scaling, &scaling);

	if (rc < 0)
		return rc;
	if (scaling != SCHED_PLAIN && n < 1)
		return fail(FAIL_USAGE, "--lr-scaling %s: the stream does not "
		    "tell its batch; give the rate itself", c->rate_scaling);
	t->rate.base = sched_scaled(c->rate, scaling, n);
	if (scaling != SCHED_PLAIN)
		log_line(LOG_INFO, "learning rate %g: %g, scaled %s for "
		    "batches of %g", t->rate.base, c->rate, c->rate_scaling,
		    n);
	return 0;
}

static void
make_ema(struct train *t, const struct train_config *c)
{
	const struct method *m = t->run.row;

	t->ema = c->ema < 0 ? m->ema : c->ema;
	t->ema_final = c->ema_final;
	t->ema_cosine = strcmp(c->ema_schedule, "auto") == 0 ?
	    m->ema_cosine : strcmp(c->ema_schedule, "cosine") == 0;
}

static int
make_schedules(struct train *t, const struct train_config *c,
    const struct head *stream)
{
	struct sched *s = &t->rate;
	uint64_t warmup = 0;
	bool ema;
	int rc;

	*s = (struct sched){ .final = c->rate_final,
		.start = c->warmup_start, .gamma = c->gamma,
		.total = t->total, .per_epoch = t->steps_per_epoch };
	make_ema(t, c);
	if ((rc = make_rate(t, c, stream)) < 0 ||
	    (rc = sched_kind(c->schedule, &s->kind)) < 0 ||
	    (rc = sched_form(c->warmup_form, &s->form)) < 0 || t->stop == 0)
		return rc;	/* without steps nothing is asked of them */
	if ((rc = in_steps(t, "warmup-epochs", c->warmup_epochs,
		&warmup)) < 0 ||
	    (rc = in_steps(t, "support-epochs", c->support_epochs,
		&t->support_end)) < 0 ||
	    (rc = make_milestones(t, c->milestones)) < 0)
		return rc;
	s->warmup = warmup + (uint64_t)c->warmup_steps;
	if (c->support_epochs == 0)
		t->support_end = UINT64_MAX;
	ema = t->ema_cosine && t->run.row->target;
	if ((ema || s->kind == SCHED_COSINE || s->kind == SCHED_COSINE_EPOCH)
	    && t->total == 0 && of_samples(stream))
		return fail(FAIL_USAGE, "the header is that of samples: pipe "
		    "them through ssl-augment --batch N, which makes views; "
		    "for views of another program give --total-steps");
	if (ema && t->total == 0)
		return fail(FAIL_USAGE, "--ema-schedule cosine needs the "
		    "number of steps, which the stream does not tell "
		    "(ssl-augment --batch writes it); give --total-steps");
	return sched_check(s);
}

/* Which tensors decay and adapt, for those who want to check. */
static void
tell_groups(const struct train *t)
{
	const char *name = t->optim.row->name;
	const bool lars = strcmp(name, "lars") == 0;
	size_t n[2] = { 0, 0 };

	for (size_t i = 0; i < t->run.online.n; i++) {
		const struct nn_slice *s = &t->run.model.net.layout.slices[i];
		const bool all = optim_adapts(&t->optim, s);

		if (nn_is_buffer(s->kind))
			continue;
		n[all]++;
		log_line(LOG_DETAIL, "%s: weight decay %g%s", s->name,
		    all ? t->optim.config.decay : 0, lars && all ? ", adapted" : "");
	}
	log_line(LOG_DETAIL, "%s: %zu tensors with weight decay, %zu without",
	    name, n[1], n[0]);
}

static int
make_optim(struct train *t, const struct train_config *c)
{
	const struct optim_row *row = optim_find(c->optimizer);
	struct optim_config config = { .momentum = c->momentum,
		.decay = c->decay, .nesterov = c->nesterov,
		.clip_norm = c->clip_norm, .lars_clip = c->lars_clip,
		.trust = c->trust, .beta1 = c->beta1, .beta2 = c->beta2,
		.epsilon = c->epsilon };
	int rc;

	if (row == NULL)
		return fail_last();
	if ((rc = optim_lars_form(c->lars_form, &config.form)) < 0 ||
	    (rc = optim_exclusion(c->exclude, &config.exclude)) < 0 ||
	    (rc = optim_init(&t->optim, row, &config, &t->run.online)) < 0)
		return rc;
	tell_groups(t);
	return 0;
}

/* What the options say of a network's first numbers. */
static void
make_draw(struct method_options *o, const struct train_config *c,
    const struct method *row)
{
	const bool usual = strcmp(c->draw, "auto") == 0;

	o->draw = usual ? row->draw :
	    strcmp(c->draw, "haiku") == 0 ? NN_HAIKU : NN_TORCH;
	if (c->residual_scale >= 0)
		o->residual_scale = (float)c->residual_scale;
	else if (usual && row->residual_scale > 0)
		o->residual_scale = row->residual_scale;
	else
		o->residual_scale = o->draw == NN_HAIKU ? 0 : 1;
}

/* -1 says that a number follows from something else; less than 0 is no other. */
static int
check_own(const char *option, double x)
{
	return x >= 0 || x == -1 ? 0 : fail(FAIL_USAGE, "--%s %g: give 0 or "
	    "more, or -1, the default", option, x);
}

/* What the options say of the method. */
static void
make_options(struct train *t, const struct train_config *c)
{
	const char *buffers = c->target_buffers;

	t->run.options = (struct method_options){
		.loss = { c->temperature, c->strong_temperature,
		    c->strong_weight, c->anchor_only },
		.groups = (int)c->groups,
		.microbatch = (int)c->microbatch,
		.symmetric = c->symmetric,
		.fresh_target = strcmp(c->target_start, "fresh") == 0,
		.buffers = strcmp(buffers, "own") == 0 ? METHOD_OWN :
		    strcmp(buffers, "copy") == 0 ? METHOD_COPY :
		    METHOD_AVERAGE,
		.seed = (uint64_t)c->seed,
	};
	make_draw(&t->run.options, c, t->run.row);
}

/* The ring, as large as asked for, or as the checkpoint's, or as MoCo's. */
static int
make_queue(struct train *t, const struct train_config *c,
    const struct ckpt *init)
{
	const struct tensor *old = init == NULL ? NULL :
	    ckpt_find(init, "queue");
	size_t k = (size_t)c->queue;

	if (!t->run.row->queue)
		return c->queue == 0 ? 0 : fail(FAIL_USAGE, "--queue: %s has "
		    "no queue", t->run.row->name);
	if (k == 0)
		k = old != NULL && old->n_dims == 2 ? old->shape[0] : 65536;
	return keys_init(&t->run.keys, t->run.kernel, k,
	    method_columns(&t->run), (uint64_t)c->seed);
}

/* What the checkpoint holds; the rest stays as drawn. */
static int
load_networks(struct train *t, struct ckpt *init)
{
	int rc = ckpt_load(init, "online.", &t->run.online);

	if (rc < 0)
		return rc;
	if (!t->run.options.fresh_target)
		method_copy_target(&t->run);
	if (t->run.row->target && ckpt_has(init, "target."))
		rc = ckpt_load(init, "target.", &t->run.target);
	if (rc == 0 && t->run.row->queue)
		rc = ckpt_load_keys(init, &t->run.keys);
	if (rc == 0)
		ckpt_warn_unused(init, "online.");
	if (rc == 0 && t->run.row->target)
		ckpt_warn_unused(init, "target.");
	return rc;
}

/* Where the checkpoint's run stood. */
static int
load_state(struct train *t, struct ckpt *c)
{
	const struct value *meta = &ckpt_head(c)->meta;
	int rc = 0;

	t->step = known(meta, "step");
	t->epoch = known(meta, "epoch");
	t->height = (int)ckpt_input(c, "height");
	t->width = (int)ckpt_input(c, "width");
	t->optim.steps = t->step;
	for (int i = 0; i < OPTIM_STATES && t->optim.state[i] != NULL &&
	    t->step > 0 && rc == 0; i++) {
		char prefix[64];

		snprintf(prefix, sizeof(prefix), "optimizer.%s.online.",
		    t->optim.row->states[i]);
		rc = ckpt_load_array(c, prefix, t->optim.state[i],
		    &t->run.online);
	}
	return rc;
}

/* Pixels on a side of the first view, or 0. */
static size_t
view_size(const struct head *h)
{
	const struct value *v = value_find(&h->meta, "views");
	const int64_t size = v == NULL || v->type != VALUE_ARRAY ||
	    v->array.n == 0 ? 0 : value_get_int(&v->array.items[0], "size", 0);

	return size > 0 ? (size_t)size : 0;
}

static int
setup(struct train *t, const struct train_config *c, struct kernel *k,
    const struct head *stream, struct ckpt *init, bool resume)
{
	const struct method *m = method_find(c->method);
	int rc;

	if (m == NULL)
		return fail_last();
	t->seed = c->seed;
	t->view_size = view_size(stream);
	t->log_every = (uint64_t)c->log_every;
	t->save_every = (uint64_t)c->save_every;
	t->save_seconds = 60 * c->save_minutes;
	make_length(t, c, stream, resume ? init : NULL);
	if ((rc = make_spec(&t->spec, m, c, init)) < 0 ||
	    (rc = make_norm(t, c, stream, init)) < 0 ||
	    (rc = method_init(&t->run, m, k, &t->spec)) < 0)
		return rc;
	make_options(t, c);
	if ((rc = check_own("ema", c->ema)) < 0 ||
	    (rc = check_own("residual-scale", c->residual_scale)) < 0 ||
	    (rc = make_schedules(t, c, stream)) < 0 ||
	    (rc = make_optim(t, c)) < 0 ||
	    (rc = make_queue(t, c, init)) < 0 ||
	    (rc = method_draw(&t->run, (uint64_t)c->seed)) < 0)
		return rc;
	if (init != NULL && !resume && t->run.options.fresh_target
	    && ckpt_has(init, "target."))
		return fail(FAIL_USAGE, "--target-start fresh: --init takes "
		    "the target network from its checkpoint, which has one");
	if (init != NULL && (rc = load_networks(t, init)) < 0)
		return rc;
	return resume ? load_state(t, init) : 0;
}

int
train_init(struct train *t, const struct train_config *c, struct kernel *k,
    const struct head *stream, struct ckpt *init, bool resume)
{
	int rc;

	memset(t, 0, sizeof(*t));
	rc = setup(t, c, k, stream, init, resume);
	if (rc < 0)
		train_fini(t);
	else if (resume)
		remarks_resumed(t, ckpt_head(init));
	else
		remarks_log(t, stream, init == NULL);
	return rc;
}

void
train_fini(struct train *t)
{
	monitor_free(t->monitor);
	optim_fini(&t->optim);
	method_fini(&t->run);
}
