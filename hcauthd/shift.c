/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold. A shift begins with a password and a code, never with a PIN, so none renews itself. It
 * is one person's, on one workstation: su's caller sits at it, in a session of theirs, and becomes another
 * account of their own. It ends with the session that began it, with the hours that the settings give it
 * by the boot clock, and with the password and the PIN that it began with. In doubt there is none, and the
 * service's whole rule holds. */
#include "shift.h"

#include <errno.h>
#include <string.h>

#include "factor.h"
#include "people.h"
#include "seal.h"
#include "session.h"
#include "store/store.h"

struct shift {
	struct conv *c;
	struct now now;
	struct person caller, target;
	uint8_t basis[16];
	bool on;
};

static bool is_su(const char *service)
{
	return strcmp(service, "su") == 0 || strcmp(service, "su-l") == 0;
}

int shift_basis(struct txn *t, const struct conv *c, const struct id *owner, uint8_t out[16])
{
	static const enum factor_id of[] = { FACTOR_PASSWORD, FACTOR_PIN };
	uint8_t print[2][HASH_BYTES], hash[HASH_BYTES];

	memset(out, 0, 16);
	for (size_t i = 0; i < 2; i++) {
		int r = credential_print(t, c->seal, owner, of[i], print[i]);

		if (r < 0)
			return r == -ENOENT ? 0 : r;
	}
	seal_hash(c->seal, SEAL_TOKEN, print, sizeof print, hash);
	memcpy(out, hash, 16);
	return 0;
}

static bool is_full(uint32_t factors)
{
	return factors & 1u << FACTOR_PASSWORD &&
		factors & (1u << FACTOR_TOTP | 1u << FACTOR_RECOVERY | 1u << FACTOR_YUBIKEY);
}

static bool begins_shift(const struct shift *s, const struct session *v)
{
	return !session_over(v, &s->now) && v->local && !v->rhost[0] && is_full(v->factors) &&
		s->now.boot_ms >= v->since_ms &&
		s->now.boot_ms - v->since_ms < (uint64_t)s->c->conf->shift_s * 1000 &&
		memcmp(v->basis, s->basis, sizeof v->basis) == 0;
}

static int look_at_sessions(struct txn *t, struct shift *s, const struct id *account)
{
	struct key at = { .len = 0 };
	struct bytes row;
	struct session v;
	int r = 0;

	while (!s->on && (r = txn_next(t, TABLE_SESSION, account, ID_BYTES, &at, &row)) == 0)
		s->on = session_get(row.p, row.len, &v) == 0 && begins_shift(s, &v);
	return r == -ENOENT ? 0 : r;
}

/* Both are accounts of one person, who may use a PIN to enter the second. */
static int may_have_shift(struct txn *t, struct shift *s, bool *may)
{
	struct person *caller = &s->caller, *target = &s->target;
	char name[SIGN_IN_NAME_MAX + 1];
	struct practice practice;
	struct attempt pin;
	int r;

	*may = false;
	if (!name_normal(s->c->hello.name, name))
		return 0;
	if ((r = person_by_uid(t, s->c->hello.ruid, caller)) < 0 ||
		(r = person_by_name(t, name, target)) < 0)
		return r;
	if (!person_active(caller) || !person_active(target) || !caller->has_identity ||
		!target->has_identity || !id_equal(&caller->identity.id, &target->identity.id))
		return 0;
	if ((r = practice_load(t, target->account.practice, &practice)) < 0 ||
		(r = lockout_look(t, &target->owner, FACTOR_PIN, SOURCE_LOCAL,
			 s->c->conf->pin_tries, &s->now, &pin)) < 0 ||
		(r = shift_basis(t, s->c, &target->owner, s->basis)) < 0)
		return r;
	static const uint8_t nothing[16];
	*may = pin.allowed && !(practice.require & ~(1u << FACTOR_PIN)) &&
		memcmp(s->basis, nothing, sizeof nothing) != 0;
	return 0;
}

static int find_shift(struct txn *t, void *arg)
{
	static struct account all[IDENTITY_ACCOUNTS_MAX]; /* large; one thread a process */
	struct shift *s = arg;
	size_t n = 0;
	bool may;
	int r = may_have_shift(t, s, &may);

	if (r == 0 && may)
		r = identity_accounts(t, &s->target.owner, all, IDENTITY_ACCOUNTS_MAX, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (all[i].state == STATE_ACTIVE)
			r = look_at_sessions(t, s, &all[i].id);
	return r;
}

const struct service *shift_service(struct conv *c)
{
	static struct service pin;
	struct shift s = { .c = c };
	const struct hello *h = &c->hello;

	if (c->peer != 0 || h->ruid == 0 || !is_su(h->service) || !c->local || *h->rhost ||
		c->conf->shift_s == 0 || !session_is_local(c, h->ruid, h->tty))
		return c->service;
	c->now(&s.now);
	if (store_read(c->store, find_shift, &s) < 0 || !s.on)
		return c->service;
	pin = *c->service;
	pin.nsteps = 1;
	pin.step[0] = 1u << FACTOR_PIN;
	return &pin;
}
