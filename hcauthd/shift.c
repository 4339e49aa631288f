/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold. A shift begins with a password and a code, never with a PIN, so none renews itself. It
 * is one person's, on one workstation: a locker runs as the person, whose session is there; su's caller
 * becomes another account of their own; at a login or greeter the name is typed, where the administrator
 * says so. It ends with the hours that the settings give it, by the boot clock, with the boot, by "hcauth
 * lock", and with each of the credentials that it began with; while the PIN is locked there is none. In
 * doubt there is none, and the service's whole rule holds. */
#include "shift.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "earlier.h"
#include "elapsed.h"
#include "factor.h"
#include "log.h"
#include "manage.h"
#include "people.h"
#include "scope.h"
#include "seal.h"
#include "session.h"
#include "store/store.h"
#include "text.h"

enum { PRINT = 16 };

/* All zero, which is nothing, for whoever has none. */
static int print_of(struct txn *t, const struct conv *c, const struct id *owner,
	enum factor_id factor, uint8_t out[PRINT])
{
	uint8_t print[HASH_BYTES] = { 0 };
	int r = credential_print(t, c->seal, owner, factor, print);

	memcpy(out, print, PRINT);
	return r == -ENOENT ? 0 : r;
}

static bool is_none(const uint8_t print[PRINT])
{
	static const uint8_t none[PRINT];

	return memcmp(print, none, PRINT) == 0;
}

/* Whether it rests on the credentials as they are. A first PIN, chosen since, is no other one. */
static int has_basis(struct txn *t, const struct conv *c, const struct id *owner,
	const struct shift *v, bool *has)
{
	uint8_t password[PRINT], pin[PRINT];
	int r;

	if ((r = print_of(t, c, owner, FACTOR_PASSWORD, password)) < 0 ||
		(r = print_of(t, c, owner, FACTOR_PIN, pin)) < 0)
		return r;
	*has = !is_none(password) && memcmp(password, v->password, PRINT) == 0 &&
		(is_none(v->pin) || memcmp(pin, v->pin, PRINT) == 0);
	return 0;
}

int shift_of(struct txn *t, const struct conv *c, const struct now *now, const struct id *owner,
	struct shift *out)
{
	struct bytes row;
	struct shift v;
	bool has = false;
	int r;

	if ((r = txn_get(t, TABLE_SHIFT, owner, sizeof *owner, &row)) < 0 ||
		(r = shift_get(row.p, row.len, &v)) < 0 ||
		(r = has_basis(t, c, owner, &v, &has)) < 0)
		return r;
	if (!has || elapsed_ms(v.boot, v.since_ms, now) >= (uint64_t)c->conf->shift_s * 1000)
		return -ENOENT;
	*out = v;
	return 0;
}

int shift_end(struct txn *t, const struct id *owner)
{
	int r = txn_del(t, TABLE_SHIFT, owner, sizeof *owner);

	return r == -ENOENT ? 0 : r;
}

/* --- beginning --- */

/* A password and a code of any kind that is the person's own: an envelope's is not. */
static bool is_full(uint32_t factors)
{
	return factors & 1u << FACTOR_PASSWORD && factors & FACTORS_CODE &&
		!(factors & 1u << FACTOR_BREAK_GLASS);
}

static const char *short_tty(const char *tty)
{
	return strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty;
}

static int write_shift(struct txn *t, const struct conv *c, const struct id *owner, struct shift *v)
{
	uint8_t row[RECORD_MAX];
	int r;

	if ((r = print_of(t, c, owner, FACTOR_PASSWORD, v->password)) < 0 ||
		(r = print_of(t, c, owner, FACTOR_PIN, v->pin)) < 0)
		return r;
	return txn_put(t, TABLE_SHIFT, owner, sizeof *owner, row, shift_put(row, v));
}

/* The PIN's row is another when its hash was made costlier just now: the shift goes on. */
static int keep(struct txn *t, const struct conv *c, const struct id *owner)
{
	struct bytes row;
	struct shift v;
	uint8_t pin[PRINT];
	int r;

	if ((r = txn_get(t, TABLE_SHIFT, owner, sizeof *owner, &row)) < 0 ||
		(r = shift_get(row.p, row.len, &v)) < 0 ||
		(r = print_of(t, c, owner, FACTOR_PIN, pin)) < 0)
		return r;
	return memcmp(pin, v.pin, PRINT) == 0 ? 0 : write_shift(t, c, owner, &v);
}

int shift_begin(struct txn *t, const struct conv *c, const struct now *now, const struct person *p,
	uint32_t factors)
{
	struct shift v = { .factors = factors, .started = now->unix_s, .since_ms = now->boot_ms };

	if (c->in_shift)
		return keep(t, c, &p->owner);
	if (c->peer != 0 || c->hello.purpose != PURPOSE_AUTH || !c->local || *c->hello.rhost ||
		c->conf->shift_s == 0 || !is_full(factors))
		return 0;
	visible(short_tty(c->hello.tty), v.tty, sizeof v.tty);
	visible(c->hello.service, v.service, sizeof v.service);
	memcpy(v.boot, now->boot, sizeof v.boot);
	return write_shift(t, c, &p->owner, &v);
}

/* --- being in one --- */

/* The person may use a PIN, here and alone. A finger stands in for one that there is none of. */
static int may_use_pin(struct txn *t, const struct conv *c, const struct now *now,
	const struct person *p, bool *may)
{
	struct practice practice;
	struct attempt pin;
	int r;

	if ((r = practice_load(t, p->account.practice, &practice)) < 0 ||
		(r = lockout_look(t, &p->owner, FACTOR_PIN, SOURCE_LOCAL, c->conf->pin_tries, now,
			 &pin)) < 0)
		return r;
	*may = pin.allowed &&
		(earlier_fingerprint(c) || credential_exists(t, &p->owner, FACTOR_PIN)) &&
		!(practice.require & ~(1u << FACTOR_PIN));
	return 0;
}

int shift_look(struct txn *t, const struct conv *c, const struct now *now, const struct person *p,
	bool *over)
{
	struct shift v;
	int r = c->in_shift ? shift_of(t, c, now, &p->owner, &v) : 0;

	*over = r == -ENOENT;
	return *over ? 0 : r;
}

struct look {
	struct conv *c;
	uid_t caller; /* 0: root's own program */
	struct now now;
	struct person who;
	bool on;
};

/* Whoever called is the person who signs in, though perhaps by another account of theirs. */
static int is_caller(struct txn *t, const struct look *l, bool *is)
{
	struct person caller;
	int r = l->caller == 0 ? 0 : person_by_uid(t, l->caller, &caller);

	*is = r == 0 &&
		(l->caller == 0 ||
			(person_active(&caller) && id_equal(&caller.owner, &l->who.owner)));
	return r;
}

static int find_shift(struct txn *t, void *arg)
{
	struct look *l = arg;
	char name[SIGN_IN_NAME_MAX + 1];
	struct shift v;
	bool is = false, may = false;
	int r;

	if (!name_normal(l->c->hello.name, name))
		return 0;
	if ((r = person_by_name(t, name, &l->who)) < 0 || (r = is_caller(t, l, &is)) < 0)
		return r;
	if (!is || !person_active(&l->who))
		return 0;
	if ((r = shift_of(t, l->c, &l->now, &l->who.owner, &v)) < 0 ||
		(r = may_use_pin(t, l->c, &l->now, &l->who, &may)) < 0)
		return r;
	l->on = may;
	return 0;
}

const struct service *shift_service(struct conv *c)
{
	static struct service pin;
	struct look l = { .c = c, .caller = c->peer == 0 ? c->hello.ruid : c->peer };

	if (!c->service->shift || !c->local || *c->hello.rhost || c->conf->shift_s == 0 ||
		(l.caller != 0 && !session_is_local(c, l.caller, c->peer == 0 ? c->hello.tty : "")))
		return c->service;
	c->now(&l.now);
	if (store_read(c->store, find_shift, &l) < 0 || !l.on)
		return c->service;
	pin = *c->service;
	pin.nsteps = 1;
	pin.step[0] = 1u << FACTOR_PIN;
	c->in_shift = true;
	return &pin;
}

bool shift_leave(struct conv *c)
{
	const struct service *whole = conf_service(c->conf, c->hello.service);

	if (!c->in_shift || !(whole->step[0] & 1u << FACTOR_PASSWORD))
		return false;
	c->service = whole;
	c->in_shift = false;
	return true;
}

/* --- hcauth lock --- */

struct locking {
	struct conv *c;
	const struct words *w;
	const struct person *self; /* NULL: w names somebody */
	struct now now;
};

/* A manager's is the same whether there is a shift or not: who works here today is nobody's business at another
 * practice. One's own leaves no record where there was none, however often it is said. */
static int lock_txn(struct txn *t, void *arg)
{
	struct locking *l = arg;
	struct person who;
	int r = 0;

	if (l->self)
		who = *l->self;
	else
		r = scope_person(t, l->w, l->w->word[0], &who);
	if (r < 0)
		return r;
	r = txn_del(t, TABLE_SHIFT, &who.owner, sizeof who.owner);
	if (r == -ENOENT && l->self)
		return 0;
	if (r < 0 && r != -ENOENT)
		return r;
	return audit(t, l->c, &l->now, AUDIT_SHIFT_ENDED, &who, "");
}

enum status shift_lock(struct conv *c, const struct words *w)
{
	struct person self;
	struct locking l = { .c = c, .w = w };
	char what[300], shown[300];

	if ((w->n == 0 || !w->scope->root) && !self_caller(c, &self))
		return STATUS_NOT_ALLOWED;
	if (w->n > 0 && !w->scope->root && w->scope->n == 0) {
		tell(c, TELL_ERROR, "%s", TEXT_SHIFT_NOT_YOURS);
		return STATUS_NOT_ALLOWED;
	}
	l.self = w->n == 0 ? &self : NULL;
	c->now(&l.now);
	snprintf(what, sizeof what, "person %s", w->n == 0 ? "" : w->word[0]);
	int r = l.self ? store_update(c->store, NEED_ALWAYS, lock_txn, &l)
		       : scope_update(c, w, NEED_ALWAYS, lock_txn, &l);
	enum status s = manage_result(c, r, what);
	if (s == STATUS_DONE && l.self)
		tell(c, TELL_INFO, "%s", TEXT_SHIFT_ENDED);
	else if (s == STATUS_DONE)
		tell(c, TELL_INFO, "%s is asked for everything at the next sign-in here.",
			visible(w->word[0], shown, sizeof shown));
	return s;
}
