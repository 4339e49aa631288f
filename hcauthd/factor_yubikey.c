/* SPDX-License-Identifier: Apache-2.0 */
/* YubiKey OTP as a factor. What must hold: an OTP is counted, checked and spent in the closing transaction;
 * of a key that is somebody else's it is as wrong as any. Where a password was asked for, it is no attempt
 * if it is the person's own, and it is used up; all else that is typed there is a password. */
#include <errno.h>
#include <string.h>

#include "factor.h"
#include "log.h"
#include "store/store.h"
#include "text.h"
#include "yubikey.h"

static void take(
	struct conv *c, const struct person *p, const struct secret *answer, struct given *g)
{
	struct otp o;

	(void)p;
	g->answer = *answer;
	if (c->local && !otp_read(answer->text, &o))
		tell(c, TELL_ERROR, "%s", TEXT_YUBIKEY_NO_CODE);
}

static int close_yubikey(struct txn *t, const struct conv *c, const struct person *p,
	struct given *g, const struct now *now, bool *ok)
{
	int r = lockout_count(t, &p->owner, FACTOR_YUBIKEY, conv_source(c), 0, now, &g->attempt);

	*ok = false;
	if (r < 0 || !g->attempt.allowed)
		return r;
	return otp_spend(t, c, &p->owner, g->answer.text, now, ok);
}

const struct factor factor_yubikey = {
	.id = FACTOR_YUBIKEY,
	.name = "yubikey",
	.remote = true,
	.quick = true,
	.take = take,
	.close = close_yubikey,
};

bool takes_yubikeys(const struct service *s)
{
	for (size_t i = 0; i < s->nsteps; i++)
		if (s->step[i] & 1u << FACTOR_YUBIKEY)
			return true;
	return false;
}

bool asks_for_yubikeys(const struct conf *conf)
{
	for (size_t i = 0; i < conf->nservices; i++)
		if (takes_yubikeys(&conf->service[i]))
			return true;
	return false;
}

/* --- at the prompt for a password --- */

struct spending {
	struct conv *c;
	const struct person *p;
	const char *text;
	struct now now;
	bool ok;
};

static int spend(struct txn *t, void *arg)
{
	struct spending *s = arg;
	int r = otp_spend(t, s->c, &s->p->owner, s->text, &s->now, &s->ok);

	return r == 0 && !s->ok ? -ENOENT : r;
}

bool otp_at_password(struct conv *c, const struct person *p, const struct secret *answer)
{
	struct spending s = { .c = c, .p = p, .text = answer->text };
	struct otp o;

	if (!c->local || c->service->one_prompt || !p->known || !otp_read(answer->text, &o))
		return false;
	c->now(&s.now);
	int r = store_update(c->store, NEED_ALWAYS, spend, &s);
	if (r < 0 && r != -ENOENT)
		die("store: an OTP could not be spent: %s", strerror(-r));
	return r == 0;
}
