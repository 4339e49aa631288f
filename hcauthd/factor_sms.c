/* SPDX-License-Identifier: Apache-2.0 */
/* A code by text message as a second factor. What must hold: one goes out only behind a right password, and
 * over the network everybody else is shown the same words and made the same commits; it is compared, counted
 * and spent in the closing transaction; six digits may be the app's as well, and whichever they are, the
 * other's count stays as it was. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "factor.h"
#include "log.h"
#include "message.h"
#include "proof.h"
#include "sms.h"
#include "store/store.h"
#include "text.h"

/* --- sending --- */

struct looking {
	struct conv *c;
	const struct person *p;
	struct texting *x;
	uint32_t step;
	bool other; /* a code that the rule allows and that takes no message */
};

/* As much work whether the password was right or not. To a row that does not open nothing is sent; six digits
 * are refused then, whatever they are, and recovery codes go on. */
static int look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct sms v;
	struct now now;

	l->c->now(&now);
	l->other = credentials_of(
		t, &l->p->owner, l->step & (1u << FACTOR_TOTP | 1u << FACTOR_YUBIKEY));
	if (sms_load(t, l->c, &l->p->owner, &v) == 0)
		snprintf(l->x->number, sizeof l->x->number, "%s", sms_number(&v, &now));
	return 0;
}

static enum code_sent send_one(struct conv *c, struct texting *x, bool theirs)
{
	const struct code_for f = { .p = theirs ? x->p : &x->nobody,
		.purpose = CODE_SIGN_IN,
		.to = theirs ? x->number : "",
		.template = "sign-in" };
	enum code_sent sent = code_send(c, &f, x->tried);

	x->tried = true;
	return sent;
}

/* again: another was asked for, and the earlier one still being good is not that. */
static void tell_sent(struct conv *c, const struct texting *x, bool again, enum code_sent sent)
{
	if (sent == CODE_NOT_SENT || (again && sent == CODE_STILL_GOOD))
		tell(c, TELL_INFO, "%s", TEXT_CODE_ENOUGH);
	else
		tell(c, TELL_INFO, sent == CODE_SENT ? TEXT_SMS_SENT : TEXT_SMS_STILL,
			sms_ending(x->number));
}

/* A password, or what an earlier module has proved in its place. */
static bool is_first(const struct factor *f)
{
	return f == &factor_password || !f->take;
}

void texting_begin(struct conv *c, const struct proof *p, uint32_t step, struct texting *x)
{
	struct looking l = { .c = c, .p = &p->who, .x = x, .step = step };
	bool proved = true, password = p->in_session || p->waived & 1u << FACTOR_PASSWORD;

	*x = (struct texting){ .p = &p->who,
		.on = step & 1u << FACTOR_SMS && message_can(c->conf, CHANNEL_SMS) &&
			!c->service->one_prompt };
	if (!x->on)
		return;
	if (store_read(c->store, look, &l) < 0)
		die("store: a number for codes");
	for (size_t i = 0; i < p->n; i++) {
		const struct given *g = &p->given[i];

		proved = proved && (g->matched || g->factor->quick);
		password = password || (g->matched && is_first(g->factor));
	}
	person_decoy(c->seal, "", &x->nobody);
	x->theirs = proved && password && *x->number && person_active(&p->who);
	bool first =
		x->theirs && !p->in_session && (p->who.identity.second == FACTOR_SMS || !l.other);
	if (x->theirs && p->in_session)
		tell(c, TELL_INFO, "%s", TEXT_SMS_ENTER);
	if (!c->local) {
		(void)send_one(c, x, first);
		x->tried = first;
	} else if (first)
		tell_sent(c, x, false, send_one(c, x, true));
}

void texting_again(struct conv *c, struct texting *x, const char *hint)
{
	bool again = x->tried;

	if (!c->local) {
		(void)send_one(c, x, x->theirs);
		tell(c, TELL_INFO, "%s", TEXT_SMS_PERHAPS);
	} else if (x->theirs)
		tell_sent(c, x, again, send_one(c, x, true));
	else
		tell(c, TELL_INFO, "%s", hint);
}

/* --- the closing transaction --- */

static void take(
	struct conv *c, const struct person *p, const struct secret *answer, struct given *g)
{
	(void)c;
	(void)p;
	g->answer = *answer;
}

static int close_text(struct txn *t, const struct conv *c, const struct person *p,
	const char *number, struct given *g, const struct now *now, bool *ok)
{
	const struct code_for f = { .p = p, .purpose = CODE_SIGN_IN, .to = number };

	*ok = false;
	int r = lockout_count(t, &p->owner, FACTOR_SMS, conv_source(c), 0, now, &g->attempt);
	if (r < 0 || !g->attempt.allowed)
		return r;
	return code_compare(t, c, now, &f, g->answer.text, ok);
}

/* The app's first, if they have one; each is counted as what it might be, until it is known which it was. */
static int close_sms(struct txn *t, const struct conv *c, const struct person *p, struct given *g,
	const struct now *now, bool *ok)
{
	bool app = g->digits & 1u << FACTOR_TOTP;
	struct sms v = { .since = 0 };
	struct attempt as_app;
	int r = sms_load(t, c, &p->owner, &v);

	if (r < 0 && r != -ENOENT)
		return r;
	const char *number = sms_number(&v, now);
	if (app && *number)
		app = credential_exists(t, &p->owner, FACTOR_TOTP);
	g->factor = app ? &factor_totp : &factor_sms;
	if (!app)
		return close_text(t, c, p, number, g, now, ok);
	if ((r = factor_totp.close(t, c, p, g, now, ok)) < 0 || *ok || !*number)
		return r;
	as_app = g->attempt;
	if ((r = close_text(t, c, p, number, g, now, ok)) < 0)
		return r;
	if (*ok) {
		g->factor = &factor_sms;
		return as_app.allowed
			? lockout_uncount(t, &p->owner, FACTOR_TOTP, conv_source(c), now)
			: 0;
	}
	if (as_app.allowed || !g->attempt.allowed)
		g->attempt = as_app;
	return 0;
}

const struct factor factor_sms = {
	.id = FACTOR_SMS,
	.name = "sms",
	.remote = true,
	.quick = true,
	.take = take,
	.close = close_sms,
};
