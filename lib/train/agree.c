/* SPDX-License-Identifier: MIT */
#include "train/agree.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "train/loop.h"
#include "train/restore.h"

int
agree_clause(struct agree *a, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return buf_printf(&a->clauses, "%s%s", a->clauses.size > 0 ? "; " : "",
	    text);
}

int
agree_end(struct agree *a, bool anyway)
{
	const char *text = (const char *)a->clauses.data;
	const char *advice = !a->fixed ? "; give the same, or "
	    "--resume-anyway to go on all the same" : a->usage ?
	    "; give what the checkpoint has" : "";
	int rc = 0;

	if (a->clauses.size > 0 && anyway && !a->fixed)
		log_line(LOG_WARNING, "--resume-anyway: %s", text);
	else if (a->clauses.size > 0)
		rc = fail(a->usage ? FAIL_USAGE : FAIL_FORMAT, "%s%s", text,
		    advice);
	buf_free(&a->clauses);
	return rc;
}

static bool
given(const struct agree_line *l, const char *name)
{
	return opt_given(l->rows, l->n, l->said, name);
}

/* An option contradicts the network. */
static void
fixed(struct agree *a)
{
	a->usage = a->fixed = true;
}

static int
check_text(struct agree *a, const struct agree_line *l, const char *name,
    const char *want, const char *have)
{
	if (!given(l, name) || strcmp(want, have) == 0)
		return 0;
	fixed(a);
	return agree_clause(a, "--%s %s, the checkpoint has %s", name, want,
	    have);
}

static int
check_number(struct agree *a, const struct agree_line *l, const char *name,
    int64_t want, int64_t have)
{
	if (!given(l, name) || want == have)
		return 0;
	fixed(a);
	return agree_clause(a, "--%s %" PRId64 ", the checkpoint has %" PRId64,
	    name, want, have);
}

static bool
same_head(const struct enc_head *a, const struct enc_head *b)
{
	bool same = a->n == b->n;

	for (int i = 0; i < a->n && same; i++) {
		const struct enc_layer *x = &a->layer[i], *y = &b->layer[i];

		same = x->type == y->type && (x->type != ENC_LINEAR ||
		    (x->channels == y->channels && x->bias == y->bias));
	}
	return same;
}

/* Are there layers for the widths asked for? */
static bool
has_widths(const struct enc_head *h, bool hidden, bool out)
{
	int sizes[ENC_HEAD_LAYERS];
	const int n = enc_head_sizes(h, sizes);

	return (!hidden || n > 1) && (!out || n > 0);
}

/* "2048-bn-relu-128", or "none". */
static void
head_text(const struct enc_head *h, char *to, size_t size)
{
	size_t at = 0;

	snprintf(to, size, "none");
	for (int i = 0; i < h->n && at < size; i++) {
		const struct enc_layer *l = &h->layer[i];
		char layer[32];

		if (l->type == ENC_LINEAR)
			snprintf(layer, sizeof(layer), "%d%s", l->channels,
			    l->bias ? "" : "nobias");
		at += (size_t)snprintf(to + at, size - at, "%s%s", i > 0 ?
		    "-" : "", l->type == ENC_LINEAR ? layer :
		    l->type == ENC_NORM ? "bn" : "relu");
	}
}

/* What the options say of one head. */
struct head_wish {
	const char *name, *hidden_name, *out_name;	/* options, or NULL */
	const char *text;	/* or NULL: only other widths */
	int64_t hidden, out;
	int64_t fit;		/* width that a named head ends with, or 0 */
};

static int
check_head(struct agree *a, const struct agree_line *l,
    const struct head_wish *w, int features, const struct enc_head *old,
    bool resume)
{
	const bool hidden = given(l, w->hidden_name);
	const bool any = given(l, w->name) || hidden ||
	    (w->out_name != NULL && given(l, w->out_name));
	const int64_t out = w->fit > 0 && w->text != NULL &&
	    enc_head_preset(w->text) ? w->fit : w->out;
	struct enc_head h = *old;
	char have[256], want[256];
	int rc;

	if (!any || (old->n == 0 && !resume))
		return 0;
	if (w->text == NULL)
		enc_head_resize(&h, (int)w->hidden, (int)out);
	else if ((rc = train_head(w->name, w->text, features, w->hidden, out,
	    &h)) < 0)
		return rc;
	if (same_head(&h, old) && (w->text != NULL || has_widths(old, hidden,
	    w->out_name != NULL && given(l, w->out_name))))
		return 0;
	fixed(a);
	head_text(&h, want, sizeof(want));
	head_text(old, have, sizeof(have));
	if (w->text != NULL)
		return agree_clause(a, "--%s %s%s%s%s, the checkpoint has %s",
		    w->name, w->text, h.n > 0 ? " (" : "", h.n > 0 ? want : "",
		    h.n > 0 ? ")" : "", have);
	return agree_clause(a, "--%s %" PRId64 " makes the %s %s, the "
	    "checkpoint has %s", hidden ? w->hidden_name : w->out_name,
	    hidden ? w->hidden : w->out, w->name, want, have);
}

static int
check_heads(struct agree *a, const struct agree_line *l,
    const struct enc_spec *s, bool resume)
{
	const struct train_config *c = l->config;
	const int features = enc_features(s);
	const struct head_wish projector = { "projector", "projector-hidden",
		"projector-out", c->projector, c->projector_hidden,
		c->projector_out, 0 };
	struct head_wish predictor = { "predictor", "predictor-hidden", NULL,
		c->predictor, c->predictor_hidden, 0, 0 };
	int sizes[ENC_HEAD_LAYERS], n, rc;

	if (features < 0)
		return features;
	n = enc_head_sizes(&s->projector, sizes);
	predictor.fit = n > 0 ? sizes[n - 1] : features;
	rc = check_head(a, l, &projector, features, &s->projector, resume);
	return rc < 0 ? rc : check_head(a, l, &predictor, features,
	    &s->predictor, resume);
}

/* Mean or std, one number standing for all channels. */
static int
check_floats(struct agree *a, const struct agree_line *l, const char *name,
    const char *text)
{
	double want[BATCH_CHANNELS], have[BATCH_CHANNELS];
	const int old = ckpt_get_floats(ckpt_head(a->ckpt), name, have,
	    BATCH_CHANNELS);
	int n;
	bool same = true;

	if (!given(l, name) || old == 0)
		return 0;
	if ((n = batch_numbers(text, -1e9, 1e9, want, BATCH_CHANNELS)) < 0)
		return fail_note("--%s", name);
	for (int i = 0; i < (n > old ? n : old); i++)
		same = same && (n == 1 || old == 1 || n == old) &&
		    want[n == 1 ? 0 : i] == have[old == 1 ? 0 : i];
	if (same)
		return 0;
	a->usage = true;
	return agree_clause(a, "--%s %s is not the checkpoint's", name, text);
}

/* A method without a queue leaves the checkpoint's alone. */
static int
check_queue(struct agree *a, const struct agree_line *l, bool resume)
{
	const struct tensor *queue = ckpt_find(a->ckpt, "queue");
	const struct train_config *c = l->config;
	const struct method *m = method_find(c->method);

	if (m == NULL)
		return fail_last();
	if (queue == NULL || queue->n_dims != 2 || c->queue == 0 ||
	    (!resume && !m->queue))
		return 0;
	return check_number(a, l, "queue", c->queue,
	    (int64_t)queue->shape[0]);
}

static int
check_resumed(struct agree *a, const struct agree_line *l)
{
	const struct train_config *c = l->config;
	int rc = check_floats(a, l, "mean", c->mean);

	return rc < 0 ? rc : check_floats(a, l, "std", c->std);
}

int
agree_network(struct agree *a, const struct agree_line *l, bool resume)
{
	const struct train_config *c = l->config;
	struct enc_spec s;
	int rc = ckpt_spec(a->ckpt, &s);

	if (rc < 0)
		return rc;
	if ((rc = check_text(a, l, "arch", c->arch, s.encoder->name)) < 0 ||
	    (rc = check_text(a, l, "stem", c->stem, s.shape.stem)) < 0 ||
	    (rc = check_number(a, l, "width", c->width, s.shape.width)) < 0 ||
	    (rc = check_number(a, l, "channels", c->channels,
		s.shape.channels)) < 0 ||
	    (rc = check_heads(a, l, &s, resume)) < 0 ||
	    (rc = check_queue(a, l, resume)) < 0)
		return rc;
	return resume ? check_resumed(a, l) : 0;
}

static void
value_text_of(const struct value *v, char *to, size_t size)
{
	if (v->type == VALUE_TEXT)
		snprintf(to, size, "%s", v->text.bytes);
	else if (v->type == VALUE_INT)
		snprintf(to, size, "%" PRId64, v->integer);
	else if (v->type == VALUE_FLOAT)
		snprintf(to, size, "%.10g", v->real);
	else
		snprintf(to, size, "another kind of value");
}

/* Does the value leave the choice to the method, or to another option? */
static bool
is_open(const struct opt *o, const struct value *v)
{
	static const struct {
		const char *option, *text;
		double number;
	} rows[] = {
		{ "temperature", NULL, 0 },
		{ "strong-temperature", NULL, 0 },
		{ "ema", NULL, -1 },
		{ "residual-scale", NULL, -1 },
		{ "ema-schedule", "auto", 0 },
		{ "draw", "auto", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].option, o->name) == 0)
			return v->type == VALUE_TEXT ? rows[i].text != NULL &&
			    strcmp(v->text.bytes, rows[i].text) == 0 :
			    v->type == VALUE_FLOAT &&
			    v->real == rows[i].number;
	return false;
}

/* What came out for an open value; NULL: an older checkpoint does not say. */
static const struct value *
effective(const struct agree *a, const struct opt *o)
{
	char name[64];

	snprintf(name, sizeof(name), "%s", o->name);
	for (char *at = name; *at != '\0'; at++)
		*at = *at == '-' ? '_' : *at;
	return value_find(value_find(&ckpt_head(a->ckpt)->meta, "effective"),
	    name);
}

/* FAIL_USAGE for an option that the checkpoint's method does not use. */
static int
check_used(const struct agree *a, const struct opt *o)
{
	const struct method *m = method_find(value_get_text(
	    &ckpt_head(a->ckpt)->meta, "method", ""));

	return m == NULL ? 0 : method_check_option(m, o->name);
}

/* One option of the command line against the checkpoint's value; NULL: that
 * run had no text. */
static int
check_option(struct agree *a, const struct opt *o, const struct value *want,
    const struct value *have)
{
	const struct value other = value_text("the method's default");
	char now[128], then[128];
	int rc;

	if (have != NULL && value_same(want, have))
		return 0;
	if (have == NULL && o->type != OPT_TEXT)
		return 0;	/* older than the option */
	if (!a->other_method && (rc = check_used(a, o)) < 0)
		return rc;
	if (have != NULL && is_open(o, have)) {
		have = effective(a, o);
		if (have != NULL && value_same(want, have))
			return 0;
		have = have == NULL ? &other : have;
	}
	a->usage = true;
	value_text_of(want, now, sizeof(now));
	if (o->type == OPT_FLAG)
		return agree_clause(a, "--%s, which the checkpoint's run did "
		    "not have", o->name);
	if (have == NULL)
		return agree_clause(a, "--%s %s, which the checkpoint's run "
		    "did not have", o->name, now);
	value_text_of(have, then, sizeof(then));
	return agree_clause(a, "--%s %s, the checkpoint's run had %s", o->name,
	    now, then);
}

int
agree_options(struct agree *a, const struct agree_line *l)
{
	const struct value *map = value_find(&ckpt_head(a->ckpt)->meta,
	    "options");
	int rc = 0;

	a->other_method = given(l, "method") && strcmp(l->config->method,
	    value_get_text(&ckpt_head(a->ckpt)->meta, "method", "")) != 0;
	for (size_t i = 0; i < l->n && rc == 0 && map != NULL; i++) {
		const struct opt *o = &l->rows[i];
		struct value want;

		if (!l->said->given[i] || !restore_binds(o))
			continue;
		want = restore_value(o, l->args);
		rc = check_option(a, o, &want, value_find(map, o->name));
	}
	return rc;
}
