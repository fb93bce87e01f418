/* SPDX-License-Identifier: MIT */
#include "train/uses.h"

#include <string.h>

#include "method/method.h"

#define AT(field) offsetof(struct train_config, field)

/* Options that only some values of another option use. */
static const struct choice {
	const char *option;
	size_t at;			/* of the other's value, a text */
	const char *kind, *values;	/* " sgd lars" */
} choices[] = {
	{ "momentum", AT(optimizer), "optimizers", " lars sgd" },
	{ "nesterov", AT(optimizer), "optimizers", " lars sgd" },
	{ "trust", AT(optimizer), "optimizers", " lars" },
	{ "lars-form", AT(optimizer), "optimizers", " lars" },
	{ "lars-clip", AT(optimizer), "optimizers", " lars" },
	{ "beta1", AT(optimizer), "optimizers", " adam adamw" },
	{ "beta2", AT(optimizer), "optimizers", " adam adamw" },
	{ "epsilon", AT(optimizer), "optimizers", " adam adamw" },
	{ "final-lr", AT(schedule), "schedules", " cosine cosine-epoch" },
	{ "milestones", AT(schedule), "schedules", " step" },
	{ "gamma", AT(schedule), "schedules", " step" },
};

static bool
rises(const struct train_config *c, const struct method *m)
{
	return strcmp(c->ema_schedule, "auto") == 0 ? m->ema_cosine :
	    strcmp(c->ema_schedule, "cosine") == 0;
}

static bool
warms_up(const struct train_config *c, const struct method *m)
{
	(void)m;
	return c->warmup_epochs > 0 || c->warmup_steps > 0;
}

static bool
has_momentum(const struct train_config *c, const struct method *m)
{
	(void)m;
	return c->momentum > 0;
}

static bool
draws_encoder(const struct train_config *c, const struct method *m)
{
	(void)m;
	return c->init == NULL;
}

static bool
is_logged(const struct train_config *c, const struct method *m)
{
	(void)m;
	return c->log != NULL || c->tap != NULL;
}

static bool
is_monitored(const struct train_config *c, const struct method *m)
{
	(void)m;
	return c->monitor != NULL;
}

/* Options that mean something only beside others. */
static const struct need {
	const char *option;
	bool (*met)(const struct train_config *, const struct method *);
	const char *text;
} needs[] = {
	{ "final-ema", rises, "the momentum of the target network is "
	    "constant; give --ema-schedule cosine" },
	{ "warmup-lr", warms_up, "there is no warm-up; give --warmup-epochs "
	    "or --warmup-steps" },
	{ "warmup-form", warms_up, "there is no warm-up; give "
	    "--warmup-epochs or --warmup-steps" },
	{ "nesterov", has_momentum, "there is no momentum; give --momentum "
	    "above 0" },
	{ "residual-scale", draws_encoder, "--init takes the whole encoder "
	    "from its checkpoint" },
	{ "log-every", is_logged, "nothing is logged; give --log or --tap" },
	{ "monitor-every", is_monitored, "nothing is monitored; give "
	    "--monitor" },
};

/* True when " a b c" has the word. */
static bool
has_word(const char *words, const char *word)
{
	const size_t n = strlen(word);
	const char *at = words;

	while ((at = strchr(at, ' ')) != NULL)
		if (strncmp(++at, word, n) == 0 &&
		    (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

static int
check_choice(const struct choice *u, const struct train_config *c)
{
	const char *value;

	memcpy(&value, (const char *)c + u->at, sizeof(value));
	return has_word(u->values, value) ? 0 : fail(FAIL_USAGE, "--%s: %s "
	    "does not use it; %s that do:%s", u->option, value, u->kind,
	    u->values);
}

static bool
lacks_head(const struct ckpt *first, const char *prefix, const char *text)
{
	return !ckpt_has(first, prefix) && strcmp(text, "none") != 0;
}

/* Does the run have a head that the checkpoint does not bring? */
static bool
draws_heads(const struct train_config *c, const struct method *m,
    const struct ckpt *first)
{
	const char *projector = c->projector != NULL ? c->projector :
	    m->projector;
	const char *predictor = c->predictor != NULL ? c->predictor :
	    m->projector;

	return lacks_head(first, "online.projector.", projector) ||
	    (m->predictor && lacks_head(first, "online.predictor.",
	    predictor));
}

/* FAIL_USAGE for an option about initial weights that --init brings. */
static int
check_init(const char *option, const struct train_config *c,
    const struct method *m, const struct ckpt *first)
{
	const bool heads = draws_heads(c, m, first);
	const bool target = m->target && !ckpt_has(first, "target.");
	const bool fresh = target && strcmp(c->target_start, "fresh") == 0;

	if (strcmp(option, "draw") == 0 && !heads && !fresh)
		return fail(FAIL_USAGE, "--draw: all weights are loaded from "
		    "--init %s", c->init);
	if (strcmp(option, "residual-scale") == 0 && !fresh)
		return fail(FAIL_USAGE, "--residual-scale: the encoder is "
		    "loaded from --init %s", c->init);
	if (strcmp(option, "target-start") == 0 && !target && !heads)
		return fail(FAIL_USAGE, "--target-start: the target network "
		    "is loaded from --init %s", c->init);
	return 0;
}

static int
check_one(const char *option, const struct train_config *c,
    const struct method *m, const struct ckpt *first)
{
	int rc = method_check_option(m, option);

	if (rc == 0 && first != NULL && c->resume == NULL)
		rc = check_init(option, c, m, first);

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]) &&
	    rc == 0; i++)
		if (strcmp(choices[i].option, option) == 0)
			rc = check_choice(&choices[i], c);
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]) && rc == 0;
	    i++)
		if (strcmp(needs[i].option, option) == 0 &&
		    !needs[i].met(c, m))
			rc = fail(FAIL_USAGE, "--%s: %s", option,
			    needs[i].text);
	return rc;
}

int
uses_check(const struct opt *rows, size_t n, const struct opt_said *given,
    const struct train_config *c, const struct ckpt *first)
{
	const struct method *m = method_find(c->method);
	int rc = m == NULL ? fail_last() : 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		if (rows[i].name != NULL && given->given[i])
			rc = check_one(rows[i].name, c, m, first);
	return rc;
}
