/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold. Everybody is asked the same: whoever has nothing enrolled, or does not exist, gets the
 * prompts and the work of somebody who has. Over the network no step tells how an earlier one went. A
 * rule without steps proves nothing. What was given is only judged to its end in proof_close(). */
#include "proof_step.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "earlier.h"
#include "enrol.h"
#include "glass.h"
#include "log.h"
#include "message.h"
#include "recover.h"
#include "reset.h"
#include "rule.h"
#include "seal.h"
#include "shared.h"
#include "shift.h"
#include "store/store.h"
#include "text.h"
#include "token.h"
#include "yubikey.h"

void proof_wipe(struct proof *p)
{
	wipe(p, sizeof *p);
}

struct find {
	struct conv *c;
	const char *name;
	struct person *who;
};

static int find(struct txn *t, void *arg)
{
	struct find *f = arg;

	return person_by_name(t, f->name, f->who);
}

static void find_person(struct conv *c, const char *name, struct person *out)
{
	char normal[SIGN_IN_NAME_MAX + 1] = "";
	struct find f = { .c = c, .name = normal, .who = out };
	int r = name_normal(name, normal) ? store_read(c->store, find, &f) : -ENOENT;

	if (r < 0 && r != -ENOENT)
		die("store: a name: %s", strerror(-r));
	if (r < 0)
		person_decoy(c->seal, normal, out);
}

static int look(struct txn *t, void *arg)
{
	struct enrolled *e = arg;
	struct practice practice;
	struct now now;

	e->factors = credentials_of(t, &e->p->owner, UINT32_MAX);
	if (e->p->known && e->p->has_account) {
		int r = practice_load(t, e->p->account.practice, &practice);

		if (r < 0)
			return r;
		e->required = practice.require;
	}
	e->c->now(&now);
	e->activation = credential_exists(t, &e->p->owner, FACTOR_ACTIVATION);
	e->waits = activation_waits(t, e->c, &e->p->owner, &now);
	e->waived = glass_waived(t, e->c, e->p, &now);
	return 0;
}

void proof_look(struct conv *c, const struct person *p, struct enrolled *out)
{
	*out = (struct enrolled){ .c = c, .p = p };
	if (store_read(c->store, look, out) < 0)
		die("store: which factors there are");
}

struct activation {
	struct conv *c;
	struct proof *p;
	const char *text;
	bool matches, reset;
};

static int match_activation(struct txn *t, void *arg)
{
	struct activation *a = arg;
	struct now now;

	a->c->now(&now);
	a->matches = activation_matches(t, a->c, &a->p->who.owner, &now, a->text);
	a->reset = reset_matches(t, a->c, &a->p->who.owner, &now, a->text);
	return a->matches ? enrol_print(t, a->c, &a->p->who.owner, a->p->print) : 0;
}

/* A reset code is one from here on: with it, what was enrolled has gone. Where there is no way to enrol,
 * it is nothing. */
bool step_activation(struct conv *c, struct proof *p, const char *text, struct enrolled *e)
{
	struct activation a = { .c = c, .p = p, .text = text };

	if (store_read(c->store, match_activation, &a) < 0 || !person_active(&p->who))
		return false;
	if (!a.matches && a.reset &&
		(c->hello.purpose != PURPOSE_AUTH || c->service->one_prompt ||
			!reset_begin(c, &p->who) || store_read(c->store, match_activation, &a) < 0))
		return false;
	/* after the print: a password may have been chosen, by somebody with the same code, until it was taken */
	if (a.matches)
		proof_look(c, &p->who, e);
	return a.matches;
}

/* After the activation code: the password, if one was chosen before the person was cut off. */
static bool prove_chosen_password(struct conv *c, struct proof *p, const struct enrolled *e)
{
	SECRET(answer);
	struct given *g = &p->given[0];

	if (!(e->factors & 1u << FACTOR_PASSWORD))
		return true;
	if (!ask_filled(c, USE_PASSWORD, false, TEXT_CHOSEN_PASSWORD, TEXT_HINT_ANSWER, &answer))
		return false;
	given_wipe(g);
	g->factor = &factor_password;
	g->factor->take(c, &p->who, &answer, g);
	return g->matched;
}

static bool take_password(
	struct conv *c, struct proof *p, struct enrolled *e, const struct secret *answer)
{
	struct given *g = &p->given[p->n];

	g->factor = &factor_password;
	g->factor->take(c, &p->who, answer, g);
	p->n++;
	if (glass_take(c, p, e, FACTOR_PASSWORD, answer, g))
		return true;
	if (g->matched || !g->attempt.allowed || !step_activation(c, p, answer->text, e))
		return true;
	p->activation = prove_chosen_password(c, p, e);
	return !p->activation;
}

/* What was typed at prompt is a password, unless it is one of the person's YubiKeys that typed it. */
static bool hear_password(struct conv *c, struct proof *p, struct enrolled *e, const char *prompt,
	struct secret *answer)
{
	if (otp_at_password(c, &p->who, answer)) {
		tell(c, TELL_INFO, "%s", TEXT_YUBIKEY_NOT_PASSWORD);
		if (!recover_ask(c, &p->who, FACTOR_PASSWORD, prompt, answer))
			return false;
	}
	return take_password(c, p, e, answer);
}

static bool ask_password(struct conv *c, struct proof *p, struct enrolled *e, struct secret *answer)
{
	const char *prompt =
		c->hello.purpose == PURPOSE_PASSWORD ? TEXT_CURRENT_PASSWORD : password_prompt(c);

	return recover_ask(c, &p->who, FACTOR_PASSWORD, prompt, answer) &&
		hear_password(c, p, e, prompt, answer);
}

/* The password for an address of two people: it picks the one whose it is, and so does the activation
 * code. Of whom it does not pick, nothing is learned but that it is not theirs. */
static bool take_shared(struct conv *c, struct proof *p, struct enrolled *e, struct secret *answer)
{
	const struct person nobody = p->who;
	struct now when;

	if (!recover_ask(c, &p->who, FACTOR_PASSWORD, password_prompt(c), answer))
		return false;
	int which = shared_try(c, p, answer, &when);
	p->n = 1;
	for (int i = 0; which < 0 && i < 2; i++) {
		p->who = p->two[i];
		p->activation = p->tried[i].allowed && step_activation(c, p, answer->text, e);
		if (p->activation)
			which = i;
	}
	p->who = which < 0 ? nobody : p->two[which];
	if (which < 0)
		return true;
	p->given[0].attempt = p->tried[which];
	if (p->tried[!which].allowed)
		shared_take_back(c, &p->two[!which], &when);
	proof_look(c, &p->who, e);
	if (p->activation)
		p->activation = prove_chosen_password(c, p, e);
	return !p->activation;
}

/* Whether this wrong PIN was the last that there is, or the PIN was locked before. */
static bool is_locked(const struct conv *c, const struct given *g)
{
	return !g->matched && (g->attempt.off || g->attempt.failures >= c->conf->pin_tries);
}

/* Within a shift, what cannot be a PIN is the password, typed from habit or instead of a forgotten PIN: the
 * service's own rule goes on with it. */
static bool take_pin(struct conv *c, struct proof *p, struct enrolled *e, struct secret *password)
{
	struct given *g = &p->given[p->n];

	for (bool again = false;; again = true) {
		SECRET(answer);

		if (!recover_ask(c, &p->who, FACTOR_PIN, TEXT_PIN, &answer))
			return false;
		if (!may_be_pin(&answer) && shift_leave(c)) {
			*password = answer;
			return hear_password(c, p, e, password_prompt(c), password);
		}
		given_wipe(g);
		g->factor = &factor_pin;
		g->factor->take(c, &p->who, &answer, g);
		(void)glass_take(c, p, e, FACTOR_PIN, &answer, g); /* then it has matched */
		if (again || !is_locked(c, g) || !recover_locked(c, &p->who))
			break;
	}
	p->n++;
	return true;
}

bool proof_chooses(const struct conv *c, const struct person *p)
{
	return c->peer == 0 && c->hello.flags & HELLO_CHOOSER && p->has_identity && !p->chose;
}

void proof_tell_lock(struct conv *c, const struct given *g)
{
	if (!c->local || (!g->attempt.off && g->attempt.wait_s == 0) || g->attempt.allowed)
		return;
	if (g->factor == &factor_pin)
		tell(c, TELL_ERROR, TEXT_PIN_OFF);
	else if (g->attempt.off)
		tell(c, TELL_ERROR, TEXT_OFF);
	else
		tell(c, TELL_ERROR, TEXT_WAIT, (unsigned)g->attempt.wait_s);
}

/* Asks for one of the step's. False: the proof ends here. */
static bool ask_step(
	struct conv *c, struct proof *p, uint32_t step, struct enrolled *e, struct secret *password)
{
	const struct factor *f = rule_factor(c, step, e->factors);

	if (p->shared && p->n == 0)
		return take_shared(c, p, e, password);
	if (f == &factor_password)
		return ask_password(c, p, e, password);
	if (f == &factor_pin)
		return take_pin(c, p, e, password);
	return step_code(c, p, step, e, password);
}

/* One step. False: it ends here, as nobody answered or, at the workstation, the answer was wrong. */
static bool take_step(
	struct conv *c, struct proof *p, uint32_t step, struct enrolled *e, struct secret *password)
{
	const bool in_shift = c->in_shift;

	if (rule_waived(p, step, e)) {
		p->waived |= e->waived;
		return true;
	}
	step &= ~e->waived;
	if (earlier_step(c, p, step))
		return p->given[p->n - 1].matched || !c->local;
	if (!ask_step(c, p, step, e, password))
		return false;
	if (in_shift && !c->in_shift) /* shift_leave(): this was the first step of the whole rule */
		step = c->service->step[0];
	const struct given *g = &p->given[p->n - 1];
	bool wrong = (g->factor == &factor_password || g->factor == &factor_pin) && !g->matched;
	proof_tell_lock(c, g);
	p->unmet |= !rule_meets(p, step, g->factor);
	return !(c->local && wrong); /* at the workstation a typing slip ends here */
}

void proof_take_of(struct conv *c, const struct person *who, struct proof *p)
{
	SECRET(password);
	struct enrolled e;
	struct rule rule = { .c = c, .e = &e };
	uint32_t step;
	bool on = c->service->nsteps > 0 && c->service->nsteps <= STEPS_MAX;

	p->who = *who;
	p->codes_left = UINT_MAX;
	proof_look(c, who, &e);
	p->fingerprint = who->known && earlier_fingerprint(c);
	while (on && rule_next(&rule, p, &step))
		on = p->n < STEPS_MAX && take_step(c, p, step, &e, &password);
	p->complete = on;
}

void proof_take(struct conv *c, const char *name, struct proof *p)
{
	struct person who;

	find_person(c, name, &who);
	p->shared = !who.known && shared_people(c, name, p->two);
	proof_take_of(c, &who, p);
}
