/* SPDX-License-Identifier: Apache-2.0 */
/* The step for a code. What must hold: over the network the answer's length alone decides what is done with
 * it; whoever gives one answer to every prompt has given no code; a way to enrolment is open only behind a
 * right password, at the workstation. */
#include <string.h>

#include "glass.h"
#include "log.h"
#include "message.h"
#include "proof_step.h"
#include "sms.h"
#include "text.h"
#include "token.h"
#include "yubikey.h"

/* Which factor an answer to "Code: " is of, by its length alone: in place of what was typed for a name
 * that it does not know, sshd sends as many other bytes. Were it by the bytes, a hash more for names that
 * exist would tell them from those that do not. */
const struct factor *factor_of_code(const struct secret *answer)
{
	if (answer->len >= OTP_MIN && answer->len <= OTP_MAX)
		return &factor_yubikey;
	return answer->len >= RECOVERY_LENGTH ? &factor_recovery : &factor_totp;
}

bool is_code(const struct factor *f)
{
	return f->quick || f == &factor_recovery;
}

/* The time that the answer would have taken, and nothing else: it counts against nobody. */
static void spend_time(struct conv *c, const struct secret *answer, struct given *g)
{
	struct person nobody;

	person_decoy(c->seal, "", &nobody);
	g->factor = factor_of_code(answer);
	g->factor->take(c, &nobody, answer, g);
	g->attempt = (struct attempt){ .allowed = false };
}

/* Not about unknown names: to both prompts sshd then gives the same rubbish, whatever was typed. */
static void warn_parrot(const struct conv *c, const struct proof *p)
{
	char service[40];

	if (p->who.known)
		log_warn(
			"%s: the program gave the password for the code: it cannot ask two things. For sshd: "
			"PasswordAuthentication no, KbdInteractiveAuthentication yes",
			visible(c->hello.service, service, sizeof service));
}

bool step_is_bare(const struct conv *c, const struct proof *p, const struct enrolled *e)
{
	return c->local && conv_is_open(c) && c->hello.purpose == PURPOSE_AUTH &&
		message_can(c->conf, CHANNEL_EMAIL) && person_active(&p->who) &&
		!(e->factors & FACTORS_CODE);
}

/* waits: a user ID's activation code is still good. Nobody has proved that an address is its person's, so
 * while there is that better way it is the only one. */
static const char *hint_code(const struct conv *c, uint32_t step, bool bare, bool waits)
{
	bool texted = step & 1u << FACTOR_SMS && message_can(c->conf, CHANNEL_SMS);

	if (waits)
		return TEXT_HINT_ACTIVATION;
	if (bare)
		return TEXT_HINT_BARE;
	if (takes_yubikeys(c->service))
		return TEXT_HINT_CODE_YUBIKEY;
	return texted ? TEXT_HINT_CODE_TEXTED : TEXT_HINT_CODE;
}

/* An empty answer has a text message sent, where one may be. */
static bool ask_code(
	struct conv *c, struct proof *p, uint32_t step, const char *hint, struct secret *answer)
{
	enum { EMPTY_MAX = 3 };
	struct texting x;

	texting_begin(c, p, step, &x);
	if (!x.on)
		return ask_filled(c, USE_CODE, false, TEXT_CODE, hint, answer);
	for (unsigned i = 1;; i++) {
		ask(c, USE_CODE, false, TEXT_CODE, answer);
		if (answer->len > 0 || i == EMPTY_MAX)
			return answer->len > 0;
		texting_again(c, &x, hint);
	}
}

int code_close(struct txn *t, const struct conv *c, const struct person *p, struct given *g,
	const struct now *now, bool *ok)
{
	const struct factor *f = g->digits ? &factor_sms : g->factor;

	return f->close(t, c, p, g, now, ok);
}

/* Of digits it is known at the end only which they were. */
static void take_kind(struct conv *c, const struct proof *p, uint32_t step,
	const struct secret *answer, struct given *g)
{
	g->factor = factor_of_code(answer);
	if (g->factor == &factor_totp && step & 1u << FACTOR_SMS)
		g->digits = step & FACTORS_PHONE;
	if (g->digits && !(step & 1u << FACTOR_TOTP))
		g->factor = &factor_sms;
	g->factor->take(c, &p->who, answer, g);
}

static void take_code(struct conv *c, struct proof *p, uint32_t step, struct enrolled *e,
	const struct secret *answer)
{
	struct given *g = &p->given[p->n];

	if (!glass_code(c, p, e, answer, g))
		take_kind(c, p, step, answer, g);
	p->n++;
}

bool step_code(struct conv *c, struct proof *p, uint32_t step, struct enrolled *e,
	const struct secret *password)
{
	SECRET(answer);
	bool before = p->n == 1 && p->given[0].factor == &factor_password && p->given[0].matched;
	bool bare = before && step_is_bare(c, p, e);
	bool waits = bare && !p->who.has_identity && e->waits;

	p->bare = bare && !e->activation;
	if (p->bare)
		return false;
	if (!ask_code(c, p, step, hint_code(c, step, bare, waits), &answer)) {
		p->bare = bare && !waits;
		return false;
	}
	if (password->len > 0 && strcmp(answer.text, password->text) == 0) {
		p->parrot = true;
		warn_parrot(c, p);
		spend_time(c, &answer, &p->given[p->n++]);
		return !c->local; /* sshd gives one rubbish to all prompts, if they are as long */
	}
	if (before && step_activation(c, p, answer.text, e)) {
		p->activation = true;
		return false;
	}
	take_code(c, p, step, e, &answer);
	return true;
}
