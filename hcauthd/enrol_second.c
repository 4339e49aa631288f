/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing the second factor. What must hold: nothing counts before a code of it was typed; what was chosen
 * and not proved is not asked for again while its code is good; a choice can always be made anew. */
#include "enrol_second.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "code.h"
#include "enrol_step.h"
#include "log.h"
#include "message.h"
#include "sms.h"
#include "store/store.h"
#include "text.h"

enum { TRIES = 3 };
enum way { WAY_NONE = 0, WAY_APP = 1, WAY_SMS = 2, WAY_BOTH = 3 };

/* What a practice requires is not a choice. Without a way to send there is the app alone. */
static int find_named(
	struct txn *t, const struct conv *c, const struct person *p, struct second *out)
{
	struct practice practice = { .require = 0 };
	int r = p->has_account ? practice_load(t, p->account.practice, &practice) : 0;

	if (r < 0)
		return r;
	uint32_t required = practice.require & FACTORS_PHONE;
	out->all = required != 0;
	out->named = required ? required : sms_named(c->conf);
	if (!out->named || !message_can(c->conf, CHANNEL_SMS))
		out->named = 1u << FACTOR_TOTP;
	return 0;
}

int second_look(struct txn *t, const struct conv *c, const struct person *p, struct second *out)
{
	struct totp totp = { .active = false };
	struct second v = { .has = 0 };
	struct sms sms;
	int r;

	if ((r = find_named(t, c, p, &v)) < 0 ||
		((r = totp_load(t, c, &p->owner, &totp)) < 0 && r != -ENOENT))
		return r;
	v.has = totp.active ? 1u << FACTOR_TOTP : 0;
	wipe(&totp, sizeof totp);
	if ((r = sms_load(t, c, &p->owner, &sms)) < 0 && r != -ENOENT)
		return r;
	v.has |= r == 0 ? 1u << FACTOR_SMS : 0;
	if ((r = sms_chosen_load(t, c, &p->owner, v.number)) < 0 && r != -ENOENT)
		return r;
	v.chosen = r == 0 && v.named & 1u << FACTOR_SMS && !(v.has & 1u << FACTOR_SMS);
	v.missing = v.chosen || !(v.has & v.named) || (v.all && v.named & ~v.has);
	*out = v;
	return 0;
}

/* What there is besides what, as bits: of a number, only one that counts today. */
static int others(struct txn *t, const struct conv *c, const struct now *now,
	const struct person *p, enum factor_id what, uint32_t *out)
{
	struct sms sms = { .since = 0 };
	struct second v;
	int r = second_look(t, c, p, &v);

	if (r < 0 || ((r = sms_load(t, c, &p->owner, &sms)) < 0 && r != -ENOENT))
		return r;
	*out = v.has & 1u << FACTOR_TOTP;
	*out |= *sms_number(&sms, now) ? 1u << FACTOR_SMS : 0;
	*out |= credential_exists(t, &p->owner, FACTOR_YUBIKEY) ? 1u << FACTOR_YUBIKEY : 0;
	*out &= ~(1u << what);
	return 0;
}

static int practice_requires(
	struct txn *t, const struct account *a, enum factor_id what, bool *spare)
{
	struct practice practice;

	if (a->state == STATE_LEFT)
		return 0;
	int r = practice_load(t, a->practice, &practice);

	*spare = *spare && r == 0 && !(practice.require & 1u << what);
	return r;
}

int second_spare(struct txn *t, const struct conv *c, const struct now *now, const struct person *p,
	enum factor_id what, bool *spare)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one conversation a process */
	const uint32_t bit = 1u << what;
	uint32_t left = 0;
	size_t n = 1;
	int r = others(t, c, now, p, what, &left);

	all[0] = p->account;
	if (r == 0 && p->has_identity)
		r = identity_accounts(t, &p->identity.id, all, IDENTITY_ACCOUNTS_MAX, &n);
	*spare = r == 0 && left != 0;
	for (size_t i = 0; i < c->conf->nservices; i++)
		for (size_t k = 0; k < c->conf->service[i].nsteps; k++)
			if (c->conf->service[i].step[k] & bit)
				*spare = *spare && c->conf->service[i].step[k] & left;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = practice_requires(t, &all[i], what, spare);
	return r;
}

/* --- a number --- */

struct sms_step {
	struct code_for code;
	enum code_sent sent;
	char number[MOBILE_MAX + 1];
	bool waits, known; /* known: it was proved before */
};

static int write_number(struct txn *t, struct step *s)
{
	return sms_chosen_save(t, s->c, &s->p->owner, s->sms->number);
}

/* Their mobile number is the one that codes go to; which they chose first is the one that they are asked for. */
static int write_identity(struct txn *t, const struct step *s, const struct sms *v)
{
	struct identity who;
	int r = identity_load(t, &s->p->identity.id, &who);

	if (r < 0)
		return r;
	if (*v->number) {
		snprintf(who.mobile, sizeof who.mobile, "%s", v->number);
		who.mobile_verified = v->since;
	}
	if (!s->sms->waits)
		who.second =
			credential_exists(t, &s->p->owner, FACTOR_TOTP) ? FACTOR_TOTP : FACTOR_SMS;
	return identity_save(t, &who);
}

static int write_sms(struct txn *t, struct step *s)
{
	struct sms_step *n = s->sms;
	uint64_t verified = n->known ? s->p->identity.mobile_verified : s->now.unix_s;
	struct sms v = { .since = verified };
	int r = n->known ? 0 : code_spend(t, s->c, &s->now, &n->code);

	if (r < 0)
		return r;
	if (n->waits && (s->now.unix_s < verified || s->now.unix_s - verified < SMS_WAIT_S))
		sms_wait(&v, n->number, &s->now);
	else
		snprintf(v.number, sizeof v.number, "%s", n->number);
	if ((r = sms_save(t, s->c, &s->p->owner, &v)) < 0 ||
		(r = credential_del(t, &s->p->owner, FACTOR_SMS_NEW)) < 0 ||
		(r = code_withdraw(t, &s->p->owner, CODE_SIGN_IN)) < 0 ||
		(r = lockout_clear(t, &s->p->owner, FACTOR_SMS, SOURCE_LOCAL)) < 0 ||
		(r = lockout_clear(t, &s->p->owner, FACTOR_SMS, SOURCE_NETWORK)) < 0)
		return r;
	return s->p->has_identity ? write_identity(t, s, &v) : 0;
}

static int drop_chosen(struct txn *t, struct step *s)
{
	return credential_del(t, &s->p->owner, FACTOR_SMS_NEW);
}

static bool commit(struct conv *c, const struct person *p, struct sms_step *n,
	int (*write)(struct txn *, struct step *), enum factor_id factor)
{
	struct step s = { .c = c, .p = p, .write = write, .sms = n, .factor = factor };

	return step_commit(&s);
}

/* The number that they are asked about: the proved one, or what they or their practice typed before. */
static const char *number_hint(const struct person *p)
{
	if (p->has_identity && *p->identity.mobile)
		return p->identity.mobile;
	return p->account.mobile;
}

static void make_prompt(const struct person *p, bool known, bool may_skip, char *out, size_t size)
{
	const char *hint = number_hint(p);

	if (may_skip)
		snprintf(out, size, *hint ? TEXT_MOBILE_YOURS : TEXT_MOBILE_SKIP, hint);
	else if (known)
		snprintf(out, size, TEXT_SMS_KNOWN, sms_ending(hint));
	else
		snprintf(out, size, *hint ? TEXT_SMS_YOURS : TEXT_MOBILE, hint);
}

/* Sets n->number and n->known. */
static enum texted ask_number(
	struct conv *c, const struct person *p, bool may_skip, struct sms_step *n)
{
	const char *hint = number_hint(p);
	bool known = p->has_identity && p->identity.mobile_verified > 0 && *p->identity.mobile;
	char prompt[SIGN_IN_NAME_MAX + 240];

	make_prompt(p, known, may_skip, prompt, sizeof prompt);
	for (unsigned i = 0; i < TRIES; i++) {
		SECRET(answer);

		ask(c, USE_OTHER, true, prompt, &answer);
		bool yes = *hint && answer_yes(&answer);
		if (answer.len == 0 && may_skip)
			return TEXTED_SKIPPED;
		if (known && (answer.len == 0 || yes)) {
			snprintf(n->number, sizeof n->number, "%s", hint);
			n->known = true;
			return TEXTED_DONE;
		}
		if (mobile_normal(yes ? hint : answer.text, n->number))
			return TEXTED_DONE;
		tell(c, TELL_ERROR, "%s", TEXT_MOBILE_FORM);
	}
	return may_skip ? TEXTED_SKIPPED : TEXTED_NOT;
}

static bool prove_number(struct conv *c, const struct person *p, struct sms_step *n, bool pending)
{
	if (!pending && !commit(c, p, n, write_number, 0))
		return false;
	enum code_sent sent = pending ? CODE_STILL_GOOD : code_send(c, &n->code, false);
	if (!sent) {
		tell(c, TELL_ERROR, "%s", TEXT_CODE_ENOUGH);
		return false;
	}
	tell(c, TELL_INFO, sent == CODE_SENT ? TEXT_ADDRESS_SENT : TEXT_ADDRESS_STILL, n->number);
	return code_ask(c, &n->code, TEXT_MOBILE_CODE);
}

struct looking {
	struct conv *c;
	const struct person *p;
	struct second second;
};

static int look_txn(struct txn *t, void *arg)
{
	struct looking *l = arg;

	return second_look(t, l->c, l->p, &l->second);
}

static struct second look_now(struct conv *c, const struct person *p)
{
	struct looking l = { .c = c, .p = p };

	if (store_read(c->store, look_txn, &l) < 0)
		die("store: which second factors there are");
	return l.second;
}

static bool is_pending(struct conv *c, const struct person *p, const struct second *s)
{
	const struct code_for f = { .p = p, .purpose = CODE_MOBILE, .to = s->number };

	return s->chosen && *s->number && code_pending(c, &f);
}

enum texted enrol_sms(struct conv *c, const struct person *p, bool waits, bool may_skip)
{
	const struct second s = look_now(c, p);
	struct sms_step n = { .waits = waits };
	enum texted asked = TEXTED_DONE;

	n.code = (struct code_for){
		.p = p, .purpose = CODE_MOBILE, .to = n.number, .template = "verify"
	};
	memcpy(n.number, s.number, sizeof n.number);
	bool proved = is_pending(c, p, &s) && prove_number(c, p, &n, true);
	if (!proved)
		asked = ask_number(c, p, may_skip, &n);
	if (asked == TEXTED_DONE && !proved && !n.known && !prove_number(c, p, &n, false))
		asked = may_skip ? TEXTED_SKIPPED : TEXTED_NOT;
	if (asked == TEXTED_DONE)
		return commit(c, p, &n, write_sms, FACTOR_SMS) ? TEXTED_DONE : TEXTED_NOT;
	if (asked == TEXTED_SKIPPED && !commit(c, p, &n, drop_chosen, 0))
		return TEXTED_NOT;
	return asked;
}

/* --- the choice --- */

/* By its number, or by a word that a person would take for it. */
static enum way way_of(const struct secret *answer)
{
	const struct {
		const char *word;
		enum way way;
	} words[] = { { "1", WAY_APP }, { "app", WAY_APP }, { "2", WAY_SMS }, { "sms", WAY_SMS },
		{ "text", WAY_SMS }, { "text message", WAY_SMS }, { "text messages", WAY_SMS },
		{ "3", WAY_BOTH }, { "both", WAY_BOTH }, { TEXT_WAY_APP, WAY_APP },
		{ TEXT_WAY_SMS, WAY_SMS }, { TEXT_WAY_BOTH, WAY_BOTH } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (answer_is(answer, words[i].word))
			return words[i].way;
	return WAY_NONE;
}

static enum way ask_way(struct conv *c)
{
	if (!sms_is_enough(c->conf))
		tell(c, TELL_INFO, "%s", TEXT_WAY_APP_ONLY);
	for (unsigned i = 0; i < ENROL_TRIES; i++) {
		SECRET(answer);

		if (!ask_filled(c, USE_OTHER, true, TEXT_WAY, TEXT_WAY_HINT, &answer))
			return WAY_NONE;
		enum way way = way_of(&answer);
		if (way != WAY_NONE)
			return way;
		tell(c, TELL_ERROR, "%s", TEXT_WAY_HINT);
	}
	return WAY_NONE;
}

/* What they want, as bits; 0: nothing was chosen. Both is kept, so that whoever is cut off after the app is
 * asked for a number. */
static uint32_t choose(struct conv *c, const struct person *p)
{
	struct sms_step n = { .number = "" };
	enum way way = ask_way(c);
	bool ok = way != WAY_NONE &&
		commit(c, p, &n, way == WAY_BOTH ? write_number : drop_chosen, 0);

	if (!ok)
		return 0;
	return (way & WAY_APP ? 1u << FACTOR_TOTP : 0) | (way & WAY_SMS ? 1u << FACTOR_SMS : 0);
}

bool enrol_second(struct conv *c, const struct person *p, bool waits)
{
	const struct second s = look_now(c, p);
	uint32_t need = s.named & ~s.has;
	bool choice = !s.all && s.named == FACTORS_PHONE;

	if (!s.missing)
		return true;
	if (choice && !s.has)
		need = is_pending(c, p, &s) ? 1u << FACTOR_SMS : choose(c, p);
	if (!need || (need & 1u << FACTOR_TOTP && !enrol_totp(c, p, false)))
		return false;
	bool may_skip = choice && (s.has | need) & 1u << FACTOR_TOTP;
	return !(need & 1u << FACTOR_SMS) || enrol_sms(c, p, waits, may_skip) != TEXTED_NOT;
}

enum factor_id second_lost(struct conv *c, const struct person *p)
{
	bool text = p->has_identity && look_now(c, p).named & 1u << FACTOR_SMS;
	SECRET(answer);

	ask(c, USE_OTHER, true, text ? TEXT_LOST_PHONE_WAY : TEXT_LOST_PHONE, &answer);
	if (text && strcmp(answer.text, "2") == 0)
		return FACTOR_SMS;
	if (text ? strcmp(answer.text, "1") == 0 : answer_yes(&answer))
		return FACTOR_TOTP;
	return 0;
}
