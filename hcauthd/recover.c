/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold. Until the code from the e-mail is typed, everybody gets the same words, prompts and
 * commits, and over the network only an answer's length matters. A new PIN takes both channels, verified
 * before; a new password, or a PIN of somebody whose e-mail is not theirs alone, a second factor as well. The
 * text message code is what goes on: it is asked for in every conversation. */
#include "recover.h"

#include <stdio.h>
#include <string.h>

#include "enrol_second.h"
#include "enrol_step.h"
#include "log.h"
#include "recover_step.h"
#include "store/store.h"
#include "text.h"

enum {
	YES_LENGTH =
		3, /* an answer that long means yes: what its bytes are is not known over sshd; so yes is no shorter in any language, and no is */
	SECOND_TRIES = 3,
	BACK_MS = 70000, /* later the terminal's patience may end before the sign-in does */
};

/* --- the steps --- */

static bool prove_email(struct recovering *w)
{
	if (w->at.what)
		return true;
	tell(w->c, TELL_INFO, "%s", TEXT_RECOVER_BEGIN);
	if (!code_send(w->c, &w->email, false) && w->c->local)
		tell(w->c, TELL_INFO, "%s", TEXT_CODE_ENOUGH);
	return code_ask(w->c, &w->email, TEXT_RECOVER_EMAIL) && recover_commit(w, recover_email);
}

static bool prove_mobile(struct recovering *w)
{
	const char *const texts[] = { [CODE_NOT_SENT] = TEXT_CODE_ENOUGH,
		[CODE_SENT] = TEXT_RECOVER_MOBILE_NEXT,
		[CODE_STILL_GOOD] = TEXT_RECOVER_MOBILE_STILL };

	tell(w->c, TELL_INFO, "%s", texts[code_send(w->c, &w->mobile, false)]);
	return code_ask(w->c, &w->mobile, TEXT_RECOVER_MOBILE);
}

static bool prove_second(struct recovering *w)
{
	struct conv *c = w->c;

	if (!w->needs_second || w->at.second)
		return true;
	tell(c, TELL_INFO, "%s", TEXT_RECOVER_SECOND);
	for (unsigned i = 0; i < SECOND_TRIES; i++) {
		struct given g = { .factor = NULL };
		SECRET(answer);

		if (!ask_filled(c, USE_CODE, false, TEXT_CODE, TEXT_HINT_CODE, &answer))
			return false;
		w->given = &g;
		g.factor = factor_of_code(&answer);
		g.factor->take(c, w->p, &answer, &g);
		bool looked = recover_commit(w, recover_second) && g.attempt.allowed;
		proof_tell_lock(c, &g);
		given_wipe(&g);
		if (!looked || w->ok)
			return looked;
		tell(c, TELL_ERROR, "%s", TEXT_NOT_MATCHED);
	}
	return false;
}

static bool choose_new(struct recovering *w)
{
	struct chosen chosen;

	if (!enrol_ask(w->c, w->p, w->what, &chosen))
		return false;
	w->chosen = &chosen;
	bool ok = recover_commit(w, recover_set);
	if (ok)
		message_wake(); /* whoever it was not is told while the conversation still goes on */
	wipe(&chosen, sizeof chosen);
	return ok;
}

/* True when it is set and there is time to go on with it. */
static bool recover(struct conv *c, struct person *p, enum factor_id what)
{
	bool pin = what == FACTOR_PIN;
	struct recovering w = { .c = c, .p = p, .what = what };
	struct now begun;

	w.email = (struct code_for){ .p = p,
		.purpose = CODE_RECOVER_EMAIL,
		.to = "",
		.template = pin ? "recover-pin" : "recover-password" };
	w.mobile = w.email;
	w.mobile.purpose = CODE_RECOVER_SMS;
	c->now(&begun);
	w.now = begun;
	if (store_read(c->store, recover_look, &w) < 0)
		die("store: how far a recovery has come");
	if (!prove_email(&w) || !prove_mobile(&w) || !prove_second(&w) || !choose_new(&w)) {
		tell(c, TELL_ERROR, "%s", TEXT_RECOVER_FAILED);
		return false;
	}
	p->identity.resets = w.resets;
	tell(c, TELL_INFO, "%s", pin ? TEXT_RECOVER_PIN_SET : TEXT_RECOVER_PASSWORD_SET);
	c->now(&w.now);
	if (w.now.boot_ms - begun.boot_ms < BACK_MS)
		return true;
	tell(c, TELL_INFO, "%s", TEXT_RECOVER_LATER);
	return false;
}

/* The same for everybody: whether this machine can send both codes, and the terminal can ask more than one
 * thing. A PIN is of the workstation alone. */
static bool is_offered(const struct conv *c, enum factor_id what)
{
	return message_can(c->conf, CHANNEL_EMAIL) && message_can(c->conf, CHANNEL_SMS) &&
		!c->service->one_prompt && (c->local || what != FACTOR_PIN);
}

/* Declined is no answer to the prompt; begun and not ended is the end of the conversation. */
enum offer { OFFER_DECLINED, OFFER_FAILED, OFFER_DONE };

static enum offer offer(struct conv *c, struct person *p, enum factor_id what)
{
	SECRET(answer);

	ask(c, USE_OTHER, true, TEXT_FORGOTTEN, &answer);
	if (answer.len < YES_LENGTH)
		return OFFER_DECLINED;
	return recover(c, p, what) ? OFFER_DONE : OFFER_FAILED;
}

bool recover_ask(struct conv *c, struct person *p, enum factor_id what, const char *prompt,
	struct secret *out)
{
	bool pin = what == FACTOR_PIN;
	enum ask_use use = pin ? USE_CODE : USE_PASSWORD;

	if (!is_offered(c, what))
		return ask_filled(
			c, use, false, prompt, pin ? TEXT_HINT_PIN : TEXT_HINT_PASSWORD, out);
	ask(c, use, false, prompt, out);
	if (out->len > 0)
		return true;
	tell(c, TELL_INFO, "%s", pin ? TEXT_HINT_PIN_FORGOTTEN : TEXT_HINT_PASSWORD_FORGOTTEN);
	ask(c, use, false, prompt, out);
	if (out->len > 0)
		return true;
	if (offer(c, p, what) == OFFER_FAILED)
		return false;
	ask(c, use, false, prompt, out);
	return out->len > 0;
}

bool recover_locked(struct conv *c, struct person *p)
{
	if (!is_offered(c, FACTOR_PIN))
		return false;
	tell(c, TELL_ERROR, "%s", TEXT_PIN_LOCKED);
	return offer(c, p, FACTOR_PIN) == OFFER_DONE;
}

/* --- a lost phone --- */

struct here {
	struct person now;
	bool active;
};

static int look_here(struct txn *t, void *arg)
{
	struct here *h = arg;

	h->active = person_refresh(t, &h->now) == 0 && person_active(&h->now);
	return 0;
}

/* Whether a recovery code was given where one from the phone was asked for, by the service or (the steps
 * behind its own) by the practice. */
static bool stood_in(const struct conv *c, const struct proof *p)
{
	bool any = false;

	for (size_t i = 0; i < p->n && !p->enrolled; i++)
		any |= p->given[i].factor == &factor_recovery &&
			(i >= c->service->nsteps || c->service->step[i] & FACTORS_PHONE);
	return any;
}

bool recover_phone(struct conv *c, const struct proof *p)
{
	struct here h = { .now = p->who };

	if (!stood_in(c, p))
		return true;
	enum factor_id wanted = second_lost(c, &p->who);
	if (!wanted)
		return true;
	if (wanted == FACTOR_SMS ? second_number(c, &p->who, "") : enrol_totp(c, &p->who, true)) {
		if (wanted == FACTOR_TOTP)
			tell(c, TELL_INFO, "%s", TEXT_TOTP_CHANGED);
		return true;
	}
	if (store_read(c->store, look_here, &h) < 0)
		die("store: who has signed in");
	return h.active;
}
