/* SPDX-License-Identifier: Apache-2.0 */
/* The roll-out of PINs. What must hold: an identity's day is the same whenever it is asked for, and is told
 * nobody by its id; a practice makes it earlier and stricter, never later or laxer; whoever is cut off is
 * asked again, and has skipped nothing; nobody is asked who can't use a PIN here. */
#include "rollout.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "codec.h"
#include "enrol_step.h"
#include "log.h"
#include "seal.h"
#include "store/store.h"
#include "text.h"
#include "when.h"

/* --- the days --- */

static bool is_stricter(const struct rollout *a, const struct rollout *than)
{
	if (a->ask == ROLLOUT_NAG && than->ask == ROLLOUT_NAG)
		return a->times < than->times;
	return a->ask > than->ask;
}

void rollout_of(const struct conf *conf, const struct practice *p, struct rollouts *out)
{
	const struct rollout *asks =
		is_stricter(&p->rollout, &conf->rollout) ? &p->rollout : &conf->rollout;

	*out = (struct rollouts){ .machine = conf->rollout,
		.practice = p->rollout,
		.ask = asks->ask,
		.times = asks->times };
}

/* The number of a day by this machine's calendar: its days have 23 to 25 hours. */
static int64_t day_number(uint64_t unix_s)
{
	time_t at = (time_t)unix_s;
	struct tm tm;

	if (!localtime_r(&at, &tm))
		die("a time that has no day");
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	return timegm(&tm) / 86400;
}

static bool has_begun(const struct rollout *r, const struct now *now)
{
	return r->from > 0 && r->days > 0 && now->unix_s >= r->from;
}

static bool day_has_come(const struct rollout *r, const struct now *now, uint64_t hash)
{
	return has_begun(r, now) &&
		day_number(now->unix_s) - day_number(r->from) >= (int64_t)(hash % r->days);
}

bool rollout_due(const struct conv *c, const struct now *now, const struct rollouts *r,
	const struct id *owner)
{
	uint8_t in[8 + ID_BYTES] = "rollout", hash[HASH_BYTES];

	if (!rollout_begun(now, r))
		return false;
	memcpy(in + 8, owner->bytes, ID_BYTES);
	seal_hash(c->seal, SEAL_TOKEN, in, sizeof in, hash);
	uint64_t n = number_get(hash, 8);
	return day_has_come(&r->machine, now, n) || day_has_come(&r->practice, now, n);
}

bool rollout_begun(const struct now *now, const struct rollouts *r)
{
	return has_begun(&r->machine, now) || has_begun(&r->practice, now);
}

int rollout_takes_new(struct txn *t, const struct conv *c, const struct now *now,
	const char *practice, bool *takes)
{
	struct rollouts all;
	struct practice p;
	int r = practice_load(t, practice, &p);

	if (r < 0)
		return r;
	rollout_of(c->conf, &p, &all);
	*takes = p.require & 1u << FACTOR_PIN || rollout_begun(now, &all);
	return 0;
}

/* --- as text --- */

const char *rollout_text(const struct rollout *r, char out[ROLLOUT_TEXT])
{
	char day[WHEN_TEXT];

	if (r->from == 0)
		return "no";
	snprintf(out, ROLLOUT_TEXT, "%s over %u days", when_text(r->from, WHEN_DAY, day),
		(unsigned)r->days);
	return out;
}

const char *rollout_ask_text(enum rollout_ask ask, uint32_t times, char out[ROLLOUT_TEXT])
{
	if (ask == ROLLOUT_NAG)
		snprintf(
			out, ROLLOUT_TEXT, "nag %u time%s", (unsigned)times, times == 1 ? "" : "s");
	else
		snprintf(
			out, ROLLOUT_TEXT, "%s", ask == ROLLOUT_REQUIRED ? "required" : "optional");
	return out;
}

/* --- at the sign-in --- */

struct asking {
	struct conv *c;
	const struct person *who;
	struct now now;
	struct rollouts all;
	bool due;
	uint32_t skipped;
};

static int look(struct txn *t, void *arg)
{
	struct asking *a = arg;
	struct person now = *a->who;
	struct practice practice;
	int r;

	if (credential_exists(t, &now.owner, FACTOR_PIN))
		return 0;
	if ((r = person_refresh(t, &now)) < 0 ||
		(r = practice_load(t, now.account.practice, &practice)) < 0)
		return r;
	rollout_of(a->c->conf, &practice, &a->all);
	a->due = rollout_due(a->c, &a->now, &a->all, &now.owner);
	a->skipped = now.has_identity ? now.identity.pin_skipped : 0;
	return 0;
}

/* A finger stands in for the PIN on this device, its choosing included. Behind an envelope's code nothing is
 * chosen that lasts for longer than that. */
static bool spares_pin(const struct proof *p)
{
	return proof_factors(p) & (1u << FACTOR_FINGERPRINT | 1u << FACTOR_BREAK_GLASS);
}

static bool may_skip(const struct asking *a)
{
	return a->all.ask == ROLLOUT_OPTIONAL ||
		(a->all.ask == ROLLOUT_NAG && a->skipped < a->all.times);
}

static int skip_txn(struct txn *t, void *arg)
{
	struct asking *a = arg;
	struct person now = *a->who;
	int r = person_refresh(t, &now);

	if (r < 0)
		return r;
	if (!person_active(&now))
		return -EACCES;
	if (!now.has_identity || now.identity.pin_skipped == UINT32_MAX)
		return 0;
	now.identity.pin_skipped++;
	return identity_save(t, &now.identity);
}

/* Whoever was switched off or reset meanwhile is refused. */
static bool skip(struct asking *a)
{
	int r = store_update(a->c->store, NEED_SPACE, skip_txn, a);

	if (r < 0 && r != -EACCES && r != -ENOENT && r != -ESTALE)
		die("store: a PIN that was skipped: %s", strerror(-r));
	if (r < 0)
		tell(a->c, TELL_ERROR, "%s", r == -ESTALE ? TEXT_RESET : TEXT_DISABLED);
	else
		tell(a->c, TELL_INFO, "%s", TEXT_ROLLOUT_LATER);
	return r == 0;
}

static int write_pin(struct txn *t, struct step *s)
{
	return enrol_write(t, s->c, s->p, s->chosen);
}

static bool set_pin(struct asking *a, const struct secret *new)
{
	struct chosen chosen = { .factor = FACTOR_PIN };
	struct step s = {
		.c = a->c, .p = a->who, .write = write_pin, .chosen = &chosen, .factor = FACTOR_PIN
	};

	hash_make(a->c, new->text, new->len, &chosen.hash);
	bool ok = step_commit(&s);
	wipe(&chosen, sizeof chosen);
	if (ok)
		tell(a->c, TELL_INFO, "%s", TEXT_ROLLOUT_SET);
	return ok;
}

/* An empty answer skips, at each prompt. */
static bool offer(struct asking *a)
{
	struct conv *c = a->c;

	tell(c, TELL_INFO, TEXT_PIN_ADVICE, (unsigned)c->conf->pin_length);
	for (unsigned i = 0; i < ENROL_TRIES; i++) {
		SECRET(new);
		SECRET(again);

		ask(c, USE_CODE, false, TEXT_ROLLOUT_PIN, &new);
		if (new.len == 0)
			break;
		const char *wrong = pin_problem(c, a->who, new.text);
		if (wrong) {
			tell(c, TELL_ERROR, "%s", wrong);
			continue;
		}
		ask(c, USE_CODE, false, TEXT_ROLLOUT_PIN_AGAIN, &again);
		if (again.len == 0)
			break;
		if (again.len == new.len && sodium_memcmp(again.text, new.text, new.len) == 0)
			return set_pin(a, &new);
		tell(c, TELL_ERROR, "%s", TEXT_DIFFERENT);
	}
	return skip(a);
}

static void tell_left(struct conv *c, uint32_t left)
{
	if (left == 1)
		tell(c, TELL_INFO, "%s", TEXT_ROLLOUT_LAST);
	else
		tell(c, TELL_INFO, TEXT_ROLLOUT_LEFT, (unsigned)left);
}

/* 0, or -ENOENT, -ESTALE. */
static int look_due(struct conv *c, const struct person *who, struct asking *a)
{
	*a = (struct asking){ .c = c, .who = who };
	c->now(&a->now);
	return store_read(c->store, look, a);
}

bool rollout_due_now(struct conv *c, const struct person *who, bool *must)
{
	struct asking a;
	int r = c->local ? look_due(c, who, &a) : -ENOENT;

	if (r < 0 && r != -ENOENT && r != -ESTALE)
		die("store: whether a PIN is due: %s", strerror(-r));
	*must = r == 0 && a.due && !may_skip(&a);
	return r == 0 && a.due;
}

bool rollout_ask(struct conv *c, struct proof *p)
{
	struct asking a;

	if (!c->local || spares_pin(p))
		return true;
	int r = look_due(c, &p->who, &a);
	if (r < 0 && r != -ENOENT && r != -ESTALE)
		die("store: whether a PIN is due: %s", strerror(-r));
	if (r < 0 || !a.due)
		return r == 0;
	if (!may_skip(&a))
		return enrol_needed_pin(c, &p->who);
	tell(c, TELL_INFO, "%s", TEXT_ROLLOUT_WHY);
	if (a.all.ask == ROLLOUT_NAG && p->who.has_identity)
		tell_left(c, a.all.times - a.skipped);
	return offer(&a);
}
