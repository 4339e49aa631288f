/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: nothing counts before the person has shown that they have it (a password typed twice,
 * a code from the app, "yes" for the recovery codes); each step is one commit, which looks once more
 * whether the person may be here; what stays usable until then is what was there before. */
#include "enrol.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "earlier.h"
#include "enrol_second.h"
#include "enrol_step.h"
#include "log.h"
#include "message.h"
#include "rollout.h"
#include "seal.h"
#include "shift.h"
#include "store/store.h"
#include "text.h"
#include "token.h"

const char *enrol_what(enum factor_id factor)
{
	switch (factor) {
	case FACTOR_PASSWORD: return TEXT_TOLD_PASSWORD;
	case FACTOR_TOTP: return TEXT_TOLD_TOTP;
	case FACTOR_RECOVERY: return TEXT_TOLD_RECOVERY;
	case FACTOR_PIN: return TEXT_TOLD_PIN;
	case FACTOR_SMS: return TEXT_TOLD_SMS;
	default: break;
	}
	return TEXT_TOLD_SIGN_IN;
}

enum {
	PRINT_CODE = 16
}; /* bytes: of the code; the others are of its row, which each step writes anew */

int enrol_print(struct txn *t, const struct conv *c, const struct id *owner, uint8_t out[32])
{
	CREDENTIAL(cred);
	uint8_t code[HASH_BYTES];
	int r = credential_get(t, c->seal, owner, FACTOR_ACTIVATION, &cred);

	if (r < 0 || (r = credential_print(t, c->seal, owner, FACTOR_ACTIVATION, out)) < 0)
		return r;
	seal_hash(c->seal, SEAL_TOKEN, cred.plain, cred.len, code);
	memcpy(out, code, PRINT_CODE);
	return 0;
}

int enrol_look(struct txn *t, const struct conv *c, const struct person *p, const uint8_t print[32])
{
	uint8_t now[32];
	int r = enrol_print(t, c, &p->owner, now);

	if (r == 0 && sodium_memcmp(now, print, PRINT_CODE) != 0)
		return -ESTALE;
	if (r == 0 && sodium_memcmp(now, print, sizeof now) != 0)
		return -EAGAIN;
	return r == -ENOENT ? -ESTALE : r;
}

/* Of several who are behind one activation code, whoever commits first goes on alone. Else they would set up one
 * person between them: somebody would be told that all is set up, with another's password. */
static int go_on_alone(struct txn *t, struct step *s, const struct id *owner)
{
	CREDENTIAL(cred);
	int r = credential_get(t, s->c->seal, owner, FACTOR_ACTIVATION, &cred);

	if (r == 0)
		r = credential_put(t, s->c->seal, owner, FACTOR_ACTIVATION, &cred);
	return r < 0 ? r : enrol_print(t, s->c, owner, s->print);
}

static int step_txn(struct txn *t, void *arg)
{
	struct step *s = arg;
	struct person now = *s->p;
	int r;

	if ((r = person_refresh(t, &now)) < 0)
		return r;
	if (!person_active(&now))
		return -EACCES;
	/* what is chosen anew ends the shift that the old one began */
	if (s->factor && credential_exists(t, &now.owner, s->factor) &&
		(r = shift_end(t, &now.owner)) < 0)
		return r;
	if (s->c->behind && (r = enrol_look(t, s->c, &now, s->c->behind)) < 0)
		return r;
	if ((r = s->write(t, s)) < 0 || (s->c->behind && (r = go_on_alone(t, s, &now.owner)) < 0) ||
		!s->factor)
		return r;
	if ((r = audit(t, s->c, &s->now, AUDIT_CREDENTIAL_SET, s->p, factor_of(s->factor)->name)) <
		0)
		return r;
	return message_tell_changed(t, s->c, &s->now, &now, enrol_what(s->factor));
}

bool step_commit(struct step *s)
{
	s->c->now(&s->now);
	int r = store_update(s->c->store, NEED_SPACE, step_txn, s);
	if (r < 0 && r != -EACCES && r != -ENOENT && r != -ESTALE && r != -EAGAIN)
		die("store: a credential could not be written: %s", strerror(-r));
	if (r < 0)
		tell(s->c, TELL_ERROR, "%s",
			r == -ESTALE           ? TEXT_RESET
				: r == -EAGAIN ? TEXT_MEANWHILE
					       : TEXT_DISABLED);
	else if (s->factor)
		message_wake();
	if (r == 0 && s->c->behind)
		memcpy(s->c->behind, s->print, sizeof s->print);
	return r == 0;
}

int enrol_write(
	struct txn *t, const struct conv *c, const struct person *p, const struct chosen *chosen)
{
	CREDENTIAL(cred);

	hash_put(&chosen->hash, &cred);
	int r = chosen->factor == FACTOR_PASSWORD ? rival_same(t, c, p, &chosen->rival) : 0;
	if (r == 0)
		r = credential_put(t, c->seal, &p->owner, chosen->factor, &cred);
	if (r == 0)
		r = lockout_clear(t, &p->owner, chosen->factor, SOURCE_LOCAL);
	return r < 0 ? r : lockout_clear(t, &p->owner, chosen->factor, SOURCE_NETWORK);
}

static int write_chosen(struct txn *t, struct step *s)
{
	return enrol_write(t, s->c, s->p, s->chosen);
}

/* Asks for something new, twice. False when it is given up. */
static bool ask_new(struct conv *c, const struct person *p, const char *prompt, const char *again,
	enum ask_use use,
	const char *(*problem)(const struct conv *, const struct person *, const char *),
	struct secret *out)
{
	SECRET(second);

	for (unsigned i = 0; i < ENROL_TRIES; i++) {
		if (!ask_filled(c, use, false, prompt, TEXT_HINT_ANSWER, out))
			return false;
		const char *wrong = problem(c, p, out->text);
		if (wrong) {
			tell(c, TELL_ERROR, "%s", wrong);
			continue;
		}
		if (!ask_filled(c, use, false, again, TEXT_HINT_ANSWER, &second))
			return false;
		if (second.len == out->len && sodium_memcmp(second.text, out->text, out->len) == 0)
			return true;
		tell(c, TELL_ERROR, TEXT_DIFFERENT);
	}
	tell(c, TELL_ERROR, TEXT_GIVE_UP);
	return false;
}

/* A password that nobody has who shares the address. Each try is a guess at theirs: two are enough. */
static bool ask_password(
	struct conv *c, const struct person *p, struct secret *out, struct rival *rival)
{
	enum { TRIES = 2 };

	for (unsigned i = 0; i < TRIES; i++) {
		if (!ask_new(c, p, TEXT_NEW_PASSWORD, TEXT_NEW_PASSWORD_AGAIN, USE_NEW_PASSWORD,
			    password_problem, out))
			return false;
		enum shared_password said = shared_password(c, p, out, rival);
		if (said != SHARED_TAKEN)
			return said == SHARED_FREE;
	}
	return false;
}

bool enrol_ask(struct conv *c, const struct person *p, enum factor_id factor, struct chosen *out)
{
	SECRET(new);
	bool ok;

	out->factor = factor;
	if (factor == FACTOR_PIN) {
		tell(c, TELL_INFO, TEXT_PIN_ADVICE, (unsigned)c->conf->pin_length);
		ok = ask_new(c, p, TEXT_NEW_PIN, TEXT_NEW_PIN_AGAIN, USE_CODE, pin_problem, &new);
	} else {
		tell(c, TELL_INFO, TEXT_PASSWORD_ADVICE, (unsigned)c->conf->password_length);
		ok = ask_password(c, p, &new, &out->rival);
	}
	if (ok)
		hash_make(c, new.text, new.len, &out->hash);
	return ok;
}

/* given_up: what they are told if they choose nothing, or NULL. */
static bool enrol_chosen(
	struct conv *c, const struct person *p, enum factor_id factor, const char *given_up)
{
	struct chosen chosen;
	struct step s = {
		.c = c, .p = p, .write = write_chosen, .chosen = &chosen, .factor = factor
	};

	if (!enrol_ask(c, p, factor, &chosen)) {
		if (given_up)
			tell(c, TELL_ERROR, "%s", given_up);
		return false;
	}
	bool ok = step_commit(&s);
	wipe(&chosen, sizeof chosen);
	return ok;
}

bool enrol_password(struct conv *c, const struct person *p)
{
	return enrol_chosen(c, p, FACTOR_PASSWORD, NULL);
}

bool enrol_pin(struct conv *c, const struct person *p)
{
	return enrol_chosen(c, p, FACTOR_PIN, NULL);
}

bool enrol_needed_pin(struct conv *c, const struct person *p)
{
	tell(c, TELL_INFO, "%s", TEXT_ROLLOUT_NEEDED);
	return enrol_chosen(c, p, FACTOR_PIN, TEXT_PIN_NEEDED);
}

/* --- recovery codes --- */

static int write_codes(struct txn *t, struct step *s)
{
	return recovery_save(t, s->c, &s->p->owner, s->codes);
}

/* Makes twelve, their verifiers into v and their text into list. */
static void make_codes(struct conv *c, struct recovery *v, char *list, size_t size)
{
	size_t at = 0;

	for (unsigned i = 0; i < RECOVERY_SLOTS; i++) {
		uint8_t token[TOKEN_BYTES];
		char text[TOKEN_TEXT];
		struct pwhash h;

		randombytes_buf(token, sizeof token);
		c->io.busy(c->io.arg); /* all may take longer than a terminal waits */
		hash_make(c, (const char *)token, sizeof token, &h);
		v->ops = h.ops;
		v->kib = h.kib;
		memcpy(v->slot[i].salt, h.salt, sizeof h.salt);
		memcpy(v->slot[i].hash, h.hash, sizeof h.hash);
		recovery_code_text(i + 1, token, text);
		at += (size_t)snprintf(
			list + at, size - at, "    %s%s", text, i + 1 < RECOVERY_SLOTS ? "\n" : "");
		wipe(token, sizeof token);
		wipe(text, sizeof text);
		wipe(&h, sizeof h);
	}
}

bool enrol_codes(struct conv *c, const struct person *p)
{
	struct recovery v = { .kept = false };
	struct step s = {
		.c = c, .p = p, .write = write_codes, .codes = &v, .factor = FACTOR_RECOVERY
	};
	char list[RECOVERY_SLOTS * (TOKEN_TEXT + 6)];

	make_codes(c, &v, list, sizeof list);
	tell(c, TELL_INFO, TEXT_CODES_ADVICE, list);
	wipe(list, sizeof list);
	for (unsigned i = 0; i < ENROL_TRIES && !v.kept; i++) {
		SECRET(answer);

		if (!ask_filled(c, USE_OTHER, true, TEXT_KEPT, TEXT_CODES_KEPT_HINT, &answer))
			break;
		v.kept = answer_yes(&answer);
		if (!v.kept)
			tell(c, TELL_INFO, TEXT_CODES_KEPT_HINT);
	}
	bool ok = v.kept && step_commit(&s);
	wipe(&v, sizeof v);
	return ok;
}

/* --- the first sign-in --- */

struct missing {
	struct conv *c;
	const struct person *p;
	bool password, codes, pin;
	struct second second;
	bool rollout; /* PINs are being rolled out there, or asked for in every sign-in */
};

/* A row that does not open is not missing. */
static int look_missing(struct txn *t, void *arg)
{
	struct missing *m = arg;
	struct recovery codes = { .kept = false };
	struct now now;
	int r = second_look(t, m->c, m->p, &m->second);

	if (r == 0)
		r = recovery_load(t, m->c, &m->p->owner, &codes);
	m->password = !credential_exists(t, &m->p->owner, FACTOR_PASSWORD);
	m->codes = !codes.kept;
	m->pin = !credential_exists(t, &m->p->owner, FACTOR_PIN);
	m->c->now(&now);
	if (r == 0 || r == -ENOENT)
		r = rollout_takes_new(t, m->c, &now, m->p->account.practice, &m->rollout);
	wipe(&codes, sizeof codes);
	return r == -ENOENT ? 0 : r;
}

/* The activation code was right, and the password if there is one: the attempts that they took are no
 * failures. Else whoever is cut off a few times would have to wait. */
static int find_missing(struct txn *t, void *arg)
{
	struct missing *m = arg;
	int r = lockout_clear(t, &m->p->owner, FACTOR_PASSWORD, conv_source(m->c));

	return r < 0 ? r : look_missing(t, arg);
}

/* A PIN is chosen where it can be used: at the workstation, if any service's rule has one or they are being
 * rolled out; but not where a finger has stood in for it. */
static bool wants_pin(const struct missing *m)
{
	const struct conv *c = m->c;

	if (!m->pin || !c->local || earlier_fingerprint(c))
		return false;
	if (m->rollout)
		return true;
	for (size_t i = 0; i < c->conf->nservices; i++)
		for (size_t k = 0; k < c->conf->service[i].nsteps; k++)
			if (c->conf->service[i].step[k] & 1u << FACTOR_PIN)
				return true;
	return false;
}

/* Whoever is asked for an e-mail address next signs in with that, and is told so there. */
static void tell_set_up(struct conv *c, const struct person *p, bool app)
{
	if (!p->has_identity && message_can(c->conf, CHANNEL_EMAIL))
		tell(c, TELL_INFO, "%s", TEXT_SET_UP_USERID);
	else
		tell(c, TELL_INFO, app ? TEXT_SET_UP : TEXT_SET_UP_TEXTED,
			p->has_identity ? p->identity.email : p->account.userid);
}

void flow_first(struct conv *c, struct proof *p)
{
	struct missing m = { .c = c, .p = &p->who };
	const char *name = p->who.has_identity ? p->who.identity.name : p->who.account.userid;

	if (store_update(c->store, NEED_ALWAYS, find_missing, &m) < 0)
		die("store: what is missing");
	tell(c, TELL_INFO, p->bare ? TEXT_WELCOME_BARE : TEXT_WELCOME, name);
	c->behind = p->activation ? p->print : NULL;
	p->enrolled = (!m.password || enrol_password(c, &p->who)) &&
		(!m.second.missing || enrol_second(c, &p->who, false)) &&
		(!m.codes || enrol_codes(c, &p->who)) &&
		(!wants_pin(&m) || enrol_needed_pin(c, &p->who));
	c->behind = NULL;
	if (!p->enrolled)
		return;
	if (store_read(c->store, look_missing, &m) < 0)
		die("store: what there is now");
	p->second = m.second.has;
	tell_set_up(c, &p->who, p->second & 1u << FACTOR_TOTP);
}

bool flow_rest_due(struct conv *c, const struct person *p)
{
	struct missing m = { .c = c, .p = p };

	if (store_read(c->store, look_missing, &m) < 0)
		die("store: what is missing");
	return m.second.chosen || m.codes;
}

bool flow_rest(struct conv *c, const struct person *p)
{
	struct missing m = { .c = c, .p = p };

	if (store_read(c->store, look_missing, &m) < 0)
		die("store: what is missing");
	if (m.second.chosen && !enrol_second(c, p, !m.codes))
		return false;
	return !m.codes || (enrol_codes(c, p) && (!wants_pin(&m) || enrol_needed_pin(c, p)));
}
