/* SPDX-License-Identifier: Apache-2.0 */
/* The closing transaction of a sign-in. What must hold: the person is looked up again in it, every factor
 * is checked in it, and what is spent, counted, cleared and told is written by it. A code is looked at
 * only if the passwords and PINs before it were right. "True" is its result, after the commit. */
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "enrol.h"
#include "fresh.h"
#include "glass.h"
#include "log.h"
#include "proof.h"
#include "seal.h"
#include "session.h"
#include "shift.h"
#include "signs.h"
#include "sms.h"
#include "store/store.h"
#include "text.h"

struct closing {
	struct conv *c;
	struct proof *p;
	enum audit_event event;
	bool ticket;
	struct now now;
	uint8_t secret[16];
	bool granted;
	char why[160];
};

static bool is_slow(const struct given *g)
{
	return !g->factor->quick;
}

/* Slow factors first: a code is looked at, and spent, only behind right passwords. */
static int check_all(struct txn *t, struct closing *end, bool ok[STEPS_MAX], bool *all)
{
	struct proof *p = end->p;

	for (int quick = 0; quick < 2; quick++) {
		for (size_t i = 0; i < p->n && *all; i++) {
			struct given *g = &p->given[i];

			if (is_slow(g) == quick)
				continue;
			int r = code_close(t, end->c, &p->who, g, &end->now, &ok[i]);
			if (r < 0)
				return r;
			*all = *all && ok[i];
		}
	}
	return 0;
}

/* What was right, where it may be told to have been. */
static int settle_right(struct txn *t, struct closing *end, const bool ok[STEPS_MAX])
{
	for (size_t i = 0; i < end->p->n; i++) {
		if (!ok[i] || !(end->granted || end->c->local))
			continue;
		const struct given *g = &end->p->given[i];
		int r = lockout_clear(t, &end->p->who.owner, g->factor->id, conv_source(end->c));
		if (r < 0 || (r = hash_raise(t, end->c, &end->p->who, g)) < 0)
			return r;
	}
	return 0;
}

static int note_sign_in(struct txn *t, struct closing *end)
{
	struct person *p = &end->p->who;
	int r = sms_settle(t, end->c, &end->now, p);

	if (r < 0)
		return r;

	p->account.last_seen = end->now.unix_s;
	if (p->has_identity) {
		bool moved = !id_equal(&p->identity.account, &p->account.id);

		p->identity.last_seen = end->now.unix_s;
		p->identity.account = p->account.id;
		r = identity_save(t, &p->identity);
		if (r == 0 && moved)
			r = directory_changed(t);
	}
	return r < 0 ? r : account_save(t, &p->account);
}

static const char *word_of(const struct given *g, bool ok)
{
	if (ok || g->matched)
		return "right";
	if (!g->factor->take)
		return "missing";
	if (g->attempt.allowed)
		return "wrong";
	if (g->attempt.off)
		return "off";
	return g->attempt.wait_s > 0 ? "waiting" : "not looked at";
}

/* Why, for the audit and the log: "password right, totp wrong". */
static void say_why(struct closing *end, const bool ok[STEPS_MAX])
{
	const struct proof *p = end->p;
	size_t at = 0;

	for (size_t i = 0; i < p->n; i++)
		at += (size_t)snprintf(end->why + at, sizeof end->why - at, "%s%s %s",
			i ? ", " : "", p->given[i].factor->name, word_of(&p->given[i], ok[i]));
	if (p->enrolled)
		at = (size_t)snprintf(end->why, sizeof end->why, "%s",
			*p->mailed ? "password right, code by e-mail" : "activation code");
	if (p->waived && !p->lost)
		at += (size_t)snprintf(end->why + at, sizeof end->why - at, ", %s", glass_why(p));
	if (p->disabled && !p->enrolled)
		snprintf(end->why + at, sizeof end->why - at, ", switched off");
	else if (p->over)
		snprintf(end->why + at, sizeof end->why - at, ", the shift was over");
	else if (p->parrot)
		snprintf(end->why + at, sizeof end->why - at, ", one answer to every prompt");
	if (p->policy.result > POLICY_MET)
		snprintf(end->why + at, sizeof end->why - at, ", %s", policy_why(&p->policy));
}

/* Whether not one of the answers was looked at: whoever gave them may give any number more. */
static bool was_held(const struct proof *p)
{
	bool looked = p->n == 0;

	for (size_t i = 0; i < p->n; i++)
		looked |= p->given[i].attempt.allowed;
	return !looked;
}

/* The answer was neither's of two who share the address: it counted against both. */
static int audit_both(struct txn *t, struct closing *end)
{
	const struct proof *p = end->p;
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++)
		r = p->tried[i].allowed
			? audit(t, end->c, &end->now, AUDIT_REFUSED, &p->two[i], end->why)
			: audit_held(t, end->c, &end->now, &p->two[i], end->why);
	return r;
}

static int write_audit(struct txn *t, struct closing *end)
{
	if (!end->p->who.known && end->p->shared)
		return audit_both(t, end);
	if (!end->p->who.known)
		return audit_unknown(t, end->c, &end->now);
	if (!end->granted && was_held(end->p))
		return audit_held(t, end->c, &end->now, &end->p->who, end->why);
	return audit(t, end->c, &end->now, end->granted ? end->event : AUDIT_REFUSED, &end->p->who,
		end->why);
}

static void left_codes(struct txn *t, struct closing *end)
{
	struct recovery v;

	end->p->codes_left = UINT_MAX;
	for (size_t i = 0; i < end->p->n; i++)
		if (end->p->given[i].factor == &factor_recovery &&
			recovery_load(t, end->c, &end->p->who.owner, &v) == 0)
			end->p->codes_left = recovery_left(&v);
	wipe(&v, sizeof v);
}

uint32_t proof_factors(const struct proof *p)
{
	uint32_t bits = p->enrolled ? 1u << FACTOR_PASSWORD | p->second : 0;

	bits |= p->fingerprint ? 1u << FACTOR_FINGERPRINT : 0;
	for (size_t i = 0; i < p->n; i++)
		bits |= 1u << p->given[i].factor->id;
	return p->waived ? bits | 1u << FACTOR_BREAK_GLASS : bits;
}

/* Whether a code of any kind was given: then an activation code has done its work, though its last step may
 * never have been gone to. It is on paper, and not the person's alone. */
static bool has_second(const struct proof *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_code(p->given[i].factor))
			return true;
	return false;
}

/* Where the account is chosen after this, a practice that lets the person in now comes before the default
 * one if that does not. */
static int find_another(struct txn *t, struct closing *end, uint32_t factors)
{
	static struct account a[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	struct proof *p = end->p;
	struct policy other;
	size_t n;
	int r = identity_accounts(t, &p->who.identity.id, a, IDENTITY_ACCOUNTS_MAX, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (a[i].state != STATE_ACTIVE)
			continue;
		r = policy_look(t, end->c, &end->now, &a[i], factors, &other);
		if (r == 0 && other.result == POLICY_MET) {
			p->who.account = a[i];
			p->policy = other;
			return 0;
		}
	}
	return r;
}

/* What the practice says: of a sign-in only, not of what people change about themselves. */
static int judge(struct txn *t, struct closing *end)
{
	struct proof *p = end->p;
	uint32_t factors = proof_factors(p) | p->waived;

	p->policy.result = POLICY_MET;
	if (end->c->hello.purpose != PURPOSE_AUTH)
		return 0;
	if (p->enrolled && credential_exists(t, &p->who.owner, FACTOR_PIN))
		factors |= 1u << FACTOR_PIN;
	int r = policy_look(t, end->c, &end->now, &p->who.account, factors, &p->policy);
	if (r < 0 || p->policy.result == POLICY_MET || p->waived || !proof_chooses(end->c, &p->who))
		return r;
	return find_another(t, end, factors);
}

/* What enrolment was gone to by: an activation code, or a code sent to the address that is the person's
 * now, which is spent here. */
static int check_way(struct txn *t, struct closing *end, bool *all)
{
	struct person *p = &end->p->who;
	const struct code_for f = { .p = p, .purpose = end->p->way, .to = end->p->mailed };

	if (!*f.to) {
		int r = enrol_look(t, end->c, p, end->p->print);

		*all = r == 0;
		if (r != -ESTALE && r != -EAGAIN)
			return r;
		end->p->outdated = r;
		return 0;
	}
	*all = p->has_identity && strcmp(p->identity.email, f.to) == 0 &&
		!address_is_shared(t, &p->identity);
	int r = *all ? code_spend(t, end->c, &end->now, &f) : 0;
	if (r == 0 && *all && p->identity.email_verified == 0)
		p->identity.email_verified = end->now.unix_s;
	*all = *all && r == 0;
	return r == -EACCES ? 0 : r;
}

/* What follows from a sign-in that is granted. */
static int write_granted(struct txn *t, struct closing *end)
{
	struct proof *p = end->p;
	int r = sign_of_guessing(t, end->c, &end->now, p);

	if (r < 0)
		return r;
	if ((p->enrolled || has_second(p)) &&
		((r = credential_del(t, &p->who.owner, FACTOR_ACTIVATION)) < 0 ||
			(r = credential_del(t, &p->who.owner, FACTOR_RESET)) < 0))
		return r;
	left_codes(t, end);
	if ((r = glass_granted(t, end->c, &end->now, p)) < 0 ||
		(r = shift_begin(t, end->c, &end->now, &p->who, proof_factors(p))) < 0)
		return r;
	if (p->fresh && (r = fresh_write(t, &end->now, &p->who.identity, p->fresh)) < 0)
		return r;
	if ((r = note_sign_in(t, end)) < 0 || !end->ticket)
		return r;
	return ticket_write(
		t, end->c, &end->now, end->secret, &p->who.account.id, proof_factors(p));
}

static int close_txn(struct txn *t, void *arg)
{
	struct closing *end = arg;
	struct proof *p = end->p;
	bool ok[STEPS_MAX] = { false };
	bool all = ((p->complete && !p->unmet) || p->enrolled) && !p->parrot && p->who.known;
	int r;

	end->granted = p->over = false;
	p->outdated = 0;
	p->policy = (struct policy){ .result = POLICY_UNKNOWN };
	/* switched off, deleted, moved or reset since the first prompt? */
	r = p->who.known ? person_refresh(t, &p->who) : 0;
	if (r < 0 && r != -ENOENT && r != -ESTALE)
		return r;
	all = all && r == 0;
	if (all && (r = shift_look(t, end->c, &end->now, &p->who, &p->over)) < 0)
		return r;
	if (p->enrolled && all && (r = check_way(t, end, &all)) < 0)
		return r;
	if (!p->enrolled && (r = check_all(t, end, ok, &all)) < 0)
		return r;
	if (all && (r = glass_look(t, end->c, &end->now, p, &all)) < 0)
		return r;
	p->disabled = all && !person_active(&p->who);
	if (all && !p->disabled && (r = judge(t, end)) < 0)
		return r;
	end->granted = all && !p->disabled && !p->over && p->policy.result == POLICY_MET;
	say_why(end, ok);
	if ((r = settle_right(t, end, ok)) < 0 || (r = write_audit(t, end)) < 0)
		return r;
	return end->granted ? write_granted(t, end) : 0;
}

/* A name that nobody has may be a password typed a line too early: its keyed hash tells two apart. */
static void log_end(const struct closing *end)
{
	const struct conv *c = end->c;
	const struct person *p = &end->p->who;
	char who[80], service[40], where[80];
	uint8_t hash[HASH_BYTES];

	if (!p->known && end->p->shared) {
		visible(end->p->two[0].identity.email, who, sizeof who);
	} else if (p->known) {
		visible(p->has_identity ? p->identity.email : p->account.userid, who, sizeof who);
	} else {
		seal_hash(c->seal, SEAL_NAME, c->hello.name, strlen(c->hello.name), hash);
		snprintf(who, sizeof who, "unknown name %02x%02x%02x%02x", hash[0], hash[1],
			hash[2], hash[3]);
	}
	visible(c->hello.service, service, sizeof service);
	visible(*c->hello.rhost ? c->hello.rhost : c->hello.tty, where, sizeof where);
	log_info("sign-in: %s: %s by %s%s%s: %s", who, end->granted ? "granted" : "refused",
		service, *where ? " from " : "", where, end->why);
}

bool proof_close(struct conv *c, struct proof *p, enum audit_event event, bool ticket)
{
	struct closing end = { .c = c, .p = p, .event = event, .ticket = ticket };

	randombytes_buf(end.secret, sizeof end.secret);
	c->now(&end.now);
	int r = store_update(c->store, NEED_ALWAYS, close_txn, &end);
	if (r < 0)
		die("store: a sign-in could not be closed: %s", strerror(-r));
	log_end(&end);
	if (p->outdated)
		tell(c, TELL_ERROR, "%s", p->outdated == -ESTALE ? TEXT_RESET : TEXT_MEANWHILE);
	if (p->over)
		tell(c, TELL_ERROR, "%s", TEXT_SHIFT_OVER);
	if (end.granted && ticket)
		sodium_bin2hex(p->ticket, sizeof p->ticket, end.secret, sizeof end.secret);
	for (size_t i = 0; i < p->n; i++)
		if (p->given[i].factor->quick)
			proof_tell_lock(c, &p->given[i]);
	return end.granted;
}
