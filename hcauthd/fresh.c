/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: in doubt it is asked for: in another boot, another session, one whose leader is another
 * process by now, or one that can't be seen; after a reset it is asked for as well. The factor is counted,
 * spent and remembered in one commit. */
#include "fresh.h"

#include <errno.h>
#include <string.h>

#include "codec.h"
#include "elapsed.h"
#include "log.h"
#include "proof.h"
#include "sms.h"
#include "store/store.h"
#include "text.h"

enum { VERSION = 1 };

struct fresh {
	uint64_t since_ms, started;
	uint8_t boot[16];
	uint32_t resets;
};

struct fresh_key {
	uint8_t bytes[ID_BYTES + 4];
};

static struct fresh_key key_of(const struct id *identity, pid_t leader)
{
	struct fresh_key k;

	memcpy(k.bytes, identity->bytes, ID_BYTES);
	number_put(k.bytes + ID_BYTES, (uint32_t)leader, 4);
	return k;
}

static int fresh_get(const void *p, size_t len, struct fresh *out)
{
	struct reader r = reader_of(p, len);
	struct field f = { .tag = 0 };
	struct fresh v;
	unsigned n = 0;

	if (take_u8(&r) != VERSION)
		return -EUCLEAN;
	for (; next_field(&r, &f); n++) {
		switch (f.tag) {
		case 1: v.since_ms = field_u64(&r, &f); break;
		case 2: v.started = field_u64(&r, &f); break;
		case 3: field_bytes(&r, &f, v.boot, sizeof v.boot); break;
		case 4: v.resets = field_u32(&r, &f); break;
		}
	}
	if (r.bad || n != 4 || f.tag != 4)
		return -EUCLEAN;
	*out = v;
	return 0;
}

static bool is_current(const struct fresh *v, const struct now *now)
{
	return elapsed_ms(v->boot, v->since_ms, now) < FRESH_MS;
}

static int drop_stale(struct txn *t, const struct now *now)
{
	struct key at = { .len = 0 };
	struct bytes row;
	struct fresh v;
	int r;

	while ((r = txn_next(t, TABLE_FRESH, "", 0, &at, &row)) == 0) {
		if (fresh_get(row.p, row.len, &v) == 0 && is_current(&v, now))
			continue;
		if ((r = txn_del(t, TABLE_FRESH, at.bytes, at.len)) < 0)
			return r;
	}
	return r == -ENOENT ? 0 : r;
}

int fresh_write(struct txn *t, const struct now *now, const struct identity *who,
	const struct kernel_session *where)
{
	const struct fresh_key k = key_of(&who->id, where->leader);
	uint8_t row[64];
	struct writer w = writer_of(row, sizeof row);
	int r = drop_stale(t, now);

	put_byte(&w, VERSION);
	put_u64(&w, 1, now->boot_ms);
	put_u64(&w, 2, where->started);
	put_bytes(&w, 3, now->boot, sizeof now->boot);
	put_u32(&w, 4, who->resets);
	if (r == 0 && w.bad)
		r = -EMSGSIZE;
	return r < 0 ? r : txn_put(t, TABLE_FRESH, &k, sizeof k, row, w.len);
}

struct looking {
	const struct identity *who;
	const struct kernel_session *where; /* NULL: it can't be told */
	struct now now;
	bool fresh, second;
};

static int look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct bytes row;
	struct fresh v;

	l->second = credentials_of(t, &l->who->id, FACTORS_CODE);
	if (!l->where)
		return 0;
	const struct fresh_key k = key_of(&l->who->id, l->where->leader);
	int r = txn_get(t, TABLE_FRESH, &k, sizeof k, &row);
	if (r == 0)
		r = fresh_get(row.p, row.len, &v);
	l->fresh = r == 0 && is_current(&v, &l->now) && v.started == l->where->started &&
		v.resets == l->who->resets;
	return r == -ENOENT ? 0 : r;
}

/* A sign-in of one step: any second factor. */
static bool prove(struct conv *c, const struct person *who, const struct kernel_session *where)
{
	struct service second = *c->service;
	struct conv asking = *c;
	PROOF(p);

	second.one_prompt = false;
	second.nsteps = 1;
	second.step[0] = 1u << FACTOR_TOTP | 1u << FACTOR_YUBIKEY |
		sms_named(c->conf); /* or a recovery code */
	p.in_session = true;
	asking.service = &second;
	proof_take_of(&asking, who, &p);
	p.fresh = where;
	return p.complete && proof_close(&asking, &p, AUDIT_SIGN_IN, false);
}

bool fresh_proved(struct conv *c, const struct words *w)
{
	const struct person *who = &w->scope->who;
	struct kernel_session where;
	bool seen = kernel_session(c->peer_pid, &where);
	struct looking l = { .who = &who->identity, .where = seen ? &where : NULL };

	if (w->scope->root)
		return true;
	if (!who->has_identity)
		return false;
	c->now(&l.now);
	int r = store_read(c->store, look, &l);
	if (r < 0)
		die("store: a fresh second factor: %s", strerror(-r));
	if (l.fresh)
		return true;
	if (!l.second) {
		tell(c, TELL_ERROR, "%s", TEXT_FRESH_NONE);
		return false;
	}
	tell(c, TELL_INFO, "%s", TEXT_FRESH);
	if (prove(c, who, l.where))
		return true;
	tell(c, TELL_ERROR, "%s", TEXT_NOT_MATCHED_END);
	return false;
}
