/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery codes: twelve at a time, each with its slot's number, so that one hash checks it. What must
 * hold: a code is spent in the commit that grants for it, and making a new set ends the old one. */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "codec.h"
#include "factor.h"
#include "log.h"
#include "store/store.h"
#include "token.h"

enum { VERSION = 1, SLOT_SIZE = PWHASH_SALT + PWHASH_BYTES };

int recovery_load(struct txn *t, const struct conv *c, const struct id *owner, struct recovery *out)
{
	CREDENTIAL(cred);
	int r = credential_get(t, c->seal, owner, FACTOR_RECOVERY, &cred);
	if (r < 0)
		return r;

	struct reader in = reader_of(cred.plain, cred.len);
	struct field f = { .tag = 0 };
	struct recovery v = { .used = 0 };
	unsigned n = 0;

	if (take_u8(&in) != VERSION)
		return -EUCLEAN;
	for (; next_field(&in, &f); n++) {
		switch (f.tag) {
		case 1: v.used = field_u16(&in, &f); break;
		case 2: v.kept = field_bool(&in, &f); break;
		case 3: v.ops = field_u32(&in, &f); break;
		case 4: v.kib = field_u32(&in, &f); break;
		case 5: field_bytes(&in, &f, v.slot, sizeof v.slot); break;
		}
	}
	if (in.bad || n != 5 || f.tag != 5)
		return -EUCLEAN;
	*out = v;
	return 0;
}

int recovery_save(
	struct txn *t, const struct conv *c, const struct id *owner, const struct recovery *v)
{
	CREDENTIAL(cred);
	struct writer w = writer_of(cred.plain, sizeof cred.plain);

	put_byte(&w, VERSION);
	put_u16(&w, 1, v->used);
	put_u8(&w, 2, v->kept);
	put_u32(&w, 3, v->ops);
	put_u32(&w, 4, v->kib);
	put_bytes(&w, 5, v->slot, sizeof v->slot);
	cred.len = w.len;
	return credential_put(t, c->seal, owner, FACTOR_RECOVERY, &cred);
}

unsigned recovery_left(const struct recovery *v)
{
	unsigned n = 0;

	for (unsigned i = 0; i < RECOVERY_SLOTS; i++)
		n += !(v->used >> i & 1);
	return n;
}

struct load {
	const struct conv *c;
	const struct person *p;
	struct recovery v;
};

static int load(struct txn *t, void *arg)
{
	struct load *l = arg;
	struct id like;
	int r = recovery_load(t, l->c, &l->p->owner, &l->v);

	if (r == -ENOENT && /* at somebody else's cost, as in factor_hash.c */
		credential_like(t, l->c->seal, &l->p->owner, FACTOR_RECOVERY, &like) == 0)
		(void)recovery_load(t, l->c, &like, &l->v); /* damaged: at the settings' cost */
	return r;
}

static void take(
	struct conv *c, const struct person *p, const struct secret *answer, struct given *g)
{
	struct load l = { .c = c, .p = p };
	uint8_t token[TOKEN_BYTES] = { 0 };
	struct pwhash h;
	int r = store_read(c->store, load, &l);

	if (r < 0 && r != -ENOENT)
		die("store: recovery codes: %s", strerror(-r));
	hash_decoy(c, &h);
	if (l.v.ops > 0) {
		h.ops = l.v.ops;
		h.kib = l.v.kib;
	}
	bool known = recovery_code_parse(answer->text, &g->slot, token) && r == 0 &&
		!(l.v.used >> (g->slot - 1) & 1);
	if (known) {
		memcpy(h.salt, l.v.slot[g->slot - 1].salt, sizeof h.salt);
		memcpy(h.hash, l.v.slot[g->slot - 1].hash, sizeof h.hash);
	}
	hash_check(c, p, FACTOR_RECOVERY, &h, known, (const char *)token, sizeof token, g);
	wipe(token, sizeof token);
	wipe(&l, sizeof l);
	wipe(&h, sizeof h);
}

static int close_recovery(struct txn *t, const struct conv *c, const struct person *p,
	struct given *g, const struct now *now, bool *ok)
{
	struct recovery v;

	(void)now;
	*ok = false;
	if (!g->matched)
		return 0;
	int r = recovery_load(t, c, &p->owner, &v);
	if (r < 0)
		return r == -ENOENT ? 0 : r;

	unsigned bit = 1u << (g->slot - 1);
	if (!(v.used & bit) &&
		sodium_memcmp(g->bound, v.slot[g->slot - 1].salt, PWHASH_SALT) == 0 &&
		sodium_memcmp(g->bound + PWHASH_SALT, v.slot[g->slot - 1].hash, PWHASH_BYTES) ==
			0) {
		v.used |= (uint16_t)bit;
		r = recovery_save(t, c, &p->owner, &v);
		*ok = r == 0;
	}
	wipe(&v, sizeof v);
	return r;
}

const struct factor factor_recovery = {
	.id = FACTOR_RECOVERY,
	.name = "recovery",
	.remote = true,
	.take = take,
	.close = close_recovery,
};
