/* SPDX-License-Identifier: Apache-2.0 */
/* Break-glass at a sign-in. What must hold: the code is one at the workstation only, to root's own programs,
 * and of the practice whose account is entered; it stands in for one thing that the person has set up, never
 * for two, and never alone; it is spent in the transaction that grants the sign-in, which is the one that
 * writes the audit and tells the managers. */
#include "glass.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "glass_row.h"
#include "log.h"
#include "message.h"
#include "scope.h"
#include "seal.h"
#include "store/store.h"
#include "text.h"
#include "when.h"

static bool is_offered(const struct conv *c)
{
	return c->conf->break_glass && c->local && conv_is_open(c);
}

/* The account whose practice's code it is: the one that is signed in to; of somebody who chooses, any. */
static int find_account(struct txn *t, const struct conv *c, const struct person *p,
	const char *text, struct account *out)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	uint8_t token[TOKEN_BYTES], hash[32];
	struct practice practice;
	struct glass v;
	size_t n = 1;
	int r = 0;

	if (!token_parse(text, token) || !p->known || !p->has_account)
		return -ENOENT;
	all[0] = p->account;
	if (proof_chooses(c, p))
		r = identity_accounts(t, &p->identity.id, all, IDENTITY_ACCOUNTS_MAX, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (all[i].state != STATE_ACTIVE ||
			practice_load(t, all[i].practice, &practice) < 0 || !practice.break_glass ||
			glass_load(t, all[i].practice, &v) < 0 || v.used > 0)
			continue;
		glass_hash(c, all[i].practice, token, hash);
		if (!hash_is(hash, v.hash))
			continue;
		wipe(token, sizeof token);
		*out = all[i];
		return 0;
	}
	wipe(token, sizeof token);
	return r < 0 ? r : -ENOENT;
}

struct matching {
	struct conv *c;
	const struct person *p;
	const char *text;
	bool matches;
};

static int match(struct txn *t, void *arg)
{
	struct matching *m = arg;
	struct account a;

	m->matches = find_account(t, m->c, m->p, m->text, &a) == 0;
	return 0;
}

/* Only what is there can be lost; and of one person one thing at a time. */
static bool may_stand_in(
	const struct conv *c, const struct proof *p, const struct enrolled *e, uint32_t bits)
{
	return is_offered(c) && p->waived == 0 && e->waived == 0 && e->factors & bits;
}

static void stand_in(
	struct proof *p, enum factor_id lost, const struct secret *answer, struct given *g)
{
	g->factor = &factor_glass;
	g->lost = lost;
	g->answer = *answer;
	p->lost = lost;
	p->waived = glass_bits(lost);
}

bool glass_take(struct conv *c, struct proof *p, const struct enrolled *e, enum factor_id lost,
	const struct secret *answer, struct given *g)
{
	struct matching m = { .c = c, .p = &p->who, .text = answer->text };

	if (g->matched || !g->attempt.allowed || !may_stand_in(c, p, e, glass_bits(lost)))
		return false;
	if (store_read(c->store, match, &m) < 0)
		die("store: a break-glass code");
	g->matched = m.matches;
	if (m.matches)
		stand_in(p, lost, answer, g);
	return m.matches;
}

bool glass_code(struct conv *c, struct proof *p, const struct enrolled *e,
	const struct secret *answer, struct given *g)
{
	uint8_t token[TOKEN_BYTES];

	if (!may_stand_in(c, p, e, glass_bits(FACTOR_TOTP)) || !token_parse(answer->text, token))
		return false;
	wipe(token, sizeof token);
	stand_in(p, FACTOR_TOTP, answer, g);
	return true;
}

uint32_t glass_besides(const struct proof *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->given[i].factor != &factor_glass)
			return 0;
	return p->waived == 0                       ? 0
		: p->waived & 1u << FACTOR_PASSWORD ? glass_bits(FACTOR_TOTP)
						    : 1u << FACTOR_PASSWORD;
}

/* --- in the closing transaction --- */

/* In place of a code it is counted here, as a code is; in place of the others it was, as one of those. */
static int close_glass(struct txn *t, const struct conv *c, const struct person *p, struct given *g,
	const struct now *now, bool *ok)
{
	struct account a;
	int r = 0;

	*ok = false;
	if (g->lost == FACTOR_TOTP) {
		r = lockout_count(
			t, &p->owner, FACTOR_BREAK_GLASS, conv_source(c), 0, now, &g->attempt);
		if (r < 0 || !g->attempt.allowed)
			return r;
	}
	if (!is_offered(c))
		return 0;
	r = find_account(t, c, p, g->answer.text, &a);
	*ok = r == 0;
	if (*ok)
		g->account = a.id;
	return r == -ENOENT ? 0 : r;
}

const struct factor factor_glass = {
	.id = FACTOR_BREAK_GLASS,
	.name = "break-glass",
	.remote = false,
	.close = close_glass,
};

static const struct given *given_glass(const struct proof *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->given[i].factor == &factor_glass)
			return &p->given[i];
	return NULL;
}

int glass_look(
	struct txn *t, const struct conv *c, const struct now *now, struct proof *p, bool *ok)
{
	const struct given *g = given_glass(p);
	struct glass_open v;

	*ok = true;
	if (p->waived == 0)
		return 0;
	if (g)
		return account_load(t, &g->account, &p->who.account);
	*ok = (glass_waived(t, c, &p->who, now) & p->waived) == p->waived;
	int r = *ok ? glass_open_load(t, &p->who.owner, &v) : 0;
	if (r == 0 && *ok)
		p->glass_until = now->unix_s + (v.until_ms - now->boot_ms) / 1000;
	return r;
}

const char *glass_word(uint32_t waived)
{
	return waived & 1u << FACTOR_PASSWORD ? "password"
		: waived & 1u << FACTOR_PIN   ? "PIN"
					      : "code";
}

const char *glass_told(uint32_t waived)
{
	return waived & 1u << FACTOR_PASSWORD ? TEXT_WORD_PASSWORD
		: waived & 1u << FACTOR_PIN   ? TEXT_WORD_PIN
					      : TEXT_WORD_CODE;
}

const char *glass_why(const struct proof *p)
{
	static char why[64];

	snprintf(why, sizeof why, "no %s, by break-glass", glass_word(p->waived));
	return why;
}

struct telling {
	const struct conv *c;
	const struct now *now;
	const struct practice *practice;
	const char *template, *what;
	unsigned sent;
};

static int tell_by(struct txn *t, struct telling *v, const struct person *to, enum channel channel)
{
	struct message m;
	int r = message_for(t, to, channel,
		channel == CHANNEL_EMAIL ? to->identity.email : to->identity.mobile, v->template,
		&m);

	if (r < 0)
		return r;
	memcpy(m.practice, v->practice->name, sizeof m.practice);
	snprintf(m.what, sizeof m.what, "%s", v->what);
	v->sent += message_can(v->c->conf, channel);
	return message_queue(t, v->c, v->now, &m);
}

static int tell_person(struct txn *t, struct telling *v, const struct person *to)
{
	int r = to->identity.email_verified ? tell_by(t, v, to, CHANNEL_EMAIL) : 0;

	return r == 0 && to->identity.mobile_verified ? tell_by(t, v, to, CHANNEL_SMS) : r;
}

/* "Ada Example, in place of the PIN, at tty1. To switch that account off: hcauth account disable HC000001".
 * Only the name is ever cut, and between two characters. */
static void say_what(const struct conv *c, const struct proof *p, char *out, size_t size)
{
	const struct person *who = &p->who;
	const char *name = who->has_identity ? who->identity.name
		: *who->account.name         ? who->account.name
					     : who->account.userid;
	char tty[32], rest[200];

	visible(c->hello.tty, tty, sizeof tty);
	int len = snprintf(rest, sizeof rest, TEXT_TOLD_GLASS, glass_told(p->waived),
		*tty ? TEXT_TOLD_AT : "", tty, who->account.userid);
	size_t n = strnlen(name, size - 1 - (size_t)len);
	while (n > 0 && (name[n] & 0xc0) == 0x80)
		n--;
	snprintf(out, size, "%.*s%s", (int)n, name, rest);
}

/* Every manager of the practice, and the person. */
static int tell_everybody(struct txn *t, const struct conv *c, const struct now *now,
	const struct practice *practice, struct proof *p)
{
	char what[256];
	struct telling v = {
		.c = c, .now = now, .practice = practice, .template = "break-glass", .what = what
	};
	struct person to;
	int r = 0;

	say_what(c, p, what, sizeof what);
	for (size_t i = 0; r == 0 && i < practice->nmanagers; i++) {
		if (!scope_manages(t, practice, &practice->manager[i]))
			continue;
		if ((r = person_by_identity(t, &practice->manager[i], &to)) == 0)
			r = tell_person(t, &v, &to);
	}
	p->glass_told = v.sent > 0;
	if (r < 0 || !p->who.has_identity)
		return r;
	v.template = "break-glass-own";
	snprintf(what, sizeof what, TEXT_TOLD_LOST, glass_told(p->waived));
	return tell_person(t, &v, &p->who);
}

static int spend(struct txn *t, const struct now *now, const struct account *a)
{
	struct glass v;
	int r = glass_load(t, a->practice, &v);

	if (r < 0)
		return r;
	memset(v.hash, 0, sizeof v.hash);
	v.used = now->unix_s;
	memcpy(v.whom, a->userid, sizeof v.whom);
	return glass_save(t, a->practice, &v);
}

int glass_granted(struct txn *t, const struct conv *c, const struct now *now, struct proof *p)
{
	struct glass_open v = { .lost = p->lost, .until_ms = now->boot_ms + GLASS_MS };
	const struct account *a = &p->who.account;
	struct practice practice;
	char detail[128], until[WHEN_TEXT];
	int r;

	if (!given_glass(p))
		return 0;
	p->glass_until = now->unix_s + GLASS_MS / 1000;
	memcpy(v.practice, a->practice, sizeof v.practice);
	memcpy(v.boot, now->boot, sizeof v.boot);
	snprintf(detail, sizeof detail, "in place of the %s, until %s", glass_word(p->waived),
		when_text(p->glass_until, WHEN_CLOCK, until));
	if ((r = spend(t, now, a)) < 0 ||
		(r = glass_basis(t, c, &p->who, p->waived, v.basis)) < 0 ||
		(r = glass_open_save(t, &p->who.owner, now, &v)) < 0 ||
		(r = audit(t, c, now, AUDIT_GLASS_BROKEN, &p->who, detail)) < 0 ||
		(r = practice_load(t, a->practice, &practice)) < 0)
		return r;
	return tell_everybody(t, c, now, &practice, p);
}

void glass_tell(struct conv *c, const struct proof *p)
{
	char until[WHEN_TEXT];

	if (p->waived == 0)
		return;
	tell(c, TELL_INFO,
		!p->lost                ? TEXT_GLASS_OPEN
			: p->glass_told ? TEXT_GLASS_TOLD
					: TEXT_GLASS_RECORDED,
		when_text(p->glass_until, WHEN_CLOCK, until));
	tell(c, TELL_INFO, "%s",
		p->waived & 1u << FACTOR_PASSWORD      ? TEXT_GLASS_PASSWORD
			: p->waived & 1u << FACTOR_PIN ? TEXT_GLASS_PIN
						       : TEXT_GLASS_CODE);
}
